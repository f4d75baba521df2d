import GRDB
import Glibc

/// Why the journal could not be opened, read or written.
public struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of trouble it is. Grows without breaking anybody.
    public struct Code: Sendable, Equatable {
        private enum Storage: Sendable { case file, inUse, drift, newer, corrupt, notDurable, database, content }
        private let storage: Storage
        private init(_ storage: Storage) { self.storage = storage }

        /// The file or its directory cannot be used.
        public static let file = Code(.file)
        /// Another process writes this journal.
        public static let inUse = Code(.inUse)
        /// Its tables are not as this program made them.
        public static let drift = Code(.drift)
        /// A newer version of this program made it.
        public static let newer = Code(.newer)
        /// It is damaged.
        public static let corrupt = Code(.corrupt)
        /// SQLite would not promise that what it wrote is on disk.
        public static let notDurable = Code(.notDurable)
        /// SQLite failed: a full or failing disk, a lock, a read-only file.
        public static let database = Code(.database)
        /// A stored event, decision or snapshot cannot be understood.
        public static let content = Code(.content)
    }

    /// What kind of trouble it is.
    public let code: Code
    /// What happened, to what, and what to do next, for a person.
    public let message: String

    /// Whether what is in the file is not what was written: bytes, or an event that means nothing any more.
    public var isDamage: Bool { code == .corrupt || code == .content }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ code: Code, _ message: String, errno: Int32) {
        self.init(code, "\(message): \(String(cString: strerror(errno)))")
    }

    /// The message.
    public var description: String { message }

    /// Any error, of SQLite or of the journal, as one of the journal.
    init(_ error: any Error, path: String) {
        if let known = error as? JournalError {
            self = known
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.database, "\(path): \(error)")
            return
        }
        let said = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.corrupt, "\(path) is damaged: \(said)")
        case .SQLITE_FULL:
            self.init(.database, "no room to write \(path): \(said); free space on its disk")
        case .SQLITE_IOERR:
            self.init(.database, "the disk under \(path) fails: \(said) (\(error.extendedResultCode))")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.database, "another program holds the lock of \(path): \(said)")
        case .SQLITE_READONLY:
            self.init(.database, "\(path) cannot be written: \(said); check its permissions and its disk's mount")
        default:
            self.init(.database, "\(path): \(said) (\(error.extendedResultCode))")
        }
    }
}
