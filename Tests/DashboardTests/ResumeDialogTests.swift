import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct ResumeDialogTests {
    static func results(failing: Set<PreflightCheck.Name> = []) -> [PreflightCheck] {
        PreflightCheck.Name.allCases.map { name in
            PreflightCheck(
                name: name,
                passed: name.question == nil && !failing.contains(name),
                detail: failing.contains(name) ? "found something: do this about it" : "as it should be"
            )
        }
    }

    let desk: DeskSnapshot = {
        var desk = Fixture.halted()
        desk.operatorsEnrolled = false
        return desk
    }()
    let now = Fixture.nowMs + 300

    /// The dialog, open and no longer deaf, its checks answered.
    func opened(_ desk: DeskSnapshot, failing: Set<PreflightCheck.Name> = []) -> Interface {
        var interface = Fixture.interface(desk)
        let effects = interface.press([.character("R")], desk)
        let asked: Mode = desk.paper ? .paper : .live
        #expect(effects == [.preflight(asked, .global)])
        interface.preflight(ResumeDialogTests.results(failing: failing), mode: asked, scope: .global, nowMs: now)
        return interface
    }

    func item(_ interface: Interface) -> ResumeDialog.Item? { interface.resumeDialog?.focus }

    /// Walks through all of it as an operator would.
    func fill(
        _ interface: inout Interface,
        _ desk: DeskSnapshot,
        failing: Set<PreflightCheck.Name> = [],
        overrides: Int = 0
    ) {
        interface.press([.tab], desk, at: now)
        if !desk.paper {
            interface.press([.character(" ")], desk, at: now)
            interface.preflight(
                ResumeDialogTests.results(failing: failing),
                mode: .live,
                scope: .global,
                nowMs: now
            )
            interface.press([.enter], desk, at: now)
        }
        for _ in 0..<overrides {
            interface.type("stopped by hand", desk, at: now)
            interface.press([.enter], desk, at: now)
        }
        interface.type("yyyy", desk, at: now)
        interface.type("all is well", desk, at: now)
        interface.press([.enter], desk, at: now)
        interface.type("RESUME", desk, at: now)
        interface.press([.enter], desk, at: now)
    }

    @Test func cancelHasTheFocusAndEnterCancels() {
        var interface = opened(desk)
        #expect(item(interface) == .cancel)
        #expect(!interface.isTyping)
        #expect(interface.press([.enter], desk, at: now).isEmpty)
        #expect(interface.resumeDialog == nil)
    }

    @Test func escapeCancels() {
        var interface = opened(desk)
        interface.press([.tab, .tab, .escape], desk, at: now)
        #expect(interface.resumeDialog == nil)
    }

    @Test func keysOfTheFirst300MillisecondsAreDropped() {
        var interface = opened(desk)
        interface.press([.tab, .enter, .escape, .character("q"), .character("y")], desk, at: now - 1)
        #expect(item(interface) == .cancel)
        interface.press([.tab], desk, at: now)
        #expect(item(interface) != .cancel)
    }

    @Test func pastesAreRefused() {
        var interface = opened(desk)
        fill(&interface, desk)
        interface.press([.backTab], desk, at: now)
        #expect(item(interface) == .word)
        interface.press([.control("u")], desk, at: now)
        #expect(interface.handle(.paste("RESUME"), snapshot: desk, nowMs: now).isEmpty)
        #expect(interface.resumeDialog?.word.text == "")
        #expect(interface.resumeDialog?.problem?.contains("pasted") == true)
    }

    @Test func aCompleteDialogResumes() {
        var interface = opened(desk)
        fill(&interface, desk)
        #expect(item(interface) == .submit)
        let request = ResumeRequest(
            mode: .live,
            reason: "all is well",
            op: "",
            from: "",
            source: .keyboard,
            answers: Set(PreflightCheck.Name.answers)
        )
        #expect(interface.press([.enter], desk, at: now) == [.resume(request, passphrase: "")])
        #expect(interface.press([.enter, .enter], desk, at: now).isEmpty)
        interface.resumeFinished(message: "resumed to live", succeeded: true, nowMs: now)
        #expect(interface.resumeDialog == nil)
    }

    @Test func aPaperDeskResumesToPaperOnly() {
        var desk = self.desk
        desk.paper = true
        var interface = opened(desk)
        #expect(interface.resumeDialog?.items.contains(.mode) == false)
        fill(&interface, desk)
        guard case .resume(let request, _)? = interface.press([.enter], desk, at: now).last else {
            Issue.record("did not resume")
            return
        }
        #expect(request.mode == .paper)
    }

    @Test func anEnrolledOperatorIsAskedForNameAndPassphrase() {
        let desk = Fixture.halted()
        var interface = opened(desk)
        fill(&interface, desk)
        #expect(item(interface) == .operatorName)
        interface.type("alice", desk, at: now)
        interface.press([.enter], desk, at: now)
        interface.type("hunter K2", desk, at: now)
        let frame = Fixture.frame(interface, desk, 100, 50, nowMs: now)
        #expect(!frame.text.contains("hunter"))
        #expect(frame.text.contains("*********"))
        interface.press([.enter], desk, at: now)
        let effects = interface.press([.enter], desk, at: now)
        guard case .resume(let request, let passphrase)? = effects.last else {
            Issue.record("did not resume")
            return
        }
        #expect(request.op == "alice")
        #expect(passphrase == "hunter K2")
        #expect(interface.resumeDialog?.passphrase.text == "")
    }

    @Test func nothingIsSubmittedWhileAnythingIsMissing() {
        var complete = opened(desk)
        fill(&complete, desk)
        let spoilers: [(String, ResumeDialog.Item, [Key])] = [
            ("question", .question(.safe), [.character("n")]),
            ("reason", .reason, [.control("u")]),
            ("word", .word, [.backspace]),
        ]
        for (name, item, keys) in spoilers {
            var interface = complete
            while self.item(interface) != item { interface.press([.backTab], desk, at: now) }
            interface.press(keys, desk, at: now)
            while self.item(interface) != .submit { interface.press([.tab], desk, at: now) }
            #expect(interface.press([.enter], desk, at: now).isEmpty, "\(name)")
            #expect(interface.resumeDialog?.problem != nil, "\(name)")
            #expect(self.item(interface) == item, "\(name)")
        }
    }

    @Test func theModeOfARealDeskHasToBeChosen() {
        var interface = opened(desk)
        interface.press([.backTab], desk, at: now)
        #expect(item(interface) == .submit)
        #expect(interface.press([.enter], desk, at: now).isEmpty)
        #expect(item(interface) == .mode)
    }

    @Test func aFailingCheckNeedsAReason() {
        var interface = opened(desk, failing: [.gates])
        fill(&interface, desk, failing: [.gates], overrides: 1)
        guard case .resume(let request, _)? = interface.press([.enter], desk, at: now).last else {
            Issue.record("did not resume")
            return
        }
        #expect(request.overrides == [.gates: "stopped by hand"])
    }

    @Test func whatWasNotCheckedIsMarkedCountedAndNeedsAReason() {
        var dialog = ResumeDialog(snapshot: desk, nowMs: 0)
        let checks = ResumeDialogTests.results().map { check in
            switch check.name {
            case .feeds: PreflightCheck(name: .feeds, notChecked: "no price has been received", refuses: true)
            case .gates: PreflightCheck(name: .gates, notChecked: "no gate is open", refuses: false)
            default: check
            }
        }
        dialog.mode = .live
        dialog.take(checks, nowMs: 1_000)
        #expect(PreflightCheck.headline(dialog.ownChecks) == "0 failing, 2 not checked")
        #expect(dialog.failing.map(\.name) == [.feeds] && dialog.listedOverrides == [.feeds])
        #expect(dialog.missing(.live(ageMs: 0), 1_100)?.text.contains("feeds was not checked") == true)
        var field = TextField()
        _ = field.handle(.character("y"))
        dialog.overrides[.feeds] = field
        #expect(dialog.missing(.live(ageMs: 0), 1_100)?.text.contains("is no reason") == true)
    }

    @Test func theFieldsOfAnOperatorWhoIsEnrolledMeanwhileAppear() {
        var desk = desk
        desk.operatorsEnrolled = false
        var interface = opened(desk)
        #expect(interface.resumeDialog?.items.contains(.passphrase) == false)
        desk.operatorsEnrolled = true
        _ = interface.observe(desk, nowMs: now)
        _ = interface.tick(desk, nowMs: now)
        #expect(interface.resumeDialog?.items.contains(.passphrase) == true)
    }

    @Test(arguments: [PreflightCheck.Name.stopFile, .environment])
    func aStopFileCannotBeOverridden(_ name: PreflightCheck.Name) {
        var interface = opened(desk, failing: [name])
        fill(&interface, desk, failing: [name])
        #expect(item(interface) == .submit)
        #expect(interface.press([.enter], desk, at: now).isEmpty)
        #expect(interface.resumeDialog?.problem?.contains("cannot be overridden") == true)
    }

    @Test func anOverrideOfACheckThatPassesAgainIsNotSent() {
        var interface = opened(desk, failing: [.gates])
        fill(&interface, desk, failing: [.gates], overrides: 1)
        interface.preflight(ResumeDialogTests.results(), mode: .live, scope: .global, nowMs: now)
        guard case .resume(let request, _)? = interface.press([.enter], desk, at: now).last else {
            Issue.record("did not resume")
            return
        }
        #expect(request.overrides.isEmpty)
    }

    @Test func nothingIsJudgedByStaleDataOrOldChecks() {
        var interface = opened(desk)
        fill(&interface, desk)
        var stale = interface
        var old = desk
        old.freshness = .stale(ageMs: 3500)
        #expect(stale.press([.enter], old, at: now).isEmpty)
        #expect(stale.resumeDialog?.problem?.contains("stale") == true)
        let later = now + ResumeDialog.preflightLimitMs
        _ = interface.observe(desk, nowMs: later)
        #expect(!interface.press([.enter], desk, at: later).contains { if case .resume = $0 { true } else { false } })
    }

    @Test func theChecksAreAskedAgainWhileItIsOpen() {
        var interface = opened(desk)
        #expect(interface.tick(desk, nowMs: now + 1999).isEmpty)
        #expect(interface.tick(desk, nowMs: now + 2000) == [.preflight(.live, .global)])
        #expect(interface.tick(desk, nowMs: now + 9000).isEmpty, "one question at a time")
    }

    @Test func itClosesItselfWhenTheStateChanges() {
        for change in 0..<3 {
            var interface = opened(desk)
            var changed = desk
            if change == 0 { changed.word = Word(generation: 11, mode: .halted) }
            if change == 1 { changed.latches.removeLast() }
            if change == 2 { changed.mode = .unknown }
            _ = interface.observe(changed, nowMs: now)
            #expect(interface.resumeDialog == nil)
            #expect(interface.message?.span.text.contains("state changed") == true)
        }
    }

    @Test func agesAloneDoNotCloseIt() {
        var interface = opened(desk)
        var aged = desk
        aged.sinceAgeMs = 999_999
        aged.gates[0].checks += 1
        _ = interface.observe(aged, nowMs: now)
        #expect(interface.resumeDialog != nil)
    }

    @Test func itClosesItselfAfterAMinuteWithoutAKey() {
        var interface = opened(desk)
        interface.press([.tab], desk, at: now)
        _ = interface.tick(desk, nowMs: now + 59_999)
        #expect(interface.resumeDialog != nil)
        _ = interface.tick(desk, nowMs: now + 60_000)
        #expect(interface.resumeDialog == nil)
        // Also when no tick came: the key finds it closed.
        var unwatched = opened(desk)
        unwatched.press([.tab, .tab, .tab, .tab, .tab, .tab], desk, at: now)
        #expect(unwatched.isTyping)
        #expect(unwatched.press([.character("K")], desk, at: now + 60_000) == [.halt])
    }

    @Test func aRefusalStaysOpenAndSaysWhy() {
        var interface = opened(desk)
        fill(&interface, desk)
        interface.press([.enter], desk, at: now)
        interface.resumeFinished(message: "refused: a stop file exists", succeeded: false, nowMs: now)
        #expect(interface.resumeDialog?.problem == "refused: a stop file exists")
        #expect(item(interface) == .cancel)
    }

    @Test func resultsForAnotherChoiceAreDropped() {
        var interface = opened(desk)
        interface.press([.tab, .character(" "), .character(" ")], desk, at: now)
        #expect(interface.resumeDialog?.mode == .paper)
        interface.preflight(ResumeDialogTests.results(failing: [.clock]), mode: .live, scope: .global, nowMs: now)
        // What is shown is of before, and judged by nobody.
        #expect(interface.resumeDialog?.failing.isEmpty == true && interface.resumeDialog?.areOfBefore == true)
        #expect(interface.resumeDialog?.missing(.live(ageMs: 0), now)?.text.contains("wait") == true)
    }

    @Test func aDeskWithoutLatchesHasNothingToResume() {
        let desk = Fixture.trading()
        var interface = Fixture.interface(desk)
        #expect(interface.press([.character("R")], desk).isEmpty)
        #expect(interface.resumeDialog == nil)
    }

    @Test func aHaltedScopeOfATradingDeskIsResumedAlone() throws {
        var desk = Fixture.trading()
        let scope = try Scope("strategy=grid")
        desk.latches = [
            Latch(id: "s", source: .cli, scope: scope, mode: .halted, reason: "odd fills", op: "bob", since: "", tag: 3)
        ]
        var interface = Fixture.interface(desk)
        #expect(interface.press([.character("R")], desk) == [.preflight(.live, scope)])
    }

    @Test func whatIsTypedAheadOfTheChecksLandsWhereItWasMeant() {
        var interface = opened(desk, failing: [.gates])
        // Tab to the mode, choose it, Tab to the override, and type at once: the checks of this mode have not come yet.
        interface.press([.tab, .character(" "), .tab], desk, at: now)
        #expect(item(interface) == .override(.gates))
        interface.type("bot is hung, killed", desk, at: now)
        #expect(interface.resumeDialog?.overrides[.gates]?.text == "bot is hung, killed")
        #expect(interface.resumeDialog?.answers.isEmpty == true)
        #expect(interface.resumeDialog?.missing(.live(ageMs: 0), now)?.text.contains("wait") == true)
        interface.preflight(ResumeDialogTests.results(failing: [.gates]), mode: .live, scope: .global, nowMs: now)
        #expect(interface.resumeDialog?.overrides[.gates]?.text == "bot is hung, killed")
        #expect(interface.resumeDialog?.missing(.live(ageMs: 0), now)?.text.contains("wait") == false)
    }

    @Test func beforeTheFirstChecksThereIsNothingToAnswerAhead() {
        var interface = Fixture.interface(desk)
        interface.press([.character("R")], desk)
        interface.press([.tab, .character(" "), .tab], desk, at: now)
        #expect(!interface.isTyping)
        #expect(interface.type("bot is y n", desk, at: now).isEmpty)
        #expect(interface.resumeDialog?.answers.isEmpty == true)
        interface.preflight(ResumeDialogTests.results(), mode: .live, scope: .global, nowMs: now)
        #expect(interface.resumeDialog?.items.contains(.word) == true)
    }

    @Test(arguments: [(20, 5), (24, 5), (40, 10)]) func itSaysHowToLeaveHoweverSmallTheWindow(
        _ width: Int,
        _ height: Int
    ) {
        let interface = opened(desk)
        let frame = Fixture.frame(interface, desk, width, height, nowMs: now)
        #expect(frame.text.contains("Esc") || frame.text.contains("[ Cancel ]"))
        if width == 40 {
            var chosen = interface
            chosen.press([.tab], desk, at: now)
            #expect(Fixture.frame(chosen, desk, width, height, nowMs: now).text.contains("< choose (Space) >"))
        } else {
            #expect(!frame.text.contains("Switch") && !frame.text.contains("Alerts"))
        }
    }
}
