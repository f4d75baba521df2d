import SafetyEngine

/// What the accounts of the recording hold. Money is reckoned in whole digits: exact, and the same on every machine.
enum RecordedPositions {
    private struct Holding {
        var venue: String
        var symbol: String
        var side: Position.Side
        /// As the venue writes it.
        var quantity: String
        /// Nil: unknown.
        var entry: String?
        /// At the loop's beginning; nil: nobody prices it.
        var price: String?
        /// What the price moves by, in its last digit.
        var tick: Int128 = 1
        var heldMinutes: UInt64?
        var note = ""
    }

    private static let holdings: [Holding] = [
        Holding(
            venue: "kraken",
            symbol: "XBT/USD",
            side: .long,
            quantity: "0.75000000",
            entry: "61240.5",
            price: "67012.3",
            tick: 37,
            heldMinutes: 2_880,
            note: "exit below 60800.0"
        ),
        Holding(
            venue: "kraken",
            symbol: "ETH/USD",
            side: .long,
            quantity: "12.50000000",
            entry: "3410.55",
            price: "3288.12",
            tick: 41,
            heldMinutes: 790
        ),
        Holding(
            venue: "kraken",
            symbol: "SOL/USD",
            side: .long,
            quantity: "220.00000000",
            entry: "139.8200",
            price: "152.4400",
            tick: 310,
            heldMinutes: 6_120
        ),
        Holding(
            venue: "kraken",
            symbol: "LUNA/USD",
            side: .long,
            quantity: "5120.000000",
            entry: "0.84210000",
            heldMinutes: 41_000,
            note: "unsellable: the market is closed"
        ),
        Holding(
            venue: "kraken",
            symbol: "DOGE/USD",
            side: .long,
            quantity: "0.00410000",
            entry: "0.1204000",
            price: "0.1187000",
            tick: 90,
            heldMinutes: 18_400,
            note: "dust"
        ),
        Holding(
            venue: "alpaca",
            symbol: "AAPL",
            side: .long,
            quantity: "120",
            entry: "187.4200",
            price: "190.1150",
            tick: 250,
            heldMinutes: 1_510
        ),
        Holding(
            venue: "alpaca",
            symbol: "MSFT",
            side: .long,
            quantity: "60",
            entry: "433.0000",
            price: "429.8700",
            tick: 400,
            heldMinutes: 1_508,
            note: "exit below 424.00"
        ),
        Holding(
            venue: "alpaca",
            symbol: "TSLA",
            side: .short,
            quantity: "45",
            entry: "251.3000",
            price: "240.5600",
            tick: 700,
            heldMinutes: 395
        ),
        Holding(
            venue: "alpaca",
            symbol: "SPY",
            side: .long,
            quantity: "80",
            price: "545.2300",
            tick: 500,
            note: "adopted: bought by hand"
        ),
        Holding(
            venue: "alpaca",
            symbol: "NVDA",
            side: .long,
            quantity: "90.5",
            entry: "121.0000",
            price: "121.0400",
            tick: 300,
            heldMinutes: 44
        ),
        Holding(
            venue: "binance-futures",
            symbol: "BTCUSDT",
            side: .short,
            quantity: "0.600",
            entry: "66480.10",
            price: "67020.40",
            heldMinutes: 305,
            note: "its venue does not answer"
        ),
        Holding(
            venue: "binance-futures",
            symbol: "ETHUSDT",
            side: .short,
            quantity: "8.000",
            entry: "3372.41",
            price: "3289.05",
            heldMinutes: 305,
            note: "its venue does not answer"
        ),
        Holding(
            venue: "binance-futures",
            symbol: "XRPUSDT",
            side: .long,
            quantity: "15000.0",
            entry: "0.6214",
            price: "0.6097",
            heldMinutes: 71,
            note: "its venue does not answer"
        ),
    ]

    /// How far prices have moved, in ticks, step by step; ends where it begins, as the loop does.
    private static let drift: [Int128] = [
        0, 1, 2, 2, 3, 5, 4, 4, 6, 7, 6, 5, 5, 3, 2, 0, -1, -3, -2, -4, -5, -5, -7, -6, -4, -3, -3, -1, 0, 1,
        3, 4, 4, 6, 8, 9, 8, 8, 6, 5, 6, 4, 3, 1, 0, 0, -2, -3, -5, -6, -8, -7, -7, -5, -4, -2, -2, -1, -1, 0,
    ]

    static func rows(_ moment: Moment) -> [Position] {
        holdings.enumerated().compactMap { index, holding in
            guard let quantity = Decimal(holding.quantity) else { return nil }
            let silence = holding.venue == RecordedVenues.silentVenue ? RecordedVenues.silenceMs(moment) : nil
            let price = holding.price.flatMap { Decimal($0) }.flatMap { first in
                silence == nil ? moved(first, holding.tick, index, moment) : first
            }
            let entry = holding.entry.flatMap { Decimal($0) }
            let heldMs = holding.heldMinutes.map { $0 * 60_000 + moment.nowMs }
            let position = Position(
                venue: holding.venue,
                account: RecordedVenues.account(holding.venue),
                symbol: holding.symbol,
                side: holding.side,
                quantity: quantity,
                entryPrice: entry,
                price: price,
                priceAgeMs: price == nil ? (heldMs ?? 0) / 2 : silence ?? moment.nowMs % Recording.stepMs,
                value: price.flatMap { quantity.multiplied(by: $0) },
                profit: profit(holding.side, quantity, entry, price),
                heldMs: heldMs,
                note: holding.note.hasPrefix("its venue") && silence == nil ? "" : holding.note
            )
            return position
        }
    }

    private static func moved(_ first: Decimal, _ tick: Int128, _ index: Int, _ moment: Moment) -> Decimal? {
        let step = Int(moment.inLoopMs / Recording.stepMs) + index * 7
        return Decimal(digits: first.digits + tick * drift[step % drift.count], scale: first.scale)
    }

    private static func profit(
        _ side: Position.Side,
        _ quantity: Decimal,
        _ entry: Decimal?,
        _ price: Decimal?
    ) -> Decimal? {
        guard let entry, let price else { return nil }
        let gain = side == .long ? price.subtracting(entry) : entry.subtracting(price)
        return gain.flatMap { $0.multiplied(by: quantity) }
    }
}
