import SafetyEngine

/// Since when orders are open, by the simplest count: from the first word about each, until anything at all was said that
/// may have been its end.
struct OrdersOracle {
    private struct Known {
        var sinceMs: UInt64
        var quantity: Double
        var filled = 0.0
        var isOver = false
    }

    private var known: [String: Known] = [:]
    private var fills: Set<String> = []

    /// The age of each order that is certainly open, in seconds.
    func ages(at atMs: UInt64) -> [(String, Double)] {
        known.filter { !$0.value.isOver }.map { ($0.key, Double(atMs - $0.value.sinceMs) / 1_000) }
    }

    mutating func take(_ event: Event, at atMs: UInt64) {
        let account = "\(event.origin.venue)/\(event.origin.account)"
        switch event.body {
        case .order(let report): take(report, account, at: atMs)
        case .openOrders(let reports):
            for report in reports { take(report, account, at: atMs) }
            let named = Set(reports.map { "\(account)/\($0.clientID)" })
            for id in known.keys where id.hasPrefix(account + "/") && !named.contains(id) { known[id]?.isOver = true }
        case .fill(let fill):
            let id = "\(account)/\(fill.clientID)"
            guard fills.insert("\(account)/\(fill.fillID)").inserted else { return }
            var order = known[id] ?? Known(sinceMs: atMs, quantity: 0)
            order.filled += fill.quantity.double
            if order.filled >= order.quantity, order.quantity > 0 { order.isOver = true }
            known[id] = order
        default: break
        }
    }

    private mutating func take(_ report: OrderReport, _ account: String, at atMs: UInt64) {
        let id = "\(account)/\(report.clientID)"
        var order = known[id] ?? Known(sinceMs: atMs, quantity: report.quantity.double)
        order.quantity = report.quantity.double
        let isFilled = max(order.filled, report.filled.double) >= order.quantity
        if report.state.isOver || isFilled { order.isOver = true }
        known[id] = order
    }
}
