/// How a liquidation divides what it sells, and how far its prices may go. Pure.
///
/// Invariants (SafetyEngineTests/LiquidationSlicesTests): slices add up to all of it, never to more; a limit is never worse
/// than the cap allows, exactly; what does not fit is nil, never rounded.
enum LiquidationSlices {
    /// Slices of a position that is large enough for them.
    static let most = 5
    /// A slice is worth at least so many times what counts as dust: smaller orders are what venues refuse.
    static let leastInDust = 10

    /// How many slices a position is sold in.
    ///
    /// - Parameters:
    ///   - value: what it is worth, in the base currency; nil: unknown.
    ///   - dust: what is worth less is dust, in the base currency.
    static func count(value: Decimal?, dust: Decimal) -> Int {
        guard let value, dust > Decimal(0) else { return most }
        for slices in (2...most).reversed() {
            guard let least = dust.multiplied(by: Decimal(leastInDust * slices)) else { continue }
            if value >= least { return slices }
        }
        return 1
    }

    /// How many slices have begun: the first at once, the others evenly within the first half of the time.
    static func begun(elapsedMs: UInt64, withinMs: UInt64, slices: Int) -> Int {
        let slices = max(1, slices)
        let interval = withinMs / 2 / UInt64(slices)
        guard interval > 0, elapsedMs / interval < UInt64(slices) else { return slices }
        return Int(elapsedMs / interval) + 1
    }

    /// How much is to be sold once so many slices have begun: equal parts in the places in which the quantity is written,
    /// rounded up, so that the last one is the smallest.
    static func planned(_ all: Decimal, slices: Int, begun: Int) -> Decimal {
        guard slices > 1, begun < slices, all.digits > 0 else { return begun > 0 ? all : Decimal(0) }
        let (part, rest) = all.digits.quotientAndRemainder(dividingBy: Int128(slices))
        let digits = (part + (rest > 0 ? 1 : 0)).multipliedReportingOverflow(by: Int128(max(0, begun)))
        guard !digits.overflow else { return all }
        return Decimal(digits: min(all.digits, digits.partialValue), scale: all.scale) ?? all
    }

    /// The worst price that a close may trade at: below the reference by the cap for what is sold, above it for a short one
    /// that is bought back. Nil: it does not fit.
    static func limit(_ reference: Decimal, _ side: Position.Side, cap: Decimal) -> Decimal? {
        let factor = side == .long ? Decimal(1).subtracting(cap) : Decimal(1).adding(cap)
        return factor.flatMap { reference.multiplied(by: $0) }
    }

    /// Whether a price is worse than a limit.
    static func isPast(_ limit: Decimal, _ price: Decimal, _ side: Position.Side) -> Bool {
        side == .long ? price < limit : price > limit
    }
}
