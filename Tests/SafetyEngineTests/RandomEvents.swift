import Seeds

@testable import SafetyEngine

/// Any event that may come from outside, by a seed.
struct RandomEvents {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func next() -> Event {
        Event(
            Event.Origin(
                desk: name(128),
                venue: part(32),
                account: part(64),
                strategy: part(64),
                source: Event.Source(flip() ? .bot : .venue, named(128))
            ),
            body(),
            id: name(128),
            happenedMs: flip() ? time() : nil
        )
    }

    private mutating func body() -> Event.Body {
        switch pick(15) {
        case 0: .order(order())
        case 1: .openOrders((0..<pick(4)).map { _ in order() })
        case 2: .fill(fill())
        case 3: .position(position())
        case 4: .positions((0..<pick(4)).map { _ in position() })
        case 5:
            .balance(
                BalanceReport(currency: name(8), total: decimal(), free: maybe(decimal()), equity: maybe(decimal()))
            )
        case 6: .transfer(TransferReport(transferID: name(30), amount: decimal(), currency: name(8)))
        case 7: .price(PriceReport(symbol: named(20), price: maybe(decimal().magnitude), currency: name(8)))
        case 8:
            .heartbeat(
                Heartbeat(
                    name: named(20),
                    intervalMs: number(EventLine.mostMs),
                    pid: UInt32(number(UInt64(UInt32.max)))
                )
            )
        case 9: .metric(MetricReport(name: named(30), subject: name(30), value: decimal()))
        case 10:
            .apiResult(
                APIResult(
                    endpoint: named(60),
                    isSuccess: flip(),
                    latencyMs: maybe(number(EventLine.mostMs)),
                    error: text()
                )
            )
        case 11:
            .accounts(
                AccountCounts(
                    active: Int(number(EventLine.mostCount)),
                    total: Int(number(EventLine.mostCount))
                )
            )
        case 12: .trade(TradeReport(tradeID: name(30), symbol: named(20), profit: decimal(), currency: name(8)))
        case 13: .signals(count: Int(number(EventLine.mostCount)))
        default:
            .venue(
                VenueReport(
                    state: Venue.State.allCases[pick(Venue.State.allCases.count)],
                    latencyMs: maybe(number(EventLine.mostMs)),
                    note: text()
                )
            )
        }
    }

    private mutating func order() -> OrderReport {
        OrderReport(
            clientID: named(40),
            venueID: name(40),
            symbol: named(20),
            side: flip() ? .buy : .sell,
            quantity: decimal().magnitude,
            filled: decimal().magnitude,
            price: maybe(decimal().magnitude),
            currency: name(8),
            reduceOnly: flip(),
            state: Order.State.allCases[pick(Order.State.allCases.count)],
            note: text()
        )
    }

    private mutating func fill() -> FillReport {
        FillReport(
            fillID: name(40),
            clientID: name(40),
            venueID: named(40),
            symbol: named(20),
            side: flip() ? .buy : .sell,
            quantity: decimal().magnitude,
            price: decimal().magnitude,
            currency: name(8),
            fee: maybe(decimal())
        )
    }

    private mutating func position() -> PositionReport {
        PositionReport(
            symbol: named(20),
            side: flip() ? .long : .short,
            quantity: decimal().magnitude,
            entryPrice: maybe(decimal().magnitude),
            currency: name(8),
            openedMs: maybe(time()),
            isSellable: flip(),
            note: text()
        )
    }

    mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    private mutating func flip() -> Bool { random.next() % 2 == 0 }
    private mutating func maybe<Value>(_ value: Value) -> Value? { flip() ? value : nil }

    /// Small ones, great ones and the ends.
    private mutating func number(_ most: UInt64) -> UInt64 {
        switch pick(4) {
        case 0: 0
        case 1: most
        case 2: min(most, random.next() % 10_000)
        default: random.next() % most
        }
    }

    private mutating func time() -> Int64 { Int64(random.next() % 253_402_300_800_000) }

    private mutating func decimal() -> Decimal {
        var digits = Int128(random.next() >> UInt64(pick(64)))
        if pick(4) == 0 { digits = Int128.max / Int128(1 + pick(1_000)) }
        return Decimal(digits: flip() ? digits : -digits, scale: pick(Decimal.maxScale + 1)) ?? Decimal(0)
    }

    private static let letters = Array(
        "abcXYZ019-_.:; /,\"\\'{}[]<>&\u{e9}\u{df}\u{4e2d}\u{1f600}\u{1f1e9}".unicodeScalars
    )

    private mutating func name(_ bytes: Int) -> String { flip() ? "" : named(bytes) }

    private mutating func named(_ bytes: Int) -> String {
        var text = String(RandomEvents.letters[pick(7)])
        for _ in 0..<pick(pick(8) == 0 ? bytes : 12) {
            let more = String(RandomEvents.letters[pick(RandomEvents.letters.count)])
            if text.utf8.count + more.utf8.count <= bytes { text += more }
        }
        return text
    }

    private mutating func part(_ bytes: Int) -> String {
        String(String.UnicodeScalarView(name(bytes).unicodeScalars.filter { $0 != "/" && $0 != "," }))
    }

    private mutating func text() -> String {
        var text = ""
        for _ in 0..<pick(4) { text += named(60) + ["\n", "\t", "\r\n", " "][pick(4)] }
        return text
    }
}
