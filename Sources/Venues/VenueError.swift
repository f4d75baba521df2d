/// Why a venue did not take a request.
public struct VenueError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of trouble it is. Grows without breaking anybody.
    public struct Code: Sendable, Equatable {
        private enum Storage: Sendable { case refused, unreachable, rateLimited, notSupported }
        private let storage: Storage
        private init(_ storage: Storage) { self.storage = storage }

        /// The venue answered, and will not do it: asking again as it is changes nothing.
        public static let refused = Code(.refused)
        /// No answer that can be trusted. The request may have arrived: look before asking again, with the same client id.
        public static let unreachable = Code(.unreachable)
        /// Too many requests: nothing was done, ask again later.
        public static let rateLimited = Code(.rateLimited)
        /// This venue has no such request.
        public static let notSupported = Code(.notSupported)
    }

    /// What kind of trouble it is.
    public let code: Code
    /// What happened, in the venue's own words where it has any: operators search for them.
    public let message: String
    /// How long the venue wants to be left alone, in milliseconds; nil: it did not say.
    public let retryAfterMs: UInt64?

    /// Creates an error.
    public init(_ code: Code, _ message: String, retryAfterMs: UInt64? = nil) {
        self.code = code
        self.message = message
        self.retryAfterMs = retryAfterMs
    }

    /// The message.
    public var description: String { message }
}
