import SafetyEngine

/// What can be traded on the paper venue.
///
/// Inside, prices are whole ticks, quantities whole lots and money whole millionths: sums and products of those are exact.
/// Outside they are `Decimal`s.
struct PaperSymbol: Sendable {
    /// As the venue writes it.
    var name: String
    /// Where its price begins and is drawn back to, in ticks.
    var anchor: Int64
    /// Places of its price behind the point.
    var pricePlaces: Int
    /// Places of its quantity behind the point.
    var lotPlaces: Int
    /// How far its price moves in a second, in millionths of it.
    var volatility: Int64

    /// Places of money behind the point.
    static let moneyPlaces = 6
    /// Most of anything that an order may name, in lots, ticks or millionths of money.
    static let most: Int64 = 1_000_000_000_000_000

    /// Prices of the autumn of 2024, when the recorded desk was recorded. Places add up to at most `moneyPlaces`.
    static let all: [PaperSymbol] = [
        PaperSymbol(name: "BTC/USD", anchor: 670_123, pricePlaces: 1, lotPlaces: 5, volatility: 50),
        PaperSymbol(name: "ETH/USD", anchor: 328_812, pricePlaces: 2, lotPlaces: 4, volatility: 60),
        PaperSymbol(name: "XRP/USD", anchor: 6_231, pricePlaces: 4, lotPlaces: 1, volatility: 70),
        PaperSymbol(name: "SOL/USD", anchor: 15_244, pricePlaces: 2, lotPlaces: 3, volatility: 70),
        PaperSymbol(name: "LINK/USD", anchor: 14_312, pricePlaces: 3, lotPlaces: 2, volatility: 70),
        PaperSymbol(name: "DOGE/USD", anchor: 11_874, pricePlaces: 5, lotPlaces: 0, volatility: 80),
        PaperSymbol(name: "AVAX/USD", anchor: 27_850, pricePlaces: 3, lotPlaces: 2, volatility: 70),
        PaperSymbol(name: "LTC/USD", anchor: 7_124, pricePlaces: 2, lotPlaces: 3, volatility: 60),
    ]

    static func index(of name: String) -> Int? { all.firstIndex { $0.name == name } }

    /// What one lot is worth at a price of one tick, in millionths of money.
    var unit: Int64 {
        var unit: Int64 = 1
        for _ in (pricePlaces + lotPlaces)..<max(pricePlaces + lotPlaces, PaperSymbol.moneyPlaces) { unit *= 10 }
        return unit
    }

    /// What so many lots are worth at a price, in millionths of money; the greatest there is where that does not fit.
    func worth(lots: Int64, ticks: Int64) -> Int64 { Int64(clamping: Int128(lots) * Int128(ticks) * Int128(unit)) }

    /// How many lots so much money buys at a price.
    func lots(for money: Int64, ticks: Int64) -> Int64 {
        let one = Int128(ticks) * Int128(unit)
        return one > 0 && money > 0 ? Int64(clamping: Int128(money) / one) : 0
    }

    func price(_ ticks: Int64) -> Decimal { Decimal.exact(ticks, places: pricePlaces) }

    func quantity(_ lots: Int64) -> Decimal { Decimal.exact(lots, places: lotPlaces) }

    /// Ticks of a price; nil when it is no positive whole number of them.
    func ticks(_ price: Decimal) -> Int64? {
        price.units(places: pricePlaces).flatMap { (1...PaperSymbol.most).contains($0) ? $0 : nil }
    }

    /// The worst price that is no worse than one, in whole ticks; nil when there is none.
    func tick(noWorseThan price: Decimal, _ side: Order.Side) -> Decimal? {
        if side == .sell, price < self.price(1) { return self.price(1) }
        let near = price.rounded(to: pricePlaces)
        guard var units = near.units(places: pricePlaces), (0...PaperSymbol.most).contains(units) else { return nil }
        if side == .sell, near < price { units += 1 }
        if side == .buy, near > price { units -= 1 }
        return (1...PaperSymbol.most).contains(units) ? self.price(units) : nil
    }

    /// Lots of a quantity; nil when it is no positive whole number of them.
    func lots(_ quantity: Decimal) -> Int64? {
        quantity.units(places: lotPlaces).flatMap { (1...PaperSymbol.most).contains($0) ? $0 : nil }
    }

    /// Whole lots in a quantity, the rest left out; nil when there is not even one.
    func wholeLots(_ quantity: Decimal) -> Int64? {
        let near = quantity.rounded(to: lotPlaces)
        guard let lots = near.units(places: lotPlaces) else { return nil }
        let whole = near > quantity ? lots - 1 : lots
        return (1...PaperSymbol.most).contains(whole) ? whole : nil
    }
}

extension Decimal {
    /// A whole number of units of 10^-`places`; places are those of a symbol or of money, which always fit.
    static func exact(_ units: Int64, places: Int) -> Decimal {
        Decimal(digits: Int128(units), scale: places) ?? Decimal(0)
    }

    /// Money in millionths.
    static func money(_ millionths: Int64) -> Decimal { exact(millionths, places: PaperSymbol.moneyPlaces) }

    /// How many units of 10^-`places` it is; nil when that is not a whole number, or does not fit.
    func units(places: Int) -> Int64? {
        let same = rounded(to: places)
        guard same == self, same.scale == places else { return nil }
        return Int64(exactly: same.digits)
    }
}
