import Glibc

/// Why the kill switch could not do something: what happened, to what, and what it means, in `message`.
public struct SwitchError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of trouble it is. Grows without breaking anybody.
    public struct Code: Sendable, Equatable {
        private enum Storage: Sendable { case noDirectory, page, log, network, refused, input, inUse }
        private let storage: Storage
        private init(_ storage: Storage) { self.storage = storage }

        /// The state directory is not there or cannot be opened.
        public static let noDirectory = Code(.noDirectory)
        /// The page cannot be made, repaired or trusted.
        public static let page = Code(.page)
        /// The log cannot be read or written.
        public static let log = Code(.log)
        /// The state directory is on a network file system.
        public static let network = Code(.network)
        /// A resume was refused.
        public static let refused = Code(.refused)
        /// The request itself is wrong.
        public static let input = Code(.input)
        /// Somebody else holds it.
        public static let inUse = Code(.inUse)
    }

    /// What kind of trouble it is.
    public let code: Code
    /// What happened, to what, what it means for trading and what to do next.
    public let message: String
    /// The system's errno, 0 when there is none.
    public let errno: Int32

    /// Creates an error.
    public init(_ code: Code, _ message: String, errno: Int32 = 0) {
        self.code = code
        self.errno = errno
        self.message = errno == 0 ? message : "\(message): \(String(cString: strerror(errno)))"
    }

    /// The message.
    public var description: String { message }
}
