import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

/// The two people's dialogs of a desk that takes two for a resume.
struct SecondPersonDialogTests {
    static let asked = WaitingResume(
        id: "0a1b2c3d",
        mode: .reduceOnly,
        reason: "the feed is back",
        overrides: [.gates: "grid-bot-2 is dead"],
        askedBy: "ann",
        from: "/dev/pts/3 10.0.0.1",
        source: .cli,
        at: "2026-11-21T12:03:44.000Z",
        leftMs: 271_000
    )
    let now = Fixture.nowMs + 300

    static func desk(waiting: WaitingResume? = nil) -> DeskSnapshot {
        var desk = Fixture.halted()
        desk.approvals = 2
        desk.waiting = waiting
        return desk
    }

    func text(_ interface: Interface, _ desk: DeskSnapshot, laterMs: UInt64 = 0) -> String {
        render(
            interface,
            snapshot: desk,
            width: 120,
            height: 60,
            nowMs: now + laterMs,
            wallClockMs: Fixture.wallMs,
            unicode: true
        ).text
    }

    /// The second person's dialog, its checks answered.
    func opened(_ desk: DeskSnapshot, failing: Set<PreflightCheck.Name> = []) -> Interface {
        var interface = Fixture.interface(desk)
        #expect(interface.press([.character("R")], desk) == [.preflight(.reduceOnly, .global)])
        interface.preflight(
            ResumeDialogTests.results(failing: failing),
            mode: .reduceOnly,
            scope: .global,
            nowMs: now
        )
        return interface
    }

    @Test func theSecondSeesWhoAskedWhatAndWhyWithCancelFocused() {
        let desk = Self.desk(waiting: Self.asked)
        let interface = opened(desk)
        #expect(interface.resumeDialog?.focus == .cancel)
        let shown = text(interface, desk)
        for part in [
            "Confirm another operator's resume", "ann asked for this, 4:31 left", "reason: the feed is back",
            "overrides gates: grid-bot-2 is dead", "reduce-only",
        ] { #expect(shown.contains(part), "\(part)") }
        #expect(!shown.contains("choose: live"))
    }

    @Test func theSecondAnswersTypesTheWordAndConfirmsJustThat() {
        let desk = Self.desk(waiting: Self.asked)
        var interface = opened(desk, failing: [.gates])
        #expect(interface.resumeDialog?.items.contains(.mode) == false)
        #expect(interface.resumeDialog?.items.contains(.reason) == false)
        interface.press([.tab], desk, at: now)
        interface.type("yyyy", desk, at: now)
        interface.type("RESUME", desk, at: now)
        interface.press([.tab], desk, at: now)
        interface.type("ben", desk, at: now)
        interface.press([.tab], desk, at: now)
        interface.type("secret of ben", desk, at: now)
        interface.press([.tab], desk, at: now)
        let effects = interface.press([.enter], desk, at: now)
        let request = ResumeRequest(
            mode: .reduceOnly,
            reason: "the feed is back",
            op: "ben",
            from: "",
            source: .keyboard,
            answers: Set(PreflightCheck.Name.answers),
            overrides: [.gates: "grid-bot-2 is dead"],
            approve: "0a1b2c3d"
        )
        #expect(effects == [.resume(request, passphrase: "secret of ben")])
    }

    @Test func enterOrEscapeAtOnceConfirmsNothing() {
        let desk = Self.desk(waiting: Self.asked)
        for key in [Key.enter, .escape] {
            var interface = opened(desk)
            #expect(interface.press([key], desk, at: now).isEmpty)
            #expect(interface.resumeDialog == nil)
        }
    }

    @Test func aCheckThatFailsNowAndWasNotOverriddenIsNotConfirmed() {
        let desk = Self.desk(waiting: Self.asked)
        let interface = opened(desk, failing: [.venues])
        let missing = interface.resumeDialog?.missing(.live(ageMs: 0), now)
        #expect(missing?.item == .cancel && missing?.text.contains("ann did not override it") == true)
        #expect(text(interface, desk).contains("not overridden by what was asked"))
    }

    @Test func itClosesWhenTheRequestWaitsNoMore() {
        let desk = Self.desk(waiting: Self.asked)
        var interface = opened(desk)
        var other = Self.asked
        other.id = "ffffffff"
        for now in [nil, other] {
            var copy = interface
            _ = copy.observe(Self.desk(waiting: now), nowMs: self.now)
            #expect(copy.resumeDialog == nil)
        }
        _ = interface.observe(desk, nowMs: now)
        #expect(interface.resumeDialog != nil)
    }

    @Test func theFirstIsToldWhatHappensNowAndWhomToTell() {
        let desk = Self.desk()
        var interface = Fixture.interface(desk)
        interface.press([.character("R")], desk)
        #expect(text(interface, desk).contains("takes two operators"))
        interface.resumeFinished(message: "asked", succeeded: true, nowMs: now)
        #expect(interface.resumeDialog == nil)
        var waiting = Self.desk(waiting: Self.asked)
        _ = interface.observe(waiting, nowMs: now)
        let shown = text(interface, waiting)
        for part in [
            "waiting for a second person (4:31)", "Nothing is resumed yet", "estop resume --approve 0a1b2c3d",
            "ann asks to resume to reduce-only", "Any halt voids it",
        ] { #expect(shown.contains(part), "\(part)\n\(shown)") }
        // It counts down between two looks, too.
        #expect(text(interface, waiting, laterMs: 31_000).contains("(4:00)"))
        // No key in it does anything but close it.
        for key in [Key.character("y"), .character("R"), .tab, .character(" ")] {
            #expect(interface.press([key], waiting, at: now).isEmpty)
        }
        waiting.waiting = nil
        waiting.mode = .reduceOnly
        waiting.history.append(
            Record(
                change: .resume,
                id: "r",
                at: "2026-11-21T12:05:00.000Z",
                mode: .reduceOnly,
                reason: "the feed is back",
                source: .keyboard,
                op: "ben",
                was: Word(rawValue: 0),
                state: Word(rawValue: 0),
                clears: 0,
                askedBy: "ann",
                approval: "0a1b2c3d"
            )
        )
        _ = interface.observe(waiting, nowMs: now)
        #expect(interface.layers.isEmpty)
        #expect(interface.message?.span.text == "resumed to reduce-only: ben confirmed it")
    }

    @Test func theFirstIsToldWhenItsRequestIsVoid() {
        var interface = Fixture.interface(Self.desk())
        interface.press([.character("R")], Self.desk())
        interface.resumeFinished(message: "asked", succeeded: true, nowMs: now)
        _ = interface.observe(Self.desk(waiting: Self.asked), nowMs: now)
        // The record of a confirmation comes a moment after the request is used up.
        _ = interface.observe(Self.desk(), nowMs: now)
        _ = interface.observe(Self.desk(), nowMs: now + 1_499)
        #expect(interface.layers.last is WaitingDialog)
        _ = interface.observe(Self.desk(), nowMs: now + 1_500)
        #expect(interface.layers.isEmpty)
        #expect(interface.message?.span.text.contains("nothing was resumed") == true)
    }

    @Test func kHaltsFromBothDialogs() {
        let desk = Self.desk(waiting: Self.asked)
        var second = opened(desk)
        #expect(second.press([.character("K")], desk, at: now).first == .halt)
        var first = Fixture.interface(Self.desk())
        first.press([.character("R")], Self.desk())
        first.resumeFinished(message: "asked", succeeded: true, nowMs: now)
        #expect(first.press([.character("K")], desk, at: now).first == .halt)
        #expect(!first.layers.contains { $0 is WaitingDialog })
    }
}
