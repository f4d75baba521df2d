import SafetyEngine

/// The reference for the engine: a fold that only stores what it is told, the latest of each key, in the containers that the
/// book is made of. No rule, no check, no second key.
struct BenchStore: Sendable {
    private var orders = Ledger<OrderKey, OrderReport>()
    private var fills = Ledger<OrderKey, FillReport>()
    private var positions = Ledger<PositionKey, PositionReport>()
    private var balances = Ledger<BalanceKey, BalanceReport>()
    private var prices = Ledger<PriceKey, PriceReport>()
    private var beats = Ledger<String, Heartbeat>()
    private var metrics = Ledger<String, MetricReport>()
    private var requests = Ledger<String, APIResult>()
    private var others = 0

    /// How much it knows.
    var count: Int {
        orders.count + fills.count + positions.count + balances.count + prices.count + beats.count + metrics.count
            + requests.count + others
    }

    mutating func take(_ event: Event) {
        let origin = event.origin
        switch event.body {
        case .order(let report):
            orders[OrderKey(venue: origin.venue, account: origin.account, clientID: report.clientID)] = report
        case .fill(let report):
            fills[OrderKey(venue: origin.venue, account: origin.account, clientID: report.clientID)] = report
        case .position(let report):
            let key = PositionKey(
                venue: origin.venue,
                account: origin.account,
                symbol: report.symbol,
                side: report.side
            )
            positions[key] = report
        case .balance(let report):
            balances[BalanceKey(venue: origin.venue, account: origin.account, currency: report.currency)] = report
        case .price(let report): prices[PriceKey(venue: origin.venue, symbol: report.symbol)] = report
        case .heartbeat(let beat): beats[beat.name] = beat
        case .metric(let report): metrics["\(report.name)/\(report.subject)"] = report
        case .apiResult(let result): requests[origin.venue] = result
        default: others += 1
        }
    }
}
