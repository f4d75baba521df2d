import Glibc
import KillSwitch

/// That one process at a time writes a desk's journal. SQLite's own locks are held for a transaction only; this one, in a
/// file of its own (closing any descriptor of the database's would drop SQLite's), from opening to closing.
final class JournalLock: @unchecked Sendable {
    /// The name in the state directory.
    static let name = "journal.lock"
    private let file: Descriptor

    /// - Throws: `JournalError.Code.inUse`, `file`.
    init(directory: String) throws(JournalError) {
        let path = "\(directory)/\(JournalLock.name)"
        guard let opened = Descriptor(open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o640)) else {
            throw JournalError(.file, "\(path) cannot be opened", errno: errno)
        }
        guard flock(opened.number, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw JournalError(.file, "\(path) cannot be locked", errno: errno) }
            throw JournalError(
                .inUse,
                "another process writes the journal in \(directory); there is one host to a desk"
            )
        }
        file = opened
    }

    /// Lets others open it.
    func release() { flock(file.number, LOCK_UN) }
}
