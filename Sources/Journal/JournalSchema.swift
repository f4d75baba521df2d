import CSodium
import GRDB

/// The tables of the journal.
///
/// A migration that was ever shipped is never edited: what has to change is another one after it. The fingerprint of
/// the outcome is stored, and compared at every start: a file that somebody altered is not written to.
///
/// Invariants (JournalSchemaTests): the tables are those that these migrations make, or the file is refused; a file of a newer version is
/// refused.
enum JournalSchema {
    /// The migrations, in their order.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 events, decisions, audit") { database in
            for statement in JournalSchema.first { try database.execute(sql: statement) }
        }
        migrator.registerMigration("2 every write of the trading mode counts; alerts by name") { database in
            for trigger in ["system_config_is_changed", "system_config_is_added"] {
                try database.execute(sql: "DROP TRIGGER \(trigger)")
            }
            try database.execute(sql: "CREATE INDEX alerts_by_alert ON alerts (alert, seq)")
            for object in JournalSchema.tradingMode where object.name.hasPrefix("trigger ") {
                try database.execute(sql: object.sql)
            }
        }
        return migrator
    }

    private static let first = [
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL, "
            + "kind TEXT NOT NULL, body BLOB NOT NULL)",
        "CREATE TABLE decisions (seq INTEGER PRIMARY KEY, event_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, "
            + "wall_ms INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL)",
        "CREATE TABLE alerts (seq INTEGER PRIMARY KEY, decision_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, "
            + "wall_ms INTEGER NOT NULL, change TEXT NOT NULL, alert TEXT NOT NULL, body BLOB NOT NULL)",
        "CREATE TABLE audit (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL, "
            + "who TEXT NOT NULL, what TEXT NOT NULL, body BLOB NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL)",
        // The last link is kept apart: a chain whose end was cut off is whole but for this.
        "CREATE TABLE audit_head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL)",
        "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit "
            + "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit "
            + "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, event_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, "
            + "wall_ms INTEGER NOT NULL, body BLOB NOT NULL, checksum BLOB NOT NULL)",
        "CREATE TABLE sessions (seq INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, boot_ms INTEGER NOT NULL, "
            + "at_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL)",
        // No type for the value: what another program wrote is read as it is, and judged.
        "CREATE TABLE system_config (key TEXT PRIMARY KEY NOT NULL, value, updated_at TEXT)",
        "CREATE TABLE system_config_log (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, value, at TEXT NOT NULL)",
        // Two changes between two looks are seen as two.
        "CREATE TRIGGER system_config_is_changed AFTER UPDATE OF value ON system_config "
            + "WHEN OLD.value IS NOT NEW.value BEGIN "
            + "UPDATE system_config SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE key = NEW.key; "
            + "INSERT INTO system_config_log (key, value, at) "
            + "VALUES (NEW.key, NEW.value, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')); END",
        "CREATE TRIGGER system_config_is_added AFTER INSERT ON system_config BEGIN "
            + "INSERT INTO system_config_log (key, value, at) "
            + "VALUES (NEW.key, NEW.value, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')); END",
        "CREATE TABLE schema_fingerprint (id INTEGER PRIMARY KEY CHECK (id = 1), migration TEXT NOT NULL, "
            + "fingerprint TEXT NOT NULL)",
    ]

    /// What the kill switch in the database consists of since migration 2: a word that is written once more is as much a
    /// change as another one, and so is a row that is taken away. The log's numbers are never used again, so they count every write.
    static let tradingMode: [Object] = [
        Object(
            name: "table system_config",
            sql: "CREATE TABLE system_config (key TEXT PRIMARY KEY NOT NULL, value, updated_at TEXT)"
        ),
        Object(
            name: "table system_config_log",
            sql:
                "CREATE TABLE system_config_log (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, value, at TEXT NOT NULL)"
        ),
        Object(
            name: "trigger system_config_is_changed",
            sql: "CREATE TRIGGER system_config_is_changed AFTER UPDATE OF key, value ON system_config BEGIN "
                + "UPDATE system_config SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE key = NEW.key; "
                + "INSERT INTO system_config_log (key, value, at) SELECT OLD.key, '(renamed)', "
                + "strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE OLD.key IS NOT NEW.key; "
                + "INSERT INTO system_config_log (key, value, at) "
                + "VALUES (NEW.key, NEW.value, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')); END"
        ),
        Object(
            name: "trigger system_config_is_added",
            sql: "CREATE TRIGGER system_config_is_added AFTER INSERT ON system_config BEGIN "
                + "INSERT INTO system_config_log (key, value, at) "
                + "VALUES (NEW.key, NEW.value, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')); END"
        ),
        Object(
            name: "trigger system_config_is_removed",
            sql: "CREATE TRIGGER system_config_is_removed AFTER DELETE ON system_config BEGIN "
                + "INSERT INTO system_config_log (key, value, at) "
                + "VALUES (OLD.key, '(deleted)', strftime('%Y-%m-%dT%H:%M:%fZ', 'now')); END"
        ),
    ]

    /// One table, index or trigger, and the SQL that made it.
    struct Object: Equatable {
        var name: String
        var sql: String
    }

    /// Brings a writing connection's file up to date.
    ///
    /// - Throws: `JournalError` of the codes `drift` and `newer`, or what SQLite says.
    static func prepare(_ queue: DatabaseQueue, path: String) throws {
        try queue.inDatabase { database in
            try checkVersion(database, path: path)
            let applied = try migrator.appliedIdentifiers(database)
            let last = migrator.migrations.last { applied.contains($0) }
            let isEmpty = try objects(of: database).allSatisfy { $0.name == "table grdb_migrations" }
            if isEmpty && last == nil { return }
            try checkDrift(of: database, at: last, path: path)
        }
        try migrator.migrate(queue)
        try queue.inDatabase { database in
            guard let last = migrator.migrations.last else { return }
            try checkObjects(of: database, at: last, path: path)
            let fingerprint = fingerprint(of: try objects(of: database))
            let stored = try database.first("SELECT migration, fingerprint FROM schema_fingerprint") {
                ($0.text(0), $0.text(1))
            }
            if stored.map({ $0 != (last, fingerprint) }) ?? true {
                try database.run(
                    "INSERT OR REPLACE INTO schema_fingerprint (id, migration, fingerprint) VALUES (1, ?, ?)",
                    .text(last),
                    .text(fingerprint)
                )
            }
            // An UPDATE of a row that is not there changes nothing, and whoever meant to halt would not know. One that was
            // taken away is not put back here: that it is missing halts, until somebody resumes.
            if try database.number("SELECT 1 FROM system_config WHERE key = 'trading_mode'") == nil,
                try database.number("SELECT seq FROM sqlite_sequence WHERE name = 'system_config_log'") ?? 0 == 0
            {
                try database.run(
                    "INSERT INTO system_config (key, value, updated_at) "
                        + "VALUES ('trading_mode', 'live', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
                )
            }
        }
    }

    /// Refuses a file that a newer version of this program made.
    static func checkVersion(_ database: Database, path: String) throws {
        guard try database.tableExists("grdb_migrations") else { return }
        let known = migrator.migrations
        var unknown: [String] = []
        try database.each("SELECT identifier FROM grdb_migrations ORDER BY rowid") {
            if !known.contains($0.text(0)) { unknown.append($0.text(0)) }
            return true
        }
        guard unknown.isEmpty else {
            throw JournalError(
                .newer,
                "\(path) was made by a newer version of estop (\(unknown.joined(separator: "; "))); use that version, or "
                    + "move the file away to begin a new journal"
            )
        }
    }

    private static func checkDrift(of database: Database, at last: String?, path: String) throws {
        guard let last else {
            let found = try objects(of: database).map(\.name).joined(separator: ", ")
            throw JournalError(.drift, "\(path) is no journal: it has \(found); move it away")
        }
        try checkObjects(of: database, at: last, path: path)
        let stored = try database.first("SELECT fingerprint FROM schema_fingerprint") { $0.text(0) }
        let actual = fingerprint(of: try objects(of: database))
        guard stored == nil || stored == actual else {
            throw JournalError(
                .drift,
                "\(path): its stored fingerprint \(stored ?? "") is not that of its tables, \(actual); \(remedy)"
            )
        }
    }

    private static func checkObjects(of database: Database, at last: String, path: String) throws {
        let memory = try DatabaseQueue()
        try migrator.migrate(memory, upTo: last)
        let expected = try memory.inDatabase { try objects(of: $0) }
        let differences = differences(expected: expected, actual: try objects(of: database))
        guard differences.isEmpty else {
            throw JournalError(
                .drift,
                "the tables of \(path) are not as estop made them: \(differences.joined(separator: "; ")); \(remedy)"
            )
        }
    }

    private static let remedy = "undo the change, or move the file away to begin a new journal"

    /// What a person needs to know of a drift.
    static func differences(expected: [Object], actual: [Object]) -> [String] {
        var found: [String] = []
        for object in expected {
            guard let same = actual.first(where: { $0.name == object.name }) else {
                found.append("\(object.name) is missing")
                continue
            }
            if same.sql != object.sql { found.append("\(object.name) is '\(same.sql)', not '\(object.sql)'") }
        }
        for object in actual where !expected.contains(where: { $0.name == object.name }) {
            found.append("\(object.name) was added")
        }
        return found
    }

    /// What the file consists of, by name; SQLite's own tables left out.
    static func objects(of database: Database) throws -> [Object] {
        var objects: [Object] = []
        try database.each(
            "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^' "
                + "ORDER BY type, name"
        ) {
            objects.append(
                Object(
                    name: "\($0.text(0)) \($0.text(1))",
                    sql: $0.text(2).split(whereSeparator: \.isWhitespace).joined(separator: " ")
                )
            )
            return true
        }
        return objects
    }

    /// SHA-256 over the objects, in hexadecimal digits.
    static func fingerprint(of objects: [Object]) -> String {
        SHA256.text(Array(objects.map { "\($0.name)\n\($0.sql)\n" }.joined().utf8))
    }
}
