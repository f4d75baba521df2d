import GRDB
import SafetyEngine

/// The writing connection, and which file it stands on. Used by one thread at a time.
struct OpenJournal: Sendable {
    let file: JournalFile
    private(set) var queue: DatabaseQueue?
    private var identity: JournalFile.Identity?
    private let home: JournalFile.Identity?

    /// Opens it.
    init(_ file: JournalFile) throws(JournalError) {
        self.file = file
        home = file.home
        queue = try file.open()
        identity = file.identity
    }

    /// Whether the path still leads to the open file. SQLite would go on writing into one that was removed.
    var isInPlace: Bool { queue != nil && file.identity == identity }

    /// Whether the path leads to another directory by now, or to none. What is there belongs to another desk: the open file
    /// is still this one's, wherever its directory went, and the only one to write into. (SQLite neither deletes nor moves
    /// the other desk's files when it is closed: it looks whether its own was moved.)
    var isElsewhere: Bool { file.home != home }

    /// Whether nothing is at the path any more. A running host makes no other: the next start has to find that the journal was
    /// lost, and halt. Until then what happens goes into the file without a name.
    var isDeleted: Bool { file.identity == nil }

    /// Opens what is at the path now, which has to be in the same directory.
    mutating func reopen() throws(JournalError) {
        close()
        queue = try file.open()
        identity = file.identity
    }

    /// Closes it.
    mutating func close() {
        try? queue?.close()
        queue = nil
    }

    /// Where the numbers go on.
    func work(_ options: JournalOptions) throws(JournalError) -> JournalWork {
        var work = JournalWork()
        do {
            try queue?.inDatabase { database in
                let numbers = [
                    try database.number("SELECT max(seq) FROM events"),
                    try database.number("SELECT event_seq FROM snapshots ORDER BY seq DESC LIMIT 1"),
                    try database.number("SELECT event_seq FROM decisions ORDER BY seq DESC LIMIT 1"),
                ]
                work.nextEventSeq = numbers.compactMap { $0 }.reduce(0, max) + 1
                work.nextDecisionSeq = (try database.number("SELECT max(seq) FROM decisions") ?? 0) + 1
                work.snapshotSeq = numbers[1] ?? 0
            }
        } catch {
            throw JournalError(error, path: file.path)
        }
        return work
    }
}
