import GRDB
import Glibc
import KillSwitch

/// The journal's database file: where it is, whose it may be, and how it is opened.
///
/// Invariants (JournalFileTests): what is opened for writing is a regular file of this journal's schema whose writes are
/// on disk when they are done; a damaged file is moved aside, never written over.
struct JournalFile: Sendable {
    /// The name in the state directory.
    static let name = "journal.sqlite"
    /// What else SQLite keeps beside it.
    static let companions = ["-wal", "-shm"]

    /// The path.
    let path: String
    /// How long one attempt waits for a lock, in milliseconds.
    var busyMs: UInt64 = 1_000

    init(directory: String) { path = "\(directory)/\(JournalFile.name)" }

    /// What tells one file from another at the same path.
    struct Identity: Equatable {
        var device: UInt64
        var inode: UInt64
    }

    /// The file that is at the path now; nil: none.
    var identity: Identity? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The directory that its path leads to now; nil: none.
    var home: Identity? {
        var status = stat()
        guard stat(String(path.dropLast(JournalFile.name.utf8.count + 1)), &status) == 0 else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Damaged journals that were moved aside, by name.
    var damaged: [String] {
        let parts = path.split(separator: "/")
        guard let name = parts.last, let directory = opendir(String(path.dropLast(name.count))) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let other = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let isCompanion = JournalFile.companions.contains { other.hasSuffix($0) }
            if other.hasPrefix("\(name).damaged-") && !isCompanion { found.append(other) }
        }
        return found.sorted()
    }

    /// A writing connection: the file is made where there is none, its schema brought up to date, and its durability
    /// read back.
    ///
    /// - Throws: `JournalError`.
    func open() throws(JournalError) -> DatabaseQueue {
        try makeFile()
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration(isReader: false))
            try queue.inDatabase { database in
                // Only takes hold in a file without tables; makes room that was pruned free again.
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
                _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
                try database.execute(sql: "PRAGMA journal_size_limit = 33554432")
                try checkDurability(of: database)
            }
            try JournalSchema.prepare(queue, path: path)
            // Migrations and GRDB's own set-up must not have changed it.
            try queue.inDatabase { try checkDurability(of: $0) }
            return queue
        } catch {
            throw JournalError(error, path: path)
        }
    }

    /// A connection that only reads, while another process writes.
    ///
    /// - Throws: `JournalError`.
    func openReader() throws(JournalError) -> DatabaseQueue {
        guard identity != nil else {
            throw JournalError(.file, "there is no journal at \(path); the desk makes it when it starts")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration(isReader: true))
            try queue.read { try JournalSchema.checkVersion($0, path: path) }
            return queue
        } catch {
            throw JournalError(error, path: path)
        }
    }

    /// Renames a damaged journal and what belongs to it, so that nothing writes over it.
    ///
    /// - Returns: its new path.
    /// - Throws: `JournalError` when it cannot be renamed.
    func moveAside() throws(JournalError) -> String {
        let aside = "\(path).damaged-\(Clock.now())"
        guard rename(path, aside) == 0 else {
            throw JournalError(.file, "\(path) is damaged, and cannot be renamed", errno: errno)
        }
        for companion in JournalFile.companions { rename(path + companion, aside + companion) }
        return aside
    }

    private func configuration(isReader: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = isReader
        configuration.busyMode = .timeout(Double(busyMs) / 1000)
        configuration.label = "journal"
        return configuration
    }

    /// SQLite's files take the permissions of the first one: made here, so that they are the desk's and not the umask's.
    private func makeFile() throws(JournalError) {
        let directory = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
        var around = stat()
        guard stat(directory, &around) == 0 else {
            throw JournalError(.file, "the directory \(directory) of the journal cannot be used", errno: errno)
        }
        // Another program of the desk's group may set the trading mode in it.
        let permissions: mode_t = around.st_mode & S_IWGRP != 0 ? 0o660 : 0o640
        let made = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions)
        if made >= 0 {
            fchmod(made, permissions)
            close(made)
            return
        }
        guard errno == EEXIST else { throw JournalError(.file, "\(path) cannot be made", errno: errno) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw JournalError(.file, "\(path) is no regular file; move it away")
        }
    }

    private func checkDurability(of database: Database) throws {
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? ""
        let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
        guard mode == "wal", synchronous == 2 else {
            throw JournalError(
                .notDurable,
                "\(path): SQLite runs with journal_mode \(mode), synchronous \(synchronous) instead of wal, 2 (FULL); "
                    + "is it on a network file system?"
            )
        }
    }
}
