import KillSwitch
import SafetyEngine

/// The orders that hang in the recording.
enum RecordedOrders {
    private static let stuckAfterMs: UInt64 = 300_000
    /// After a resume bots take their time to send the first order, and that to hang.
    private static let calmMs: UInt64 = 20_000
    /// A cancelled order is shown for so long.
    private static let shownMs: UInt64 = 10_000

    static func rows(_ moment: Moment) -> [Order] {
        guard let haltedMs = moment.haltedMs else { return trading(moment) }
        let before = moment.beforeHalt
        return trading(before).enumerated().compactMap { index, order in
            stopping(order.aged(haltedMs), index, haltedMs, silent: RecordedVenues.silenceMs(before) != nil)
        }
    }

    /// What becomes of one after a halt.
    private static func stopping(_ order: Order, _ index: Int, _ haltedMs: UInt64, silent: Bool) -> Order? {
        guard order.state != .canceled, order.state != .rejected else { return haltedMs < shownMs ? order : nil }
        var order = order
        let waits = silent && order.venue == RecordedVenues.silentVenue
        let goneMs = waits ? 11_400 : 900 + UInt64(index) * 280
        if haltedMs >= goneMs {
            order.state = .canceled
            order.note = "cancelled by the halt, confirmed by \(order.venue)"
            return haltedMs < goneMs + shownMs ? order : nil
        }
        order.note =
            waits
            ? "cancel asked for, \(order.venue) does not answer: cancel it by hand" : "cancel asked for by the halt"
        return order
    }

    private static func trading(_ moment: Moment) -> [Order] {
        [unanswered(moment), partly(moment), lost(moment), cancelling(moment), limited(moment)].compactMap { $0 }
    }

    /// Never answered: at 3:00 of the loop it is 15 min old.
    private static func unanswered(_ moment: Moment) -> Order? {
        guard let age = moment.age(720_000 + moment.inLoopMs, delayMs: calmMs) else { return nil }
        return order(
            moment,
            "grid-xbt-0417",
            "kraken",
            "grid",
            "XBT/USD",
            .buy,
            "0.05000000",
            price: "66250.0",
            state: .submitted,
            age,
            note: "asked for 3 times, kraken does not know it: look at Orders > Open there, or cancel it"
        )
    }

    private static func partly(_ moment: Moment) -> Order? {
        guard let age = moment.age(140_000 + moment.inLoopMs, delayMs: calmMs * 2) else { return nil }
        let filled = moment.inLoopMs < 100_000 ? "12" : "17.5"
        return order(
            moment,
            "swing-2231",
            "alpaca",
            "swing",
            "NVDA",
            .sell,
            "40.5",
            filled: filled,
            price: "121.9000",
            id: "b0b6dd9d-8b9b",
            state: .partiallyFilled,
            age,
            note: "\(filled) of 40.5 filled; replaced at 5m"
        )
    }

    /// Its venue stopped answering.
    private static func lost(_ moment: Moment) -> Order? {
        guard let silence = RecordedVenues.silenceMs(moment) else { return nil }
        var found = order(
            moment,
            "arb-88213",
            RecordedVenues.silentVenue,
            "funding",
            "BTCUSDT",
            .sell,
            "0.100",
            price: "67110.00",
            id: "4405132217",
            state: .unknown,
            silence + 8_000,
            note: "sent before the venue stopped answering: it may be filled"
        )
        found?.stuckAfterMs = 900_000
        return found
    }

    /// Being cancelled in the first minute of the loop, and then gone.
    private static func cancelling(_ moment: Moment) -> Order? {
        guard moment.inLoopMs < 64_000, let age = moment.age(90_000 + moment.inLoopMs, delayMs: calmMs) else {
            return nil
        }
        let gone = moment.inLoopMs >= 48_000
        return order(
            moment,
            "grid-eth-1180",
            "kraken",
            "grid",
            "ETH/USD",
            .sell,
            "1.25000000",
            price: "3301.40",
            id: "OQCLML-BW3P3",
            state: gone ? .canceled : .acknowledged,
            age,
            note: gone ? "cancelled by alice, confirmed by kraken" : "cancel requested by alice, not confirmed yet"
        )
    }

    /// Its venue takes no more requests: waits, is sent, is refused.
    private static func limited(_ moment: Moment) -> Order? {
        guard (20_000..<235_000).contains(moment.inLoopMs),
            let age = moment.age(moment.inLoopMs - 20_000, delayMs: calmMs)
        else { return nil }
        let (state, note): (Order.State, String) =
            switch moment.inLoopMs {
            case ..<130_000: (.new, "waits: alpaca answers 429 Too Many Requests")
            case ..<220_000: (.submitted, "sent, not answered yet")
            default: (.rejected, "insufficient buying power (40310000)")
            }
        return order(
            moment,
            "pairs-0071",
            "alpaca",
            "pairs",
            "AAPL",
            .buy,
            "30",
            price: nil,
            state: state,
            age,
            note: note
        )
    }

    private static func order(
        _ moment: Moment,
        _ clientID: String,
        _ venue: String,
        _ strategy: String,
        _ symbol: String,
        _ side: Order.Side,
        _ quantity: String,
        filled: String = "0",
        price: String?,
        id: String = "",
        state: Order.State,
        _ ageMs: UInt64,
        note: String
    ) -> Order? {
        guard let quantity = Decimal(quantity), let filled = Decimal(filled) else { return nil }
        return Order(
            // After a resume the bots send other orders.
            clientID: moment.tradingMs == nil ? clientID : "\(clientID)-\(moment.generation)",
            venueID: id,
            venue: venue,
            account: RecordedVenues.account(venue),
            strategy: strategy,
            symbol: symbol,
            side: side,
            quantity: quantity,
            filled: filled,
            price: price.flatMap { Decimal($0) },
            state: state,
            ageMs: ageMs,
            stuckAfterMs: stuckAfterMs,
            note: note
        )
    }
}
