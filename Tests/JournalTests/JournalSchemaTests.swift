import Foundation
import GRDB
import SafetyEngine
import Testing

@testable import Journal

@Suite struct JournalSchemaTests {
    private func message(_ desk: TestDesk, _ code: JournalError.Code) -> String {
        do {
            _ = try desk.open()
            return "opened"
        } catch let error as JournalError {
            #expect(error.code == code)
            return error.message
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("ALTER TABLE events ADD COLUMN note TEXT", "table events is '"),
        ("DROP TRIGGER audit_is_not_removed", "trigger audit_is_not_removed is missing"),
        ("CREATE INDEX events_by_kind ON events (kind)", "index events_by_kind was added"),
        ("ALTER TABLE alerts RENAME TO warnings", "table alerts is missing"),
        ("UPDATE schema_fingerprint SET fingerprint = 'abc'", "stored fingerprint abc"),
    ])
    func driftIsRefusedAndNamed(_ statement: String, _ words: String) throws {
        let desk = try TestDesk()
        try desk.open().close()
        try desk.tamper(statement)
        let said = message(desk, .drift)
        #expect(said.contains(words), "\(said)")
        #expect(said.contains("move the file away"))
    }

    @Test func theSameFileIsOpenedAgainAndAgain() throws {
        let desk = try TestDesk()
        for _ in 0..<3 { try desk.open().close() }
        let stored = try JournalFile(directory: desk.path).openReader().read { database in
            try String.fetchAll(database, sql: "SELECT fingerprint FROM schema_fingerprint")
        }
        #expect(stored.count == 1)
        #expect(stored.first?.count == 64)
    }

    @Test func aNewerVersionsFileIsRefused() throws {
        let desk = try TestDesk()
        try desk.open().close()
        try desk.tamper("INSERT INTO grdb_migrations (identifier) VALUES ('99 from the future')")
        #expect(message(desk, .newer).contains("99 from the future"))
        #expect(throws: JournalError.self) { _ = try desk.reader() }
    }

    @Test func anotherProgramsDatabaseIsRefused() throws {
        let desk = try TestDesk()
        try desk.python("sqlite3.connect(path).execute('CREATE TABLE theirs (a)')")
        #expect(message(desk, .drift).contains("table theirs"))
        #expect(
            try desk.python("print(sqlite3.connect(path).execute('SELECT name FROM sqlite_master').fetchall())")
                == "[('theirs',)]\n"
        )
    }

    @Test func whatIsNoFileIsRefused() throws {
        let desk = try TestDesk()
        symlink("/tmp/elsewhere", desk.file)
        #expect(message(desk, .file).contains("no regular file"))
        unlink(desk.file)
        mkdir(desk.file, 0o700)
        #expect(message(desk, .file).contains("no regular file"))
    }

    @Test func everyWriteIsSyncedInFull() throws {
        let desk = try TestDesk()
        let queue = try JournalFile(directory: desk.path).open()
        let found = try queue.inDatabase { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try Int.fetchOne(database, sql: "PRAGMA auto_vacuum")
            )
        }
        #expect(found.0 == "wal")
        #expect(found.1 == 2)
        #expect(found.2 == 2)
        try queue.close()
    }
}
