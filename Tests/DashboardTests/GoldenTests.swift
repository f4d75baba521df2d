import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct GoldenTests {
    static let sizes = [(80, 24), (120, 40), (200, 60), (40, 10), (20, 5), (1, 1)]

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
        ("never", { DeskSnapshot(deskName: "alpha", paper: true, directory: "/desk/state") }),
    ]

    @Test(arguments: 0..<desks.count)
    func screensAreAsRecorded(_ index: Int) throws {
        let (name, make) = GoldenTests.desks[index]
        let desk = make()
        let interface = Fixture.interface(desk)
        for (width, height) in GoldenTests.sizes {
            try Golden.expect(Fixture.frame(interface, desk, width, height), name)
        }
    }

    @Test(arguments: [(80, 24), (40, 10)])
    func asciiScreensAreAsRecorded(_ width: Int, _ height: Int) throws {
        for (name, make) in GoldenTests.desks {
            let desk = make()
            let frame = Fixture.frame(Fixture.interface(desk), desk, width, height, unicode: false)
            #expect(frame.text.unicodeScalars.allSatisfy { $0.isASCII })
            try Golden.expect(frame, "ascii-\(name)")
        }
    }

    @Test(arguments: [(80, 24), (120, 40), (40, 10), (20, 5)])
    func layersAreAsRecorded(_ width: Int, _ height: Int) throws {
        let desk = Fixture.halted()
        var help = Fixture.interface(desk)
        help.press([.character("?")], desk)
        try Golden.expect(Fixture.frame(help, desk, width, height), "help")

        var picker = Fixture.interface(Fixture.trading())
        picker.press([.character("K")], Fixture.trading())
        _ = picker.observe(desk, nowMs: Fixture.nowMs + 50)
        picker.press([.character("7")], desk)
        picker.type("feed is wrong", desk)
        try Golden.expect(Fixture.frame(picker, desk, width, height), "reason")

        let now = Fixture.nowMs + 400
        var resume = Fixture.interface(desk)
        resume.press([.character("R")], desk)
        resume.preflight(
            ResumeDialogTests.results(failing: [.gates, .stopFile]),
            mode: .live,
            scope: .global,
            nowMs: now
        )
        resume.press([.tab, .character(" ")], desk, at: now)
        resume.preflight(
            ResumeDialogTests.results(failing: [.gates, .stopFile]),
            mode: .live,
            scope: .global,
            nowMs: now
        )
        resume.press([.tab], desk, at: now)
        resume.type("stopped by hand", desk, at: now)
        try Golden.expect(Fixture.frame(resume, desk, width, height, nowMs: now), "resume")
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
        try Golden.expect(late, "unanswered")
    }
}
