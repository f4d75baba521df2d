/// One account of the paper venue: money in millionths, and holdings in lots.
///
/// Invariants (VenuesTests/PaperVenueEquityTests): what an account is worth is its money and its holdings at the market's
/// price, exactly; money moves only with holdings, at the fill's price, and by the fee.
struct PaperAccount: Sendable, Equatable, Codable {
    /// What is held of one symbol.
    struct Holding: Sendable, Equatable, Codable {
        /// Positive: long; negative: short.
        var lots: Int64 = 0
        /// What the lots that are held cost (or brought, for a short), in millionths; nil: unknown.
        var cost: Int64? = 0
        /// When it was opened: milliseconds since 1970, UTC; nil: unknown.
        var openedMs: Int64?
    }

    var name: String
    var cash: Int64
    /// By symbol.
    var holdings: [Holding]

    init(name: String, cash: Int64) {
        self.name = name
        self.cash = cash
        holdings = PaperSymbol.all.map { _ in Holding() }
    }

    /// What the holdings are worth, shorts counted against.
    func worth(_ market: PaperMarket) -> Int64 {
        var sum: Int64 = 0
        for index in holdings.indices where holdings[index].lots != 0 {
            sum += PaperSymbol.all[index].worth(lots: holdings[index].lots, ticks: market.ticks(index))
        }
        return sum
    }

    /// Money that is pledged for shorts: what they brought, and as much again.
    func pledged(_ market: PaperMarket) -> Int64 {
        var sum: Int64 = 0
        for index in holdings.indices where holdings[index].lots < 0 {
            sum += 2 * PaperSymbol.all[index].worth(lots: -holdings[index].lots, ticks: market.ticks(index))
        }
        return sum
    }

    /// Books one fill. A buy has positive lots, a sell negative ones.
    mutating func book(_ index: Int, lots: Int64, ticks: Int64, fee: Int64, atWallMs: Int64) {
        cash -= PaperSymbol.all[index].worth(lots: lots, ticks: ticks) + fee
        let held = holdings[index].lots
        let closing = held.signum() * lots.signum() < 0 ? min(held.magnitude, lots.magnitude) : 0
        if closing > 0 { shrink(index, by: Int64(closing)) }
        let opening = lots.magnitude - closing
        if opening > 0 {
            let worth = PaperSymbol.all[index].worth(lots: Int64(opening), ticks: ticks)
            if holdings[index].lots == 0 { holdings[index] = Holding(lots: 0, cost: 0, openedMs: atWallMs) }
            holdings[index].lots += lots.signum() * Int64(opening)
            holdings[index].cost = holdings[index].cost.map { $0 + worth }
        }
    }

    /// Takes lots off a holding, with their part of what it cost.
    private mutating func shrink(_ index: Int, by lots: Int64) {
        var holding = holdings[index]
        let part = holding.cost.map { Int64(clamping: Int128($0) * Int128(lots) / Int128(holding.lots.magnitude)) }
        holding.cost = holding.cost.map { $0 - (part ?? 0) }
        holding.lots -= holding.lots.signum() * lots
        holdings[index] = holding.lots == 0 ? Holding() : holding
    }

    /// Whether it is one that this program could have written.
    var isSound: Bool {
        holdings.count == PaperSymbol.all.count && cash.magnitude <= UInt64(PaperSymbol.most)
            && zip(PaperSymbol.all, holdings).allSatisfy { symbol, holding in
                let worth = symbol.worth(lots: holding.lots, ticks: symbol.anchor * 4)
                return worth.magnitude <= UInt64(PaperSymbol.most)
                    && (holding.cost ?? 0).magnitude <= UInt64(PaperSymbol.most)
            }
    }
}
