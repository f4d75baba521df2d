import Glibc

/// Why operators could not be read, enrolled or verified. In every case nobody is accepted.
public struct OperatorsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of trouble it is. Grows without breaking anybody.
    public struct Code: Sendable, Equatable {
        private enum Storage: Sendable { case input, exists, unknown, untrusted, corrupt, notPermitted, busy, system }
        private let storage: Storage
        private init(_ storage: Storage) { self.storage = storage }

        /// The name or the passphrase cannot be used.
        public static let input = Code(.input)
        /// An operator of that name is enrolled, and nobody asked to replace them.
        public static let exists = Code(.exists)
        /// No operator of that name is enrolled.
        public static let unknown = Code(.unknown)
        /// A file belongs to somebody else, is open to others, or is no regular file.
        public static let untrusted = Code(.untrusted)
        /// The file of operators cannot be understood. Never the same as nobody being enrolled.
        public static let corrupt = Code(.corrupt)
        /// Only the owner of the state directory (or root) may do this.
        public static let notPermitted = Code(.notPermitted)
        /// Other verifications are waiting, and did not end in time.
        public static let busy = Code(.busy)
        /// The system failed: disk, memory, libsodium.
        public static let system = Code(.system)
    }

    /// What kind of trouble it is.
    public let code: Code
    /// What happened, to what, and what to do next, for a person.
    public let message: String
    /// The system's errno, 0 when there is none.
    public let errno: Int32

    init(_ code: Code, _ message: String, errno: Int32 = 0) {
        self.code = code
        self.errno = errno
        self.message = errno == 0 ? message : "\(message): \(String(cString: strerror(errno)))"
    }

    /// The message.
    public var description: String { message }
}
