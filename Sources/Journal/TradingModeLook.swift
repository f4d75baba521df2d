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
        let found: (version: Int64, logged: Int64?, between: [TradingModeWatch.Reading], now: TradingModeWatch.Reading)?
        do {
            // Does not look at the file's content: as good as free while nobody writes.
            let version = try queue.inDatabase { try $0.number("PRAGMA data_version") ?? 0 }
            if version == known.version { return [] }
            found = try queue.read { database in
                if let missing = try TradingModeRow.missing(database) {
                    // Nobody can halt through what is not there: unknown means halted.
                    return (version, nil, [], TradingModeLook.gone("\(missing) is gone"))
                }
                // The counter of all writes: it goes on where rows of the log were taken away.
                let logged =
                    try database.number("SELECT seq FROM sqlite_sequence WHERE name = 'system_config_log'") ?? 0
                return (
                    version, logged, try TradingModeLook.changes(after: known.logged ?? logged, to: logged, database),
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
        let isOwn = changes.last?.isOwn ?? false
        changes.removeAll(where: \.isOwn)
        // What a resume wrote is what holds, and no news.
        if isOwn, changes.isEmpty {
            let isFirst = last == nil
            last = found.now
            return isFirst ? [found.now] : []
        }
        // A row that was replaced says nothing of when: it is the same write all the same.
        let isLast = changes.last.map { $0.word == found.now.word && $0.value == found.now.value } ?? false
        if !isLast, !isOwn { changes.append(found.now) }
        // The same again, written once more, is not news.
        if changes == [found.now] && last == found.now && found.between.isEmpty { return [] }
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

    private static func changes(
        after seq: Int64,
        to counter: Int64,
        _ database: Database
    ) throws -> [TradingModeWatch.Reading] {
        let own = try database.number(
            "SELECT value FROM system_config WHERE key = ?",
            [.text(TradingModeRow.ownKey)]
        )
        var found: [TradingModeWatch.Reading] = []
        var count: Int64 = 0
        try database.each(
            "SELECT value, at, seq, key FROM system_config_log WHERE seq > ? ORDER BY seq",
            [.integer(seq)]
        ) {
            count += 1
            guard $0.text(3) == "trading_mode" else { return true }
            var reading = reading($0)
            reading.isOwn = $0.integer(2) == own
            found.append(reading)
            return true
        }
        // A write whose row is not in the log may have been a halt.
        if counter < seq { found.append(gone("its log was begun anew")) }
        if counter - seq > count { found.append(gone("\(counter - seq - count) rows of its log are gone")) }
        return found
    }

    /// What the row says now.
    static func standing(_ database: Database) throws -> TradingModeWatch.Reading {
        try database.first("SELECT value, updated_at FROM system_config WHERE key = 'trading_mode'", value: reading)
            ?? gone("row is gone")
    }

    /// That something is not there: unknown means halted.
    private static func gone(_ what: String) -> TradingModeWatch.Reading {
        TradingModeWatch.Reading(word: .halt, value: "(\(what))", changedAt: "")
    }

    private static func reading(_ columns: Columns) -> TradingModeWatch.Reading {
        let value = columns.isNull(0) ? "NULL" : String(columns.text(0).prefix(64))
        // A number or bytes are no word, whatever they look like.
        let word = columns.isText(0) ? TradingModeWatch.word(for: columns.text(0)) : .halt
        return TradingModeWatch.Reading(word: word, value: value, changedAt: columns.text(1))
    }
}
