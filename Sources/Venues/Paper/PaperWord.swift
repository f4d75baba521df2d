import SafetyEngine

/// One thing that the paper venue says: what can be saved before it is told.
struct PaperWord: Sendable, Equatable, Codable {
    /// What it can say.
    enum Body: Sendable, Equatable, Codable {
        case order(OrderReport)
        case openOrders([OrderReport])
        case fill(FillReport)
        case position(PositionReport)
        case positions([PositionReport])
        case balance(BalanceReport)
        case price(PriceReport)
        case apiResult(APIResult)
        case venue(VenueReport)
    }

    var body: Body
    /// Empty: none.
    var account: String
    var strategy: String
    var id: String
    var happenedMs: Int64

    func event(desk: String) -> Event {
        let origin = Event.Origin(
            desk: desk,
            venue: PaperVenue.name,
            account: account,
            strategy: strategy,
            source: Event.Source(.venue, PaperVenue.name)
        )
        let told: Event.Body =
            switch body {
            case .order(let report): .order(report)
            case .openOrders(let reports): .openOrders(reports)
            case .fill(let report): .fill(report)
            case .position(let report): .position(report)
            case .positions(let reports): .positions(reports)
            case .balance(let report): .balance(report)
            case .price(let report): .price(report)
            case .apiResult(let result): .apiResult(result)
            case .venue(let report): .venue(report)
            }
        // A listing of this process's own venue is asked for and true at the same moment.
        let isListing = if case .openOrders = body { true } else { false }
        return Event(origin, told, id: id, happenedMs: happenedMs, askedMs: isListing ? happenedMs : nil)
    }
}
