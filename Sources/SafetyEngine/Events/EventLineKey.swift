/// Every key of an event line.
enum EventLineKey: UInt8, CaseIterable, Sendable {
    case v, type, source, desk, venue, account, strategy, id, at
    case clientID, venueID, symbol, side, quantity, filled, price, currency, reduceOnly, state, note
    case fillID, fee
    case entryPrice, openedAt, sellable
    case total, free, equity
    case transferID, amount
    case name, intervalMs, pid
    case value, subject
    case endpoint, ok, latencyMs, error
    case active
    case tradeID, profit
    case count
    case askedAt
    case orders, positions, refusedRows

    /// As it is written.
    var name: String { words.name }

    /// A value, as it is written.
    var example: String { words.example }

    private var words: (name: String, example: String) {
        switch self {
        case .v: ("v", "1")
        case .type: ("type", "\"order\"")
        case .source: ("source", "\"bot:grid-1\"")
        case .desk: ("desk", "\"main\"")
        case .venue: ("venue", "\"kraken\"")
        case .account: ("account", "\"main\"")
        case .strategy: ("strategy", "\"grid\"")
        case .id: ("id", "\"e-17\"")
        case .at: ("at", "\"2026-11-21T09:00:00.123Z\"")
        case .clientID: ("client_id", "\"g-1\"")
        case .venueID: ("venue_id", "\"OABC-12\"")
        case .symbol: ("symbol", "\"BTC-USD\"")
        case .side: ("side", "\"buy\"")
        case .quantity: ("quantity", "\"0.25\"")
        case .filled: ("filled", "\"0.10\"")
        case .price: ("price", "\"64000.10\"")
        case .currency: ("currency", "\"USD\"")
        case .reduceOnly: ("reduce_only", "true")
        case .state: ("state", "\"SUBMITTED\"")
        case .note: ("note", "\"insufficient funds\"")
        case .fillID: ("fill_id", "\"f-9\"")
        case .fee: ("fee", "\"0.12\"")
        case .entryPrice: ("entry_price", "\"63000\"")
        case .openedAt: ("opened_at", "\"2026-11-20T22:15:00Z\"")
        case .sellable: ("sellable", "true")
        case .total: ("total", "\"1250.00\"")
        case .free: ("free", "\"900.00\"")
        case .equity: ("equity", "\"17250.00\"")
        case .transferID: ("transfer_id", "\"t-3\"")
        case .amount: ("amount", "\"-500.00\"")
        case .name: ("name", "\"grid-1\"")
        case .intervalMs: ("interval_ms", "5000")
        case .pid: ("pid", "4711")
        case .value: ("value", "\"81.5\"")
        case .subject: ("subject", "\"host-2\"")
        case .endpoint: ("endpoint", "\"POST /orders\"")
        case .ok: ("ok", "true")
        case .latencyMs: ("latency_ms", "120")
        case .error: ("error", "\"429 Too Many Requests\"")
        case .active: ("active", "50")
        case .tradeID: ("trade_id", "\"d-4\"")
        case .profit: ("profit", "\"-12.50\"")
        case .count: ("count", "12")
        case .askedAt: ("asked_at", "\"2026-11-21T09:00:00.123Z\"")
        case .orders: ("orders", "[]")
        case .positions: ("positions", "[]")
        case .refusedRows: ("refused_rows", "1")
        }
    }

    /// Its bit in an `EventLineKeys`.
    var bit: UInt64 { 1 << UInt64(rawValue) }

    /// The key that other programs' word means, where it is none of ours.
    static func meant(by word: String) -> EventLineKey? {
        switch word {
        case "qty", "size", "volume", "units": .quantity
        case "filled_qty", "filled_quantity", "executed": .filled
        case "ts", "time", "timestamp", "date", "datetime": .at
        case "pair", "ticker", "market", "instrument", "asset": .symbol
        case "order_id", "client_order_id", "clientid", "clientId", "orderId": .clientID
        case "exchange", "broker", "platform": .venue
        case "avg_price", "average_price", "entry", "cost_basis": .entryPrice
        case "status": .state
        case "message", "reason", "comment", "text": .note
        case "interval", "every": .intervalMs
        case "pnl", "realized_pnl", "realised_pnl": .profit
        case "latency", "duration_ms", "elapsed_ms": .latencyMs
        case "success": .ok
        case "direction": .side
        case "version": .v
        case "kind", "event": .type
        case "commission": .fee
        default: nil
        }
    }
}

/// Some of the keys.
struct EventLineKeys: Sendable, Equatable {
    var bits: UInt64 = 0

    init(_ keys: [EventLineKey]) { for key in keys { bits |= key.bit } }

    /// The keys that every line may have.
    static let ofEveryLine = EventLineKeys([.v, .type, .source, .desk, .venue, .account, .strategy, .id, .at])

    func contains(_ key: EventLineKey) -> Bool { bits & key.bit != 0 }

    func union(_ other: EventLineKeys) -> EventLineKeys {
        var both = self
        both.bits |= other.bits
        return both
    }

    /// In the order of the format.
    var list: [EventLineKey] { EventLineKey.allCases.filter(contains) }
}

/// Finds a key by its bytes: at most 16 of them, as two words.
struct EventLineKeyTable: Sendable {
    private struct Entry: Sendable {
        var low: UInt64
        var high: UInt64
        var key: EventLineKey
    }

    static let shared = EventLineKeyTable()
    private static let slots = 128
    private var entries = [Entry?](repeating: nil, count: slots)

    private init() {
        for key in EventLineKey.allCases {
            var words = Words()
            for byte in key.name.utf8 { words.append(byte) }
            var slot = EventLineKeyTable.slot(words)
            while entries[slot] != nil { slot = (slot + 1) % EventLineKeyTable.slots }
            entries[slot] = Entry(low: words.low, high: words.high, key: key)
        }
    }

    /// A word of at most 16 bytes.
    struct Words {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var count: UInt64 = 0

        mutating func append(_ byte: UInt8) {
            if count < 8 { low |= UInt64(byte) &<< (count &* 8) } else { high |= UInt64(byte) &<< ((count &- 8) &* 8) }
            count &+= 1
        }
    }

    func key(_ words: Words) -> EventLineKey? {
        var slot = EventLineKeyTable.slot(words)
        // There are fewer keys than slots: an empty one ends every search.
        while let entry = entries[slot] {
            if entry.low == words.low, entry.high == words.high { return entry.key }
            slot = (slot &+ 1) % EventLineKeyTable.slots
        }
        return nil
    }

    private static func slot(_ words: Words) -> Int {
        Int(truncatingIfNeeded: ((words.low ^ (words.high &* 31)) &* 0x9e37_79b9_7f4a_7c15) &>> 57)
    }
}
