import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

/// What the screen must not say: that nothing is halted while a scope is, that there are no gates while nobody can tell, that
/// a person did what a machine did, that a command halts this desk while it halts another.
struct HonestScreenTests {
    private func text(_ desk: DeskSnapshot, _ width: Int = 120, _ height: Int = 40, _ keys: [Key] = []) -> String {
        var interface = Fixture.interface(desk)
        interface.resize(width: width, height: height)
        interface.press(keys, desk)
        return Fixture.frame(interface, desk, width, height).text
    }

    private func latch(
        _ id: String,
        _ scope: Scope,
        _ since: String,
        _ source: Record.Source,
        _ reason: String
    ) -> Latch {
        Latch(id: id, source: source, scope: scope, mode: .halted, reason: reason, op: "root", since: since, tag: 1)
    }

    // MARK: - Gates that cannot be read

    private func unreadable() -> DeskSnapshot {
        var desk = Fixture.halted()
        desk.gates = []
        desk.gatesProblem = "gates.page is missing or cannot be read: a bot may trade unseen"
        desk.steps.open = 0
        desk.steps.acknowledged = 0
        desk.steps.gates = .alarm("gates.page is missing or cannot be read: a bot may trade unseen")
        desk.steps.verified = .pending(ms: 3000)
        return desk
    }

    @Test func gatesThatCannotBeReadAreUnknownAndNotNone() {
        for keys in [[], [.character("1"), .character("z")]] as [[Key]] {
            let shown = text(unreadable(), 120, 40, keys)
            #expect(shown.contains("HALTING") && !shown.contains("none open") && !shown.contains("no gate is open"))
            #expect(shown.contains("gates.page is missing"))
            #expect(!shown.contains("0 of 0"))
        }
        var report = PlainReport()
        let lines = report.standing(unreadable(), wallMs: Fixture.wallMs).map(\.text)
        #expect(lines.contains { $0.contains("gates UNKNOWN") } && !lines.contains { $0.contains("no gate is open") })
    }

    @Test func aHaltOfWhichNoStepIsKnownIsNotHaltedWhileNobodySeesTheGates() {
        var desk = unreadable()
        desk.steps = DeskSnapshot.HaltSteps()
        #expect(!desk.isEffective)
        desk.gatesProblem = nil
        #expect(desk.isEffective)
    }

    @Test func plainLinesCallNoGateClosedThatCannotBeSeen() {
        var report = PlainReport()
        let desk = Fixture.halted()
        _ = report.standing(desk, wallMs: Fixture.wallMs)
        var gone = desk
        gone.gates = []
        gone.gatesProblem = "gates.page is missing"
        let lines = report.changes(gone, wallMs: Fixture.wallMs).map(\.text)
        #expect(lines == ["gates UNKNOWN: gates.page is missing"])
        #expect(report.changes(desk, wallMs: Fixture.wallMs).map(\.text) == ["gates can be read again"])
    }

    // MARK: - Scoped halts

    private func scoped() -> DeskSnapshot {
        var desk = Fixture.trading()
        desk.latches = [
            latch("s1", Scope.of("strategy=grid1"), "2026-11-21T12:01:00.000Z", .cli, "bad fills")
        ]
        return desk
    }

    @Test(arguments: [(200, 60), (120, 40), (80, 24), (40, 10)])
    func aScopedHaltIsNamedAtTheTop(_ width: Int, _ height: Int) {
        let frame = Fixture.frame(Fixture.interface(scoped()), scoped(), width, height)
        let top = frame.text(row: 0) + frame.text(row: 1)
        #expect(top.contains("TRADING") && top.contains("HALTED strategy="), "\(top)")
    }

    @Test func whatAScopedHaltCoversIsCountedApartAndHasItsProof() {
        var desk = scoped()
        let all = text(desk)
        #expect(all.contains("4 open: 1 HALTED, 3 may trade"))
        #expect(all.contains("no global halt; HALTED strategy=grid1"))
        #expect(all.contains("gates 1 of 1 acknowledged") && all.contains("bad fills"))
        #expect(!all.contains("no halt is in force"))
        #expect(all.contains("orders NOT verified: the engine has not looked"))
        desk.gates[1].acknowledged = false
        let waiting = text(desk)
        #expect(waiting.contains("gates 0 of 1 acknowledged") && waiting.contains("NOT acknowledged: grid-bot-1"))
    }

    @Test func aPaperDeskWhoseVenueIsHaltedSaysThatNothingMayTrade() {
        var desk = Fixture.paper()
        desk.gates = (0..<3).map {
            var gate = Fixture.gate($0, mode: .paper, acknowledged: true)
            gate.scope = "venue=paper"
            return gate
        }
        desk.latches = [latch("s1", Scope.of("venue=paper"), "2026-11-21T12:01:00.000Z", .cli, "x")]
        #expect(text(desk).contains("3 open, HALTED"))
        desk.latches = []
        #expect(text(desk).contains("3 open, paper only"))
        desk.gates[1].scope = ""
        #expect(text(desk).contains("3 open: 2 paper only, 1 refused"))
    }

