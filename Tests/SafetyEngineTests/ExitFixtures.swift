import Foundation
import Testing

@testable import SafetyEngine

/// A book, a valuation, dust and exits that tests fill by hand and step through time.
struct ExitStage {
    var book = Book()
    var valuation = Valuation()
    var dust = DustList()
    var exits = Exits()
    var settings = EngineSettings()
    var mode = HostEvent.ModeState(mode: "live", generation: 2, latches: 0)
    var lastNumber: UInt64 = 0
    var atMs: UInt64 = 1_000_000
    /// Everything that was decided.
    var decisions: [Decision] = []
    /// Accounts whose venue is there, and whether it lists its positions at each step.
    private var reached: Set<AccountKey> = []
    private var reachedMs: UInt64 = 0
    var isListing = true

    /// The venues list what they hold.
    private mutating func list() {
        for place in book.venues.indices {
            book.venues[at: place].positionsListedMs = atMs
            // Where a test says when it was heard last, that counts.
            if reached.contains(book.venues.keys[place]), book.venues.values[place].seenMs == reachedMs {
                book.venues[at: place].seenMs = atMs
            }
        }
        reachedMs = atMs
    }

    /// Holds a position, or changes one; its price is a new sample.
    @discardableResult
    mutating func hold(
        _ symbol: String,
        side: Position.Side = .long,
        quantity: String? = "1",
        entry: String? = "100",
        price: String?,
        value: String? = nil,
        peak: String? = nil,
        openedMs: UInt64? = 990_000,
        isSellable: Bool = true,
        venue: String = "paper",
        account: String = "main"
    ) -> PositionKey {
        let key = PositionKey(venue: venue, account: account, symbol: symbol, side: side)
        var position = book.positions[key] ?? BookPosition()
        position.quantity = quantity.flatMap { SafetyEngine.Decimal($0) }
        position.entryPrice = entry.flatMap { SafetyEngine.Decimal($0) }
        position.openedMs = openedMs
        position.firstSeenMs = openedMs ?? atMs
        position.seenMs = atMs
        position.isSellable = isSellable
        position.peak = peak.flatMap { SafetyEngine.Decimal($0) }
        book.positions[key] = position
        if book.venues[key.accountKey] == nil {
            if reached.isEmpty { reachedMs = atMs }
            reached.insert(key.accountKey)
            book.venues[key.accountKey] = BookVenue()
            book.venues[key.accountKey]?.seenMs = reachedMs
            book.venues[key.accountKey]?.positionsListedMs = atMs
        }
        worth(key, price: price, value: value ?? price)
        return key
    }

    /// A new sample of a position's price; nil: there is none.
    mutating func worth(_ key: PositionKey, price: String?, value: String?) {
        while valuation.positions.count < book.positions.count { valuation.positions.append(Valuation.Worth()) }
        guard let place = book.positions.place(of: key) else { return }
        valuation.positions[place].price = price.flatMap { SafetyEngine.Decimal($0) }
        valuation.positions[place].value = value.flatMap { SafetyEngine.Decimal($0) }
        valuation.positions[place].priceVersion += 1
        valuation.positions[place].priceAgeMs = price == nil ? nil : 0
    }

    /// The venue says that a position is closed.
    mutating func close(_ key: PositionKey) {
        book.positions[key]?.quantity = SafetyEngine.Decimal(0)
        book.positions[key]?.seenMs = atMs
    }

    /// One step, some time later.
    @discardableResult
    mutating func step(after ms: UInt64 = 250) -> [Decision] {
        atMs += ms
        if isListing { list() }
        var made: [Decision] = []
        dust.evaluate(book, valuation, 1_770_675_794_000, at: atMs, settings, &made)
        exits.evaluate(book, valuation, dust, mode, at: atMs, settings, &lastNumber, &made)
        decisions += made
        return made
    }

    @discardableResult
    mutating func order(_ change: OperatorAction.Change, by name: String = "alice") -> [Decision] {
        let action = OperatorAction(name: name, reason: "as agreed", change: change)
        var made: [Decision] = []
        dust.take(action, 1_770_675_794_000, at: atMs, settings, &made)
        exits.take(action, book, valuation, dust, at: atMs, settings, &lastNumber, &made)
        decisions += made
        return made
    }

    @discardableResult
    mutating func answer(_ number: UInt64, isDone: Bool, _ text: String = "") -> [Decision] {
        var made: [Decision] = []
        exits.take(HostEvent.Outcome(number: number, isDone: isDone, text: text), at: atMs, &made)
        decisions += made
        return made
    }

    /// The state of a proposal, as screens show it; nil: there is none.
    func state(_ rule: ExitRule, _ key: PositionKey) -> String? {
        exits.shown(book, at: atMs, settings).first { $0.id == "\(rule.rawValue):\(key)" }?.state
    }

    var rules: [String] { exits.proposals.values.map(\.rule.rawValue) }
}

extension [Decision] {
    var effects: [Decision.Effect] { compactMap { if case .effect(let effect) = $0 { effect } else { nil } } }
    var lines: [Decision.LogLine] { compactMap { if case .log(let line) = $0 { line } else { nil } } }
    /// The symbols of what is closed, in order.
    var closed: [String] {
        effects.compactMap { if case .close(_, _, let symbol, _, _, _) = $0.action { symbol } else { nil } }
    }
    func lines(with words: String) -> [Decision.LogLine] { lines.filter { $0.text.contains(words) } }
}

/// A value as it comes back from its own text.
func recoded<Value: Codable>(_ value: Value) throws -> Value {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try JSONDecoder().decode(Value.self, from: encoder.encode(value))
}

/// The text of a value.
func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// A value from a text.
func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}
