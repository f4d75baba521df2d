import Testing

@testable import SafetyEngine

/// Which edits of a configuration are taken while trading goes on: what tightens, at once; what loosens waits for somebody.
struct LooseningTests {
    private func held(_ change: (inout EngineSettings) -> Void) -> [String] {
        let before = EngineSettings()
        var after = before
        change(&after)
        let (taken, held) = before.tightened(to: after)
        // What was held is as it was: asking again holds nothing more.
        #expect(before.tightened(to: taken).held.isEmpty)
        return held
    }

    @Test func whatLoosensALimitIsHeldBackByItsName() {
        #expect(held { $0.cap.most = 20 } == ["[cap] most: 8 -> 20"])
        #expect(held { $0.cap.mostByAccount = ["kraken/main": 9] }.count == 1)
        #expect(held { $0.exits.stopLoss.at = Decimal(10) } == ["[exits.stop_loss] limit: 3 -> 10"])
        #expect(held { $0.exits.stopLoss.isEnabled = false }.count == 1)
        #expect(held { $0.exits.trailing.policy = .observe }.count == 1)
        #expect(held { $0.priceStaleMs = 600_000 }.count == 1)
        #expect(held { $0.probation.watchMs = 0 }.count == 1)
        #expect(held { $0.dust.threshold = Decimal(1_000) }.count == 1)
    }

    @Test func whatTightensIsTakenAtOnceAlsoBesideWhatLoosens() {
        #expect(held { $0.cap.most = 2 }.isEmpty)
        #expect(held { $0.exits.stopLoss.externalPolicy = .enforce }.isEmpty)
        let before = EngineSettings()
        var after = before
        (after.cap.most, after.exits.stopLoss.at, after.deskName) = (2, Decimal(50), "other")
        let taken = before.tightened(to: after)
        #expect(taken.settings.cap.most == 2 && taken.settings.exits.stopLoss.at == Decimal(3))
        #expect(taken.settings.deskName == "other" && taken.held.count == 1)
    }

    @Test func aRuleIsHeldWhereItTellsOrHaltsLaterOrNotAtAll() throws {
        func rule(_ change: (inout Rule) -> Void) -> [String] {
            held { settings in
                let place = settings.rules.firstIndex { $0.name == "DAILY_DRAWDOWN" }
                if let place { change(&settings.rules[place]) }
            }
        }
        #expect(rule { $0.isEnabled = false } == ["[rules.DAILY_DRAWDOWN]: looser"])
        #expect(rule { $0.steps[2].threshold = Decimal(9) }.count == 1)
        #expect(rule { $0.steps[2].kills = false }.count == 1)
        #expect(rule { $0.forMs = 60_000 }.count == 1)
        #expect(rule { $0.steps[2].threshold = Decimal(2) }.isEmpty)
        #expect(held { $0.rules.removeAll { $0.name == "ORDER_STUCK" } } == ["[rules.ORDER_STUCK]: taken away"])
    }
}
