import GRDB

/// Rows of the journal, fetched piece by piece.
public struct JournalCursor<Row: Sendable> {
    private let reader: JournalReader
    private let fetch: (Database, Int64, Int64, Int64) throws -> [Row]
    private let most: Int64
    private let to: Int64
    private var from: Int64
    private var rows: [Row] = []
    private var place = 0

    init(
        _ reader: JournalReader,
        from: Int64,
        to: Int64,
        most: Int64,
        fetch: @escaping (Database, Int64, Int64, Int64) throws -> [Row]
    ) {
        self.reader = reader
        self.from = from
        self.to = to
        self.most = most
        self.fetch = fetch
    }

    /// The next row; nil: there are no more.
    ///
    /// - Throws: `JournalError`.
    public mutating func next() throws(JournalError) -> Row? where Row: Numbered {
        if place == rows.count {
            guard from <= to else { return nil }
            let (from, to, most, fetch) = (from, to, most, fetch)
            rows = try reader.read { try fetch($0, from, to, most) }
            place = 0
            guard let last = rows.last else {
                self.from = .max
                return nil
            }
            self.from = last.seq == .max ? .max : last.seq + 1
        }
        defer { place += 1 }
        return rows[place]
    }

    /// Walks over all rows that are left.
    ///
    /// - Throws: `JournalError`, or what `body` throws.
    public mutating func each(_ body: (Row) throws -> Void) throws where Row: Numbered {
        while let row = try next() { try body(row) }
    }
}

/// What has a number in the journal.
public protocol Numbered {
    /// The number.
    var seq: Int64 { get }
}

extension StoredEvent: Numbered {}
extension StoredDecision: Numbered {}
