import GRDB

extension Journal {
    /// Adds an entry to the audit from any process, whether a host runs or not: for commands that do something
    /// themselves. On disk when this returns; waits for the disk, and up to `busyMs` for other writers.
    ///
    /// - Parameters:
    ///   - entry: what is added.
    ///   - directory: the state directory's path. Only the host makes a journal: it has to be its own.
    ///   - busyMs: how long it waits for a lock, in milliseconds.
    /// - Throws: `JournalError`; nothing was added.
    public static func add(audit entry: AuditEntry, directory: String, busyMs: UInt64 = 2_000) throws(JournalError) {
        var file = JournalFile(directory: directory)
        file.busyMs = busyMs
        guard file.identity != nil else {
            throw JournalError(.file, "there is no journal at \(file.path); the desk makes it when it starts")
        }
        let queue = try file.open()
        do {
            try queue.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    try AuditChain.append([entry], to: database)
                    return .commit
                }
            }
            try queue.close()
        } catch {
            throw JournalError(error, path: file.path)
        }
    }
}
