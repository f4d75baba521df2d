import KillSwitch
import Testing

@testable import SafetyEngine

/// The cap over time: checks, effects, and what is said of them.
struct CapEnforcementTests {
    private func stage(_ count: Int, venue: String = "paper", account: String = "main") -> ExitStage {
        var stage = ExitStage()
        for index in 1...count {
            stage.hold(
                "S\(index)-USD",
                entry: "100",
                price: "100",
                value: "\(index * 100)",
                venue: venue,
                account: account
            )
        }
        return stage
    }

    private func result(_ stage: ExitStage, venue: String = "paper", account: String = "main") throws -> CapResult {
        try #require(stage.exits.caps[AccountKey(venue: venue, account: account)]).result
    }

    @Test func fifteenAreBroughtDownToEight() throws {
        var stage = stage(15)
        let made = stage.step()
        #expect(made.closed == (1...7).map { "S\($0)-USD" })
        #expect(made.effects.allSatisfy { $0.by == "POSITION_CAP" })
        #expect(made.lines(with: "Current positions: 15").count == 1)
        #expect(made.lines.contains { $0.text.hasPrefix("OVER CAP by 7") && $0.level == .warning })
        #expect(made.lines(with: "SELL S").count == 7)
        #expect(made.lines(with: "KEEP S").count == 8)
        #expect(try result(stage).status == .enforcing)
        for effect in made.effects {
            stage.answer(effect.number, isDone: true)
            guard case .close(let venue, let account, let symbol, let side, _, _) = effect.action else { continue }
            stage.close(PositionKey(venue: venue, account: account, symbol: symbol, side: side))
        }
        let after = stage.step(after: 60_000)
        #expect(after.effects.isEmpty)
        #expect(after.lines(with: "Current positions: 8").count == 1)
        #expect(after.lines(with: "OVER CAP by").isEmpty)
        #expect(after.lines(with: "closed: the position is gone").count == 7, "closed once they are gone, not accepted")
        let last = try result(stage)
        #expect((last.status, last.currentCount, last.maxAllowed, last.excess, last.sold) == (.compliant, 8, 8, 0, 7))
        #expect(
            last.json.line.hasPrefix(
                #"{"status":"compliant","current_count":8,"max_allowed":8,"excess":0,"sold":7,"#
            )
        )
        #expect(stage.exits.caps.values.map(\.enforcements) == [1])
    }

    @Test func itIsCheckedEveryMinute() {
        var stage = stage(3)
        #expect(stage.step().lines(with: "Current positions:").count == 1)
        #expect(stage.step(after: 59_999).lines(with: "Current positions:").isEmpty)
        #expect(stage.step(after: 1).lines(with: "Current positions:").count == 1)
    }

    /// LESSONS 17: 12 held and every sell rejected is not compliant, however often it is checked.
    @Test func rejectedSellsLeaveItOverCap() throws {
        var stage = stage(12)
        var tries = 0
        for _ in 0..<10 {
            for effect in stage.step(after: 60_000).effects {
                tries += 1
                stage.answer(effect.number, isDone: false, "rejected")
            }
            let now = try result(stage)
            #expect((now.status, now.currentCount, now.excess, now.sold) == (.overCap, 12, 4, 0))
        }
        // Four positions, once and three times again; no larger ones in their place.
        #expect(tries == 16)
        #expect(stage.step(after: 60_000).lines.contains { $0.text.hasPrefix("OVER CAP by 4") })
    }

    @Test func unpricedPositionsKeepItOverCap() throws {
        var stage = stage(8)
        for index in 0..<3 { stage.hold("AUT\(index)-USD", price: nil) }
        let made = stage.step()
        #expect(made.closed == ["S1-USD", "S2-USD", "S3-USD"])
        for index in 0..<7 { stage.hold("BAD\(index)-USD", price: nil) }
        for index in 1...8 {
            stage.close(PositionKey(venue: "paper", account: "main", symbol: "S\(index)-USD", side: .long))
        }
        #expect(stage.step(after: 60_000).effects.isEmpty)
        let now = try result(stage)
        #expect((now.status, now.currentCount, now.excess, now.unpriced) == (.overCap, 10, 2, 10))
    }

    @Test func anotherVenueIsOnlyProposed() throws {
        var stage = stage(10, venue: "kraken")
        #expect(stage.step().effects.isEmpty)
        #expect(stage.rules == ["POSITION_CAP", "POSITION_CAP"])
        #expect(try result(stage, venue: "kraken").status == .proposed)
        stage.settings.cap.externalPolicy = .enforce
        #expect(stage.step(after: 60_000).closed == ["S1-USD", "S2-USD"])
    }

    @Test func whileHaltedItIsProposedAndAnOperatorMayEnforceIt() {
        var stage = stage(10)
        stage.mode.mode = "halted"
        #expect(stage.step().effects.isEmpty)
        let made = stage.order(.enforceCap(account: "main", most: nil))
        #expect(made.closed == ["S1-USD", "S2-USD"])
        #expect(made.effects.allSatisfy { $0.by == "operator:alice" })
        #expect(stage.order(.enforceCap(account: "paper/main", most: nil)).effects.isEmpty)
    }

    @Test func anOperatorMayAskForFewer() throws {
        var stage = stage(10, venue: "kraken", account: "user123")
        stage.step()
        let made = stage.order(.enforceCap(account: nil, most: 5))
        #expect(made.closed == (1...5).map { "S\($0)-USD" })
        let now = try result(stage, venue: "kraken", account: "user123")
        #expect((now.maxAllowed, now.excess, now.closing, now.status) == (5, 5, 5, .enforcing))
    }

    @Test func aRefusedOrderForFewerLeavesNothingThatIsTriedAgain() throws {
        var stage = stage(3, venue: "kraken")
        stage.step()
        let made = stage.order(.enforceCap(account: nil, most: 0))
        #expect(made.closed.count == 3)
        for effect in made.effects { stage.answer(effect.number, isDone: false, "no adapter is connected to kraken") }
        #expect(stage.rules.isEmpty)
        for _ in 0..<30 { #expect(stage.step(after: 10_000).effects.isEmpty) }
        #expect(try result(stage, venue: "kraken").status == .compliant)
    }

    @Test func anUnknownAccountIsRefusedInWords() {
        var stage = stage(10)
        #expect(stage.order(.enforceCap(account: "nobody", most: nil)).lines(with: "no account nobody").count == 1)
    }

    @Test func usersHoldFive() {
        var stage = stage(7, account: "user123")
        stage.settings.cap.userAccounts = ["user123"]
        #expect(stage.step().closed == ["S1-USD", "S2-USD"])
    }

    @Test func dustDoesNotCount() throws {
        var stage = stage(8)
        for index in 0..<5 { stage.hold("DUST\(index)-USD", price: "100", value: "0.50") }
        #expect(stage.step().effects.isEmpty)
        let now = try result(stage)
        #expect((now.status, now.currentCount, now.dust) == (.compliant, 8, 5))
    }

    @Test func aProposalWhosePositionNeedNotGoIsWithdrawn() {
        var stage = stage(9, venue: "kraken")
        stage.step()
        #expect(stage.rules == ["POSITION_CAP"])
        stage.close(PositionKey(venue: "kraken", account: "main", symbol: "S9-USD", side: .long))
        let made = stage.step(after: 60_000)
        #expect(stage.rules.isEmpty)
        #expect(made.lines(with: "withdrawn").count == 1)
    }

    /// LESSONS 17: a broker that is down holds an unknown number of positions, not none.
    @Test func aVenueThatIsNotHeardIsNotCompliant() throws {
        var stage = stage(3)
        let key = AccountKey(venue: "paper", account: "main")
        stage.book.venues[key] = BookVenue()
        stage.book.venues[key]?.seenMs = stage.atMs - 1
        stage.step()
        #expect(try result(stage).status == .compliant)
        stage.book.venues[key]?.state = .disconnected
        stage.step(after: 60_000)
        #expect(try result(stage).status == .unknown)
        stage.book.venues[key]?.state = .connected
        stage.step(after: 60_000)
        #expect(try result(stage).status == .unknown)
        stage.book.venues[key]?.seenMs = stage.atMs
        stage.step(after: 60_000)
        #expect(try result(stage).status == .compliant)
    }

    @Test func aPositionThatIsBeingStoppedOutIsNotReplacedByAnother() {
        var stage = stage(8)
        // The ninth and largest loses: its stop takes the account down to eight by itself.
        stage.hold("LOSS-USD", price: "95", value: "5000")
        stage.exits.capCheckedMs = stage.atMs
        #expect(stage.step().closed == ["LOSS-USD"])
        #expect(stage.step(after: 60_000).effects.isEmpty)
    }
}
