/// One event as one line of NDJSON: how bots and venues' adapters tell the desk anything.
///
///     {"v":1,"type":"order","source":"bot:grid-1","venue":"kraken","account":"main","id":"e-17",
///      "at":"2026-11-21T09:00:00.123Z","client_id":"g-1","symbol":"BTC-USD","side":"buy","quantity":"0.25",
///      "price":"64000.10","state":"SUBMITTED"}
///
/// (on one line). The keys of each type are in `EventLineKind`, and for other programs in `EventLine.schema`.
///
/// - `v` is 1, `type` one of `EventLineKind`, `source` is `bot:NAME` or `venue:NAME`; these three are always needed.
///   What an operator or the host did never comes in this way.
/// - Prices, quantities and money are strings of decimal digits (`"0.00120"`, `"1e-8"`), or JSON numbers, which are kept
///   digit for digit. Times are RFC 3339 with `Z` or an offset; finer than milliseconds is cut. A key that may be left out
///   may be `null` as well.
/// - A key that its type does not know is refused, not skipped: a misspelt `"reduceonly"` would otherwise be an order that
///   may grow a position. Keys that begin with `x_` are a sender's own and are skipped. So a sender of a later version
///   that has more to say writes it as `x_...` until this desk is upgraded too.
/// - A key that is there twice is refused: readers differ in which one they believe.
///
/// Invariants (SafetyEngineTests/EventLine...Tests): `parse(bytes(of: event)) == event` for every event that may come from
/// outside and keeps the limits below; no bytes whatever make `parse` trap; what is refused says which key, and what to
/// write instead, in one line that is safe to print.
public enum EventLine {
    /// The version of the format.
    public static let version: UInt64 = 1
    /// The longest line that is read, in bytes: some 20,000 orders of one `open_orders`.
    public static let mostBytes = 4 << 20
    /// The longest name (symbols, ids, names of metrics), in bytes of UTF-8.
    public static let mostNameBytes = 128
    /// The longest name of a venue, in bytes. With an account's it has to fit into the scope of a halt (120 bytes).
    public static let mostVenueBytes = 32
    /// The longest name of an account or strategy, in bytes.
    public static let mostAccountBytes = 64
    /// The longest free text (`note`, `error`), in bytes.
    public static let mostTextBytes = 1_024
    /// The longest number, in characters. Its digits have to fit exactly: 38 in all, 30 of them behind the point.
    public static let mostNumberBytes = 64
    /// The longest interval or latency, in milliseconds: a year.
    public static let mostMs: UInt64 = 31_536_000_000
    /// The greatest count of accounts or signals.
    public static let mostCount: UInt64 = 1_000_000_000

    /// Reads one line; white space around it, its newline too, means nothing.
    ///
    /// - Throws: `Refusal`: the first thing that is wrong with it.
    public static func parse(_ bytes: [UInt8]) throws(Refusal) -> Event { try parse(bytes.span) }

    /// Reads one line out of a buffer, without copying it.
    ///
    /// - Throws: `Refusal`: the first thing that is wrong with it.
    public static func parse(_ line: Span<UInt8>) throws(Refusal) -> Event {
        var rows = RowRefusals()
        let event = try parse(line, &rows)
        if let first = rows.first.first { throw first }
        return event
    }

    /// The same, where bad rows of a list leave the good ones be: those that were refused are counted in the event
    /// (`Event.refusedRows`), and told.
    ///
    /// - Throws: `Refusal`: the first thing that is wrong with the line as a whole.
    public static func parse(_ line: Span<UInt8>, _ rows: inout RowRefusals) throws(Refusal) -> Event {
        guard line.count <= mostBytes else {
            throw Refusal("the line has \(line.count) bytes: at most \(mostBytes) are read; send several lines")
        }
        var scanner = EventLineScanner()
        let fields = try scanner.document(line)
        return try event(fields, line, &rows)
    }

    /// Rows of a list that could not be read.
    public struct RowRefusals: Sendable, Equatable {
        /// How many there are.
        public private(set) var count = 0
        /// Why, for the first ones.
        public private(set) var first: [Refusal] = []
        /// How many are told in words.
        public static let mostTold = 10

        /// Creates a list of none.
        public init() {}

        mutating func add(_ refusal: Refusal) {
            count += 1
            if first.count < RowRefusals.mostTold { first.append(refusal) }
        }
    }
}
