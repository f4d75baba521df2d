import GRDB
import GRDBSQLite

/// A value that is bound to a statement's parameter.
enum Parameter {
    case integer(Int64)
    case text(String)
    case word(StaticString)
    case blob([UInt8])
    case null
}

/// The columns of the row that a statement stands on. Read by place, without a dictionary or an object per row: the
/// journal reads and writes millions of them.
struct Columns {
    fileprivate let statement: OpaquePointer

    func integer(_ place: Int32) -> Int64 { sqlite3_column_int64(statement, place) }

    func isText(_ place: Int32) -> Bool { sqlite3_column_type(statement, place) == SQLITE_TEXT }

    func isNull(_ place: Int32) -> Bool { sqlite3_column_type(statement, place) == SQLITE_NULL }

    func bytes(_ place: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, place) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, place))))
    }

    func text(_ place: Int32) -> String { String(decoding: bytes(place), as: UTF8.self) }
}

/// A prepared statement, bound and stepped directly. Kept by GRDB's cache between uses.
struct Prepared {
    private let database: Database
    private let owner: Statement
    private var statement: OpaquePointer { owner.sqliteStatement }

    init(_ sql: String, _ database: Database) throws {
        self.database = database
        owner = try database.cachedStatement(sql: sql)
        // Left in the middle by an error, it would refuse new parameters.
        sqlite3_reset(statement)
    }

    /// Runs a statement that returns no rows.
    func run(_ parameters: Parameter...) throws { try run(parameters) }

    /// Runs a statement that returns no rows.
    func run(_ parameters: [Parameter]) throws {
        try bind(parameters)
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw error(code) }
    }

    /// Walks over the rows until `body` returns false.
    func each(_ parameters: [Parameter], _ body: (Columns) throws -> Bool) throws {
        try bind(parameters)
        defer { sqlite3_reset(statement) }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw error(code) }
            guard try body(Columns(statement: statement)) else { return }
        }
    }

    private func bind(_ parameters: [Parameter]) throws {
        // SQLITE_TRANSIENT: SQLite takes a copy.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (index, parameter) in parameters.enumerated() {
            let place = Int32(index + 1)
            let code =
                switch parameter {
                case .integer(let number): sqlite3_bind_int64(statement, place, number)
                case .text(var text):
                    text.withUTF8 { buffer in
                        buffer.withMemoryRebound(to: CChar.self) {
                            sqlite3_bind_text(statement, place, $0.baseAddress, Int32($0.count), copied)
                        }
                    }
                case .word(let word):
                    // Lives as long as the program: nothing to copy.
                    word.utf8Start.withMemoryRebound(to: CChar.self, capacity: word.utf8CodeUnitCount) {
                        sqlite3_bind_text(statement, place, $0, Int32(word.utf8CodeUnitCount), nil)
                    }
                case .blob(let bytes):
                    bytes.withUnsafeBytes { buffer in
                        buffer.baseAddress.map {
                            sqlite3_bind_blob64(statement, place, $0, UInt64(buffer.count), copied)
                        } ?? sqlite3_bind_zeroblob(statement, place, 0)
                    }
                case .null: sqlite3_bind_null(statement, place)
                }
            guard code == SQLITE_OK else { throw error(code) }
        }
    }

    private func error(_ code: Int32) -> DatabaseError {
        let extended = database.sqliteConnection.map { sqlite3_extended_errcode($0) } ?? code
        return DatabaseError(
            resultCode: ResultCode(rawValue: extended),
            message: database.sqliteConnection.map { String(cString: sqlite3_errmsg($0)) }
        )
    }
}

extension Database {
    /// Walks over the rows of a query until `body` returns false.
    func each(_ sql: String, _ parameters: [Parameter] = [], _ body: (Columns) throws -> Bool) throws {
        try Prepared(sql, self).each(parameters, body)
    }

    /// The first row of a query; nil: none.
    func first<Value>(_ sql: String, _ parameters: [Parameter] = [], value: (Columns) throws -> Value) throws -> Value?
    {
        var found: Value?
        try each(sql, parameters) {
            found = try value($0)
            return false
        }
        return found
    }

    /// The first column of the first row, a whole number; nil: no row, or NULL.
    func number(_ sql: String, _ parameters: [Parameter] = []) throws -> Int64? {
        try first(sql, parameters) { $0.isNull(0) ? nil : $0.integer(0) } ?? nil
    }

    /// Runs one statement.
    func run(_ sql: String, _ parameters: Parameter...) throws { try Prepared(sql, self).run(parameters) }
}
