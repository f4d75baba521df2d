import Glibc

/// That one process at a time writes a desk's journal. SQLite's own locks are held for a transaction only; this one, in a
/// file of its own (closing any descriptor of the database's would drop SQLite's), from opening to closing.
final class JournalLock: @unchecked Sendable {
    private let descriptor: Int32

    /// - Throws: `JournalError.Code.inUse`, `file`.
    init(directory: String) throws(JournalError) {
        let path = "\(directory)/journal.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw JournalError(.file, "\(path) cannot be opened", errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let kept = errno
            close(descriptor)
            guard kept == EWOULDBLOCK else { throw JournalError(.file, "\(path) cannot be locked", errno: kept) }
            throw JournalError(
                .inUse,
                "another process writes the journal in \(directory); there is one host to a desk"
            )
        }
    }

    deinit { close(descriptor) }

    /// Lets others open it.
    func release() { flock(descriptor, LOCK_UN) }
}