    // MARK: - Who, since when, why

    @Test func theFirstHaltSaysSinceWhenAndTheNewestStandsBesideIt() {
        var desk = Fixture.halted()
        desk.latches = [
            latch("h1", .global, "2026-11-21T12:00:01.204Z", .watchdog, "no beat for 5 s"),
            latch("h2", .global, "2026-11-21T12:03:00.000Z", .keyboard, "Emergency halt"),
        ]
        desk.reason = "no beat for 5 s"
        desk.by = "watchdog"
        let top = Fixture.frame(Fixture.interface(desk), desk, 200, 60).text.split(separator: "\n").prefix(2).joined()
        #expect(top.contains("by watchdog") && top.contains("why: no beat for 5 s"))
        #expect(top.contains("newest of 2 halts: 12:03:00 UTC by root, Emergency halt"), "\(top)")
    }

    @Test func aSecondHaltSaysSinceWhenWithItsZone() {
        let desk = Fixture.halted()
        var interface = Fixture.interface(desk)
        interface.press([.character("K")], desk)
        #expect(interface.message?.span.text.contains("12:00:01 UTC") == true)
    }

    @Test func whatActsByItselfIsNotCalledByTheNameThatItRunsUnder() {
        var desk = Fixture.halted()
        desk.latches = [
            latch("h1", .global, "2026-11-21T12:00:01.204Z", .watchdog, "no beat"),
            latch("h2", .global, "2026-11-21T12:03:00.000Z", .file, "left"),
        ]
        desk.by = Record.Source.watchdog.author("root")
        desk.history = []
        let shown = text(desk)
        #expect(!shown.contains("root") && shown.contains("watchdog") && shown.contains("stop file"))
    }

    @Test(arguments: Record.Source.allCases) func onlyPeopleAreAuthorsByName(_ source: Record.Source) {
        #expect((source.author("ann") == "ann") == source.isOfPeople)
        #expect(!source.author("").isEmpty)
    }

    // MARK: - By hand

    @Test func whatIsToBeTypedByHandIsAboutThisDesk() {
        var desk = Fixture.trading()
        desk.directory = "/srv/a desk"
        desk.commandOption = StateDirectory.option(for: desk.directory)
        var interface = Fixture.interface(desk)
        interface.press([.character("K")], desk)
        let late = Fixture.frame(interface, desk, 200, 60, nowMs: Fixture.nowMs + 300).text
        #expect(late.contains("estop activate --state '/srv/a desk', or: touch '/srv/a desk/EMERGENCY_STOP'"))
        desk.host = .absent
        #expect(text(desk, 200, 60).contains("estop serve --state '/srv/a desk' starts one"))
    }

    @Test func aDirectoryThatIsGoneIsSaidAndNoCommandInItIsOffered() {
        var desk = DeskSnapshot(deskName: "a", paper: true, directory: "/gone")
        desk.freshness = .live(ageMs: 0)
        desk.host = .embedded
        desk.directoryProblem = "the state directory /gone was removed or moved away while it was used"
        desk.pageProblem = desk.directoryProblem
        desk.gatesProblem = "gates.page is missing"
        let shown = text(desk)
        #expect(shown.contains("was removed or moved away while it was used") && !shown.contains("touch"))
        #expect(shown.contains("Latches · UNKNOWN") && shown.contains("Gates · UNKNOWN"))
        #expect(shown.contains("kill -9"))
    }

    @Test func aHaltWithoutAPageIsAnsweredByTheStopFile() {
        var desk = DeskSnapshot(deskName: "real", paper: false, directory: "/d")
        desk.freshness = .live(ageMs: 0)
        desk.pageProblem = "there is no halt.page"
        var interface = Fixture.interface(desk)
        interface.press([.character("K")], desk)
        desk.steps.key = .done(ms: 0)
        desk.steps.page = .notApplicable("no page to write: the stop file was left, and a host halts on it")
        desk.steps.disk = .done(ms: 4)
        _ = interface.observe(desk, nowMs: Fixture.nowMs + 100)
        let frame = Fixture.frame(interface, desk, 120, 40, nowMs: Fixture.nowMs + 900).text
        #expect(
            frame.contains("the stop file was left") && !frame.contains("LATE or FAILED") && frame.contains("+4.0 ms")
        )
    }
}

extension Scope {
    /// A scope as written in a test.
    static func of(_ text: String) -> Scope { (try? Scope(text)) ?? .global }
}
