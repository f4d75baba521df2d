/// The types of event lines, and the keys that each has besides those of every line.
enum EventLineKind: String, CaseIterable, Sendable {
    case order
    case openOrders = "open_orders"
    case fill
    case position
    case positions
    case balance
    case transfer
    case price
    case heartbeat
    case metric
    case apiResult = "api_result"
    case accounts
    case trade
    case signals
    case venue

    /// Its own keys, in the order in which they are written.
    var ownKeys: [EventLineKey] {
        switch self {
        case .order:
            [
                .clientID, .venueID, .symbol, .side, .quantity, .filled, .price, .currency, .reduceOnly, .state, .note,
            ]
        case .openOrders: [.askedAt, .orders, .refusedRows]
        case .fill: [.fillID, .clientID, .venueID, .symbol, .side, .quantity, .price, .currency, .fee]
        case .position: [.symbol, .side, .quantity, .entryPrice, .currency, .openedAt, .sellable, .note]
        case .positions: [.positions, .refusedRows]
        case .balance: [.currency, .total, .free, .equity]
        case .transfer: [.transferID, .amount, .currency]
        case .price: [.symbol, .price, .currency]
        case .heartbeat: [.name, .intervalMs, .pid]
        case .metric: [.name, .subject, .value]
        case .apiResult: [.endpoint, .ok, .latencyMs, .error]
        case .accounts: [.active, .total]
        case .trade: [.tradeID, .symbol, .profit, .currency]
        case .signals: [.count]
        case .venue: [.state, .latencyMs, .note]
        }
    }

    /// Every key of such a line.
    var keys: EventLineKeys { EventLineKind.lineKeys[Int(place)] }

    /// The keys of such a report as an element of a list.
    var elementKeys: EventLineKeys { EventLineKind.elementKeys[Int(place)] }

    private static let elementKeys = allCases.map { EventLineKeys($0.ownKeys) }
    private static let lineKeys = elementKeys.map { $0.union(.ofEveryLine) }

    /// Its place among all.
    private var place: UInt8 {
        switch self {
        case .order: 0
        case .openOrders: 1
        case .fill: 2
        case .position: 3
        case .positions: 4
        case .balance: 5
        case .transfer: 6
        case .price: 7
        case .heartbeat: 8
        case .metric: 9
        case .apiResult: 10
        case .accounts: 11
        case .trade: 12
        case .signals: 13
        case .venue: 14
        }
    }

    /// What a body is written as; nil: it never comes from outside.
    init?(_ body: Event.Body) {
        switch body {
        case .order: self = .order
        case .openOrders: self = .openOrders
        case .fill: self = .fill
        case .position: self = .position
        case .positions: self = .positions
        case .balance: self = .balance
        case .transfer: self = .transfer
        case .price: self = .price
        case .heartbeat: self = .heartbeat
        case .metric: self = .metric
        case .apiResult: self = .apiResult
        case .accounts: self = .accounts
        case .trade: self = .trade
        case .signals: self = .signals
        case .venue: self = .venue
        case .operatorAction, .host: return nil
        }
    }
}
