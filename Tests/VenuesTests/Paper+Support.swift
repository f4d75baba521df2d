import SafetyEngine

@testable import Venues

/// A decimal that the test wrote itself.
func decimal(_ text: String) -> Decimal { Decimal(text) ?? Decimal(-999_999_999) }

extension PaperSettings {
    /// Without luck: every order goes through, nothing is held at the beginning, no fees.
    static func plain(seed: UInt64 = 1) -> PaperSettings {
        var settings = PaperSettings(seed: seed, bots: 0, balance: Decimal(10_000))
        settings.accounts = ["main", "other"]
        settings.beginsHeld = false
        settings.rejectsPerMille = 0
        settings.stuckPerMille = 0
        settings.takerFee = 0
        settings.makerFee = 0
        return settings
    }
}

extension PaperRequest {
    static func test(
        _ clientID: String,
        _ side: Order.Side = .buy,
        _ quantity: String = "0.01",
        _ symbol: String = "ETH/USD",
        at price: Decimal? = nil
    ) -> PaperRequest {
        PaperRequest(
            clientID: clientID,
            account: "main",
            strategy: "test",
            symbol: symbol,
            side: side,
            quantity: decimal(quantity),
            price: price
        )
    }
}

extension PaperVenue {
    /// Lets so much time pass.
    mutating func run(_ milliseconds: UInt64) -> [Event] { advance(to: nowMs + milliseconds) }

    /// Lets time pass until an order is finished, at most ten minutes.
    mutating func finish(_ clientID: String) -> [Event] {
        var events: [Event] = []
        for _ in 0..<2_400 {
            events += run(PaperVenue.stepMs)
            if !orders.contains(where: { $0.clientID == clientID }) { break }
        }
        return events
    }
}

extension [Event] {
    /// The orders among them, of one name.
    func states(_ clientID: String) -> [Order.State] { reports(clientID).map(\.state) }

    func reports(_ clientID: String) -> [OrderReport] {
        compactMap { event in
            if case .order(let report) = event.body, event.origin.source.kind == .venue, report.clientID == clientID {
                report
            } else {
                nil
            }
        }
    }

    var fills: [(account: String, fill: FillReport)] {
        compactMap { event in
            if case .fill(let fill) = event.body { (event.origin.account, fill) } else { nil }
        }
    }
}
