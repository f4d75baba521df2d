import KillSwitch
import SafetyEngine
import Testing

@testable import Desk

@Suite struct ScreenCodecTests {
    /// A desk with something in every field.
    static func whole() -> DeskSnapshot {
        var desk = DeskSnapshot(deskName: "al\"pha\u{e9}", paper: true, directory: "/var/lib/estop")
        desk.word = Word(generation: 8, mode: .live)
        desk.pageProblem = "the page is of another version"
        desk.mode = .reduceOnly
        desk.since = "2026-11-21T08:30:00.000Z"
        desk.sinceAgeMs = .max >> 1
        desk.by = "ann"
        desk.reason = "checked"
        desk.approvals = 2
        desk.waiting = WaitingResume(
            id: "0a1b2c3d",
            mode: .live,
            reason: "the feed is back",
            overrides: [.feeds: "seen by eye"],
            askedBy: "ann",
            from: "pts/1",
            source: .keyboard,
            at: "2026-11-21T08:29:30.000Z",
            leftMs: 200_000
        )
        desk.latches = [
            Latch(
                id: "h1",
                source: .rule,
                scope: .global,
                mode: .halted,
                reason: "drawdown",
                op: "",
                since: "2026-11-21T08:29:00.000Z",
                tag: 0
            )
        ]
        desk.history = [
            Record(
                change: .resume,
                id: "r1",
                at: "2026-11-21T08:30:00.000Z",
                mode: .live,
                reason: "checked",
                source: .keyboard,
                op: "ann",
                from: "pts/1",
                pid: 12,
                host: "m",
                was: Word(generation: 7, mode: .halted),
                state: Word(generation: 8, mode: .live),
                clears: 100,
                overrides: [.init("gates", .string("gone"))]
            )
        ]
        desk.host = .silent(pid: 812, beatAgeMs: 70_000)
        desk.deadManMs = 7_000
        desk.commandOption = " --state /var/lib/estop"
        desk.changeAgeMs = 12
        desk.gatesProblem = "gates.page cannot be read"
        desk.directoryProblem = "removed"
        desk.gates = [
            DeskSnapshot.Gate(
                slot: 3,
                name: "grid",
                scope: "venue=kraken",
                pid: 9,
                alive: true,
                acknowledged: false,
                mode: .live,
                checks: 1_000_000,
                refusals: 2,
                checksPerSecond: 123.456,
                lastCheckAgeMs: nil
            )
        ]
        desk.supervisors = [
            Supervisor(name: "risk", intervalMs: 5_000, lastBeatAgeMs: 8_000, alive: nil, gaps: [1, 2])
        ]
        desk.steps.page = .done(ms: 0.25)
        desk.steps.disk = .alarm("NOT ON DISK")
        desk.steps.gates = .pending(ms: 12.5)
        desk.steps.orders = .notApplicable("paper")
        desk.steps.acknowledged = 1
        desk.steps.open = 2
        desk.steps.waitingFor = ["grid"]
        desk.notDurable = "the disk is full"
        desk.notices = ["a", "b"]
        return desk
    }

    @Test func whatIsReadIsWhatWasWritten() throws {
        let desk = ScreenCodecTests.whole()
        let text = ScreenCodec.json(of: desk).line
        #expect(ScreenCodec.desk(try #require(JSON(text))) == desk)
        let empty = DeskSnapshot(deskName: "", paper: false, directory: "")
        #expect(ScreenCodec.desk(ScreenCodec.json(of: empty)) == empty)
    }

    /// A field that somebody adds to the desk has to be carried too, or named here with where it comes from instead.
    @Test func everyFieldOfADeskIsCarried() {
        let madeByTheScreen = [
            "freshness", "operatorsEnrolled", "link", "mark", "markNote",
            // From the engine's view.
            "alerts", "positions", "orders", "venues", "engine", "currency",
        ]
        let empty = DeskSnapshot(deskName: "", paper: false, directory: "")
        let whole = ScreenCodecTests.whole()
        for (before, after) in zip(Swift.Mirror(reflecting: empty).children, Swift.Mirror(reflecting: whole).children) {
            let name = before.label ?? ""
            let differs = String(reflecting: before.value) != String(reflecting: after.value)
            #expect(differs != madeByTheScreen.contains(name), "\(name)")
        }
    }

