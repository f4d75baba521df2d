import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

/// What the engine knows, where an operator looks for it.
struct EngineOnScreenTests {
    private func row(_ index: Int, _ desk: DeskSnapshot, _ width: Int, _ height: Int = 24) -> String {
        Fixture.frame(Fixture.interface(desk), desk, width, height).text(row: index)
    }

    @Test(arguments: [20, 40, 80, 120, 200]) func aPaperDeskSaysPaperInWordsWhateverItsMode(_ width: Int) {
        for height in [5, 10, 24, 60] {
            #expect(row(0, Fixture.paper(), width, height).contains("PAPER"))
            let halted = row(0, Fixture.paperHalted(), width, height)
            #expect(halted.contains("HALTED") && halted.contains("PAPER"), "\(halted)")
            #expect(!row(0, Fixture.halted(), width, height).contains("PAPER"))
        }
    }

    @Test(arguments: [80, 120, 200]) func probationAndATrippedBreakerAreInTheFirstRows(_ width: Int) {
        let top = (0..<5).map { row($0, Fixture.engaged(), width) }.joined(separator: "\n")
        #expect(top.contains("REDUCE-ONLY") && top.contains("PROBATION 28m left"))
        #expect(top.contains("BREAKER TRIPPED: CONSECUTIVE_LOSSES"))
        #expect(top.contains("limits at 50 %") && top.contains("stage reduce-only: live in 9m"))
        #expect(!row(0, Fixture.paper(), width).contains("PROBATION"))
    }

    @Test func aWatchThatNobodyHearsOfAnyMoreIsNotShownAsRunning() {
        var desk = Fixture.engaged()
        desk.freshness = .stale(ageMs: 4_000)
        #expect(!row(0, desk, 120).contains("PROBATION"))
    }

    @Test func aTimeInDetailsIsTheWallClockSFromTheFirstFrame() {
        let desk = Fixture.engaged()
        var interface = Fixture.interface(desk)
        interface.press([.character("4"), .character("G"), .enter], desk)
        #expect(Fixture.frame(interface, desk, 120, 40).text.contains("12:03:09 UTC"))
    }

    @Test func theDaySLossStandsBesideItsLimit() {
        let text = Fixture.frame(Fixture.interface(Fixture.engaged()), Fixture.engaged(), 120, 40).text
        #expect(text.contains("day -1,810.20 (-1.36 %, halts at -2.50 %)"))
        let wide = Fixture.frame(Fixture.interface(Fixture.engaged()), Fixture.engaged(), 200, 60).text
        #expect(wide.contains("equity 131,537.73 USD · gross 74,206.24 net -503.76"))
    }

    @Test func whatIsNotKnownOfMoneyIsSaidToBeUnknown() {
        var desk = Fixture.engaged()
        desk.engine?.money.equity = nil
        desk.engine?.money.equityAgeMs = 130_000
        desk.engine?.money.dayProfit = nil
        desk.engine?.breakers[1].value = nil
        let text = Fixture.frame(Fixture.interface(desk), desk, 120, 40).text
        #expect(text.contains("day UNKNOWN (halts at -2.50 %)") && text.contains("equity UNKNOWN"))
        let wide = Fixture.frame(Fixture.interface(desk), desk, 200, 60).text
        #expect(wide.contains("equity UNKNOWN, last known 2m ago"))
    }

    @Test func noAlertIsNoAllClearWhileRulesHaveNothingToJudge() {
        var desk = Fixture.engaged()
        desk.alerts.rows = []
        desk.engine?.venues = []
        let text = Fixture.frame(Fixture.interface(desk), desk, 120, 40).text
        #expect(text.contains("no open alert; rules wait for data: no venue has reported to this desk"))
    }

    @Test func ageAloneIsNoVisibleChange() {
        let desk = Fixture.engaged()
        var later = desk
        later.engine?.atMs += 1_000
        later.engine?.proposals[0].ageMs += 1_000
        later.engine?.probation?.endsInMs -= 1_000
        later.alerts.rows[0].samples = []
        later.positions.rows[0].details?.heardAgeMs = 9
        later.venues.rows[0].books?.feedAgeMs = 9
        #expect(!later.differsVisibly(from: desk))
        later.engine?.proposals[0].state = "under way"
        #expect(later.differsVisibly(from: desk))
        later = desk
        later.engine?.breakers[1].isTripped = true
        #expect(later.differsVisibly(from: desk))
        later = desk
        later.venues.rows[0].books?.differences = ["off"]
        #expect(later.differsVisibly(from: desk))
    }

    @Test func whatIsReadInDetailsIsDoneFromThereAndToNothingElse() {
        var desk = Fixture.engaged()
        var interface = Fixture.interface(desk)
        interface.press([.character("2"), .character("j"), .enter], desk)
        let effects = interface.press([.character("a")], desk)
        #expect(effects == [.act(.acknowledge(alert: "ORDER_STUCK/o-1", forMs: nil), reason: "", passphrase: "")])
        #expect(interface.layers.last is DetailLayer)

        interface = Fixture.interface(desk)
        interface.press([.character("3"), .character("j"), .character("j"), .enter, .character("x")], desk)
        #expect(interface.layers.last is ConfirmDialog)

        // The row that is read is gone: its neighbour is not touched.
        interface = Fixture.interface(desk)
        interface.press([.character("2"), .character("j"), .enter], desk)
        desk.alerts.rows.removeAll { $0.id == "ORDER_STUCK/o-1" }
        #expect(interface.press([.character("a")], desk) == [])
    }

    @Test func aRealDeskThatIsNotLiveMayMoveOnToItsNextStage() {
        let staged = Fixture.engaged()
        var interface = Fixture.interface(staged)
        interface.press([.character("R")], staged)
        #expect(interface.resumeDialog != nil)
        let paper = Fixture.paper()
        var other = Fixture.interface(paper)
        other.press([.character("R")], paper)
        #expect(other.resumeDialog == nil)
    }
}
