import GRDB
import KillSwitch

/// The row of the trading mode after a resume: what stood there is set aside, and what holds is written.
///
/// Invariants (TradingModeTests): it is done in the transaction of the resume's audit entry or not at all; it is no change for
/// those who watch the row, and every other write still is; a row or table that was taken away is there again.
enum TradingModeRow {
    /// Where the number of the log's row that a resume wrote is kept: that row is no news.
    static let ownKey = "trading_mode.set_by_resume"
    /// The most rows that are kept of what was set aside.
    private static let mostKept: Int64 = 20

    /// What of the switch in the database is not there any more, in words; nil: it is all there.
    static func missing(_ database: Database) throws -> String? {
        var there: Set<String> = []
        try database.each("SELECT type || ' ' || name FROM sqlite_master WHERE name LIKE 'system_config%'") {
            there.insert($0.text(0))
            return true
        }
        return JournalSchema.tradingMode.map(\.name).first { !there.contains($0) }
    }

    /// Writes what holds, and sets aside what was found.
    ///
    /// - Returns: the audit entry, with what was found.
    static func set(_ value: String, _ entry: AuditEntry, id: String, in database: Database) throws -> AuditEntry {
        var found: [JSON.Member] = []
        if let missing = try missing(database) {
            found.append(.init("missing", .string(missing)))
            for object in JournalSchema.tradingMode
            where try database.number(
                "SELECT count(*) FROM sqlite_master WHERE type || ' ' || name = ?",
                [.text(object.name)]
            ) == 0 { try database.execute(sql: object.sql) }
        }
        let row = try database.first("SELECT value, updated_at FROM system_config WHERE key = 'trading_mode'") {
            ($0.isNull(0) ? "NULL" : $0.text(0), $0.text(1))
        }
        found.append(.init("found", row.map { .string(String($0.0.prefix(64))) } ?? .null))
        if let row { found.append(.init("changed_at", .string(row.1))) }
        found.append(.init("set", .string(value)))
        if let row, row.0 != value {
            try database.run(
                "INSERT OR REPLACE INTO system_config (key, value, updated_at) "
                    + "SELECT 'trading_mode.cleared-' || ?, value, updated_at FROM system_config WHERE key = 'trading_mode'",
                .text(id)
            )
            try database.run(
                "DELETE FROM system_config WHERE key LIKE 'trading_mode.cleared-%' AND key NOT IN (SELECT key FROM "
                    + "system_config WHERE key LIKE 'trading_mode.cleared-%' ORDER BY updated_at DESC, key LIMIT ?)",
                .integer(mostKept)
            )
        }
        if row?.0 != value {
            try database.run(
                "INSERT INTO system_config (key, value, updated_at) "
                    + "VALUES ('trading_mode', ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                .text(value)
            )
            let own = try database.number("SELECT max(seq) FROM system_config_log WHERE key = 'trading_mode'") ?? 0
            try database.run(
                "INSERT OR REPLACE INTO system_config (key, value) VALUES (?, ?)",
                .text(ownKey),
                .integer(own)
            )
        }
        var entry = entry
        if case .object(let members)? = JSON(bytes: entry.body) {
            entry.body = JSON.object(members + [.init("trading_mode", .object(found))]).bytes
        }
        return entry
    }
}