    @Test func everyHostIsReadAsItWasWritten() throws {
        for host: DeskSnapshot.Host in [
            .embedded, .absent, .running(pid: 1, beatAgeMs: 2), .silent(pid: 3, beatAgeMs: .max >> 1),
        ] {
            var desk = ScreenCodecTests.whole()
            desk.host = host
            #expect(ScreenCodec.desk(ScreenCodec.json(of: desk))?.host == host)
        }
    }

    @Test func theEnginesViewIsReadAsItWasWritten() throws {
        var view = EngineView()
        view.atMs = 12
        view.alerts = [
            Alert(
                id: "a",
                level: .critical,
                rule: "R",
                subject: "s",
                text: "t",
                ageMs: 5,
                count: 2,
                acknowledgedBy: "ann"
            )
        ]
        view.cancels = .init(askedAgeMs: 1, doneAfterMs: nil, found: 3, left: 1, problem: "p")
        view.money.equity = Decimal(12)
        let text = ScreenCodec.json(of: view).line
        #expect(ScreenCodec.view(try #require(JSON(text))) == view)
        #expect(ScreenCodec.view(.null) == nil)
    }

    @Test func whatLacksAMemberOrHasAWrongOneIsNoDesk() throws {
        guard case .object(let members) = ScreenCodec.json(of: ScreenCodecTests.whole()) else {
            Issue.record("no object")
            return
        }
        let needed = ["name", "directory", "mode", "host", "steps", "latches", "history", "gates", "supervisors"]
        for name in needed {
            #expect(ScreenCodec.desk(.object(members.filter { $0.key != name })) == nil, "without \(name)")
            let wrong = members.map { $0.key == name ? JSON.Member(name, .bool(true)) : $0 }
            #expect(ScreenCodec.desk(.object(wrong)) == nil, "wrong \(name)")
        }
        // One row that is wrong is not left out in silence: a gate must not vanish.
        for name in ["latches", "history", "gates"] {
            let wrong = members.map { member -> JSON.Member in
                guard member.key == name, case .array(let rows) = member.value else { return member }
                return JSON.Member(name, .array(rows + [.object([])]))
            }
            #expect(ScreenCodec.desk(.object(wrong)) == nil, "a wrong row of \(name)")
        }
    }

    @Test func changesLaidOverTheFirstMakeTheSecond() {
        var old = ScreenCodecTests.whole()
        let first = ScreenCodec.json(of: old)
        #expect(ScreenCodec.changes(from: first, to: first) == .object([]))
        old.mode = .halted
        old.notDurable = nil
        old.gates = []
        let second = ScreenCodec.json(of: old)
        let changes = ScreenCodec.changes(from: first, to: second)
        guard case .object(let members) = changes else {
            Issue.record("no object")
            return
        }
        #expect(Set(members.map(\.key)) == ["mode", "not_durable", "gates"])
        #expect(ScreenCodec.desk(ScreenCodec.applying(changes, to: first)) == old)
    }

    @Test func aMemberThatIsGoneIsNullAndAnEngineThatComesOrGoesIsWhole() {
        let both = JSON.object([.init("a", .integer(1)), .init("b", .integer(2))])
        let one = JSON.object([.init("a", .integer(1))])
        #expect(ScreenCodec.changes(from: both, to: one) == .object([.init("b", .null)]))
        #expect(ScreenCodec.changes(from: .null, to: one) == one)
        #expect(ScreenCodec.applying(one, to: .null) == one)
        #expect(ScreenCodec.changes(from: one, to: .null) == .null)
        #expect(ScreenCodec.applying(.null, to: one) == .null)
    }
}
