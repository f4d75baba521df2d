import GRDB

import KillSwitch

/// One reader's eye on `system_config`: what changed since it last looked, or since the one before it did.
struct TradingModeLook {
    private let file: JournalFile
    private var queue: DatabaseQueue?
    private var identity: JournalFile.Identity?
    private var version: Int64?
    private var logged: Int64?
    private var last: TradingModeWatch.Reading?
    private var remembered: Place?

    /// How far the log of changes was read, and in which file.
    struct Place: Equatable {
        var file: JournalFile.Identity
        var logged: Int64
    }

    /// - Parameter after: how far the one before it had read: what was logged since is news, also what was taken back.
    init(file: JournalFile, after: Place? = nil) {
        self.file = file
        remembered = after
    }

    /// How far it has read; nil: it has not.
    var place: Place? {
        guard let identity, let logged else { return nil }
        return Place(file: identity, logged: logged)
    }

    /// What was written since the last look, the oldest first, ending with what stands there now; empty: nothing.
    mutating func changes() throws(JournalError) -> [TradingModeWatch.Reading] {
        if queue == nil || file.identity != identity {
            try? queue?.close()
            queue = nil
            // Another file: its log has other numbers. The same one again: what was logged meanwhile is news.
            if file.identity != identity { logged = nil }
            version = nil
            identity = file.identity
            if let remembered, remembered.file == identity { logged = remembered.logged }
            remembered = nil
            queue = try file.openReader()
        }
        guard let queue else { return [] }
        let known = (version: version, logged: logged)
        let found: (version: Int64, logged: Int64, between: [TradingModeWatch.Reading], now: TradingModeWatch.Reading)?
        do {
            // Does not look at the file's content: as good as free while nobody writes.
            let version = try queue.inDatabase { try $0.number("PRAGMA data_version") ?? 0 }
            if version == known.version { return [] }
            found = try queue.read { database in
                let logged = try database.number("SELECT max(seq) FROM system_config_log") ?? 0
                return (
                    version, logged, try TradingModeLook.changes(after: known.logged ?? logged, database),
                    try TradingModeLook.standing(database)
                )
            }
        } catch {
            let error = JournalError(error, path: file.path)
            // A connection that failed may be at fault itself: the next look gets a new one.
            try? queue.close()
            self.queue = nil
            version = nil
            throw error
        }
        guard let found else { return [] }
        version = found.version
        logged = found.logged
        var changes = found.between
        if changes.last != found.now { changes.append(found.now) }
        // The same again, written once more, is not news.
        if changes == [found.now] && last == found.now { return [] }
        last = found.now
        return changes
    }

    /// Where the place is kept, beside the journal.
    static let name = "trading_mode.seen"

    /// The place that was kept; nil: none, or none that can be read.
    static func kept(in directory: String) -> Place? {
        guard let directory = try? StateDirectory(directory), let bytes = try? directory.read(name) else { return nil }
        let numbers = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard numbers.count == 3, let device = UInt64(numbers[0]), let inode = UInt64(numbers[1]),
            let logged = Int64(numbers[2])
        else { return nil }
        return Place(file: JournalFile.Identity(device: device, inode: inode), logged: logged)
    }

    /// Keeps a place. Where it cannot be kept, what came after it is news again at the next start: rather twice than never.
    static func keep(_ place: Place, in directory: String) {
        guard let directory = try? StateDirectory(directory) else { return }
        let text = "\(place.file.device) \(place.file.inode) \(place.logged)\n"
        try? directory.replace(name, with: Array(text.utf8), permissions: 0o640)
    }

    private static func changes(after seq: Int64, _ database: Database) throws -> [TradingModeWatch.Reading] {
        var found: [TradingModeWatch.Reading] = []
        try database.each(
            "SELECT value, at FROM system_config_log WHERE seq > ? AND key = 'trading_mode' ORDER BY seq",
            [.integer(seq)]
        ) {
            found.append(reading($0))
            return true
        }
        return found
    }

    private static func standing(_ database: Database) throws -> TradingModeWatch.Reading {
        try database.first("SELECT value, updated_at FROM system_config WHERE key = 'trading_mode'", value: reading)
            ?? TradingModeWatch.Reading(word: .nothing, value: "", changedAt: "")
    }

    private static func reading(_ columns: Columns) -> TradingModeWatch.Reading {
        let value = columns.isNull(0) ? "NULL" : String(columns.text(0).prefix(64))
        // A number or bytes are no word, whatever they look like.
        let word = columns.isText(0) ? TradingModeWatch.word(for: columns.text(0)) : .halt
        return TradingModeWatch.Reading(word: word, value: value, changedAt: columns.text(1))
    }
}
