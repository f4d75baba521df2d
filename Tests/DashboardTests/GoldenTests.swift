import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct GoldenTests {
    static let desks: [(String, @Sendable () -> DeskSnapshot)] = [
        ("trading", Fixture.trading), ("halting", Fixture.halting), ("halted", Fixture.halted),
        ("crowded", Fixture.crowded),
        (
            "unknown",
            {
                var desk = Fixture.halted()
                desk.word = nil
                desk.mode = .unknown
                desk.pageProblem = "halt.page is a dangling link"
                desk.host = .absent
                return desk
            }
        ),
        (
            "lost",
            {
                var desk = Fixture.trading()
                desk.freshness = .lost(ageMs: 42_000, reason: "connection refused")
                return desk
            }
        ),
        (
            "stale",
            {
                var desk = Fixture.trading()
                desk.freshness = .stale(ageMs: 4000)
                return desk
            }
        ),
        ("broken", Fixture.broken),
        (
            "demo",
            {
                var desk = Fixture.halting()
                desk.mark = "DEMO"
                return desk
            }
        ),
        ("paper", Fixture.paper), ("paper-halted", Fixture.paperHalted), ("probation", Fixture.engaged),
        (
            "replay",
            {
                var desk = Fixture.paper()
                desk.mark = DeskSnapshot.replayMark
                desk.gates = []
                desk.markNote = "of 2026-11-21T09:00:00Z. K halts the REAL desk"
                return desk
            }
        ),
        ("never", { DeskSnapshot(deskName: "alpha", paper: true, directory: "/desk/state") }),
    ]

    private func expect(
        _ name: String,
        _ interface: Interface,
        _ desk: DeskSnapshot,
        nowMs: UInt64 = Fixture.nowMs
    ) throws {
        try Golden.expect(name) { width, height, unicode in
            Fixture.frame(interface, desk, width, height, nowMs: nowMs, unicode: unicode)
        }
    }

    @Test(arguments: 0..<desks.count)
    func desksAreAsRecorded(_ index: Int) throws {
        let (name, make) = GoldenTests.desks[index]
        let desk = make()
        try expect("desk-\(name)", Fixture.interface(desk), desk)
    }

    @Test(arguments: Pane.allCases)
    func everyPaneAloneIsAsRecorded(_ pane: Pane) throws {
        let desk = Fixture.halting()
        var interface = Fixture.interface(desk)
        while interface.focus != pane { interface.press([.tab], desk) }
        interface.press([.character("z"), .character("j")], desk)
        try expect("pane-\(pane)", interface, desk)
    }

    @Test(
        arguments: [
            ("help", [.character("?")]), ("help-of-a-list", [.character("3"), .character("?")]),
            ("detail-of-a-step", [.enter]), ("detail-of-an-alert", [.character("2"), .enter]),
            ("detail-of-a-gate", [.character("1"), .enter]), ("detail-of-a-position", [.character("3"), .enter]),
            ("filter", [.character("4"), .character("/"), .character("b"), .character("t")]),
            ("sorted", [.character("3"), .character("s"), .character("s"), .character("s")]),
            ("palette", [.character(":")]), ("palette-searched", [.character(":"), .character("z"), .character("o")]),
            ("theme", [.character("T"), .character("j")]), ("interrupt", [.control("c")]),
        ] as [(String, [Key])]
    )
    func overlaysAreAsRecorded(_ name: String, _ keys: [Key]) throws {
        let desk = Fixture.halted()
        var interface = Interface(themes: ["default", "high-contrast", "mono"])
        _ = interface.observe(desk, nowMs: Fixture.nowMs)
        interface.press(keys, desk)
        try expect("overlay-\(name)", interface, desk)
    }

    @Test(
        arguments: [
            ("an-alert", [.character("2"), .character("j"), .enter]),
            ("an-acknowledged-alert", [.character("2"), .character("j"), .character("j"), .enter]),
            ("a-position", [.character("3"), .character("j"), .character("j"), .enter]),
            ("an-unknown-cost", [.character("3"), .character("G"), .enter]),
            ("an-order", [.character("4"), .character("G"), .enter]),
            ("a-supervisor", [.character("5"), .enter]), ("a-venue", [.character("6"), .character("j"), .enter]),
        ] as [(String, [Key])]
    )
    func detailsOfADeskWithAnEngineAreAsRecorded(_ name: String, _ keys: [Key]) throws {
        let desk = Fixture.engaged()
        var interface = Fixture.interface(desk)
        interface.press(keys, desk)
        try expect("detail-\(name)", interface, desk)
    }

    @Test func theReasonPickerIsAsRecorded() throws {
        let desk = Fixture.halted()
        var picker = Fixture.interface(Fixture.trading())
        picker.press([.character("K")], Fixture.trading())
        _ = picker.observe(desk, nowMs: Fixture.nowMs + 50)
        try expect("overlay-reason", picker, desk, nowMs: Fixture.nowMs + 50)
        picker.press([.character("7")], desk)
        picker.type("feed is wrong", desk)
        try expect("overlay-reason-typed", picker, desk, nowMs: Fixture.nowMs + 50)
    }

    @Test func theResumeDialogIsAsRecorded() throws {
        let desk = Fixture.halted()
        let now = Fixture.nowMs + 400
        var resume = Fixture.interface(desk)
        resume.press([.character("R")], desk)
        try expect("dialog-resume-opened", resume, desk)
        let results = ResumeDialogTests.results(failing: [.gates, .stopFile])
        resume.preflight(results, mode: .live, scope: .global, nowMs: now)
        resume.press([.tab, .character(" ")], desk, at: now)
        resume.preflight(results, mode: .live, scope: .global, nowMs: now)
        resume.press([.tab], desk, at: now)
        resume.type("stopped by hand", desk, at: now)
        try expect("dialog-resume-override", resume, desk, nowMs: now)
        resume.press([.tab, .character("y"), .character("y"), .character("y"), .character("y")], desk, at: now)
        resume.type("the feed is back", desk, at: now)
        resume.press([.tab], desk, at: now)
        resume.type("RESUME", desk, at: now)
        resume.press([.tab], desk, at: now)
        resume.type("bob", desk, at: now)
        resume.press([.tab], desk, at: now)
        resume.type("secret", desk, at: now)
        resume.press([.enter, .enter], desk, at: now)
        try expect("dialog-resume-refused", resume, desk, nowMs: now)
    }

    @Test func anUnansweredHaltShowsItselfAndThenHowToHaltByHand() throws {
        let desk = Fixture.trading()
        var interface = Fixture.interface(desk)
        interface.press([.character("K")], desk)
        let soon = Fixture.frame(interface, desk, 80, 24, nowMs: Fixture.nowMs + 100)
        #expect(soon.text(row: 0).contains("HALTING"))
        #expect(soon.text.contains("pending 100 ms"))
        let late = Fixture.frame(interface, desk, 80, 24, nowMs: Fixture.nowMs + 300)
        #expect(late.text.contains("estop activate"))
        #expect(late.text.contains("EMERGENCY_STOP"))
        try expect("overlay-unanswered-halt", interface, desk, nowMs: Fixture.nowMs + 300)
    }
}
