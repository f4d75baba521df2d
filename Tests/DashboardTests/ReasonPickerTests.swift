import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct ReasonPickerTests {
    let desk = Fixture.trading()

    func opened() -> Interface {
        var interface = Fixture.interface(desk)
        interface.press([.character("K")], desk)
        return interface
    }

    @Test(arguments: 1...6)
    func aDigitChoosesAndEnterGivesItsPreset(_ digit: Int) {
        var interface = opened()
        // The digits are the panes' keys, too: one alone records nothing.
        #expect(interface.type("\(digit)", desk).isEmpty)
        #expect(interface.picker != nil)
        let effects = interface.press([.enter], desk)
        #expect(effects == [.giveReason(ReasonPicker.reasons[digit - 1])])
        #expect(interface.picker == nil)
    }

    @Test func theSeventhIsTyped() {
        var interface = opened()
        interface.type("7", desk)
        #expect(interface.type("the feed K", desk).isEmpty)
        #expect(interface.press([.enter], desk) == [.giveReason("the feed K")])
    }

    @Test func aTypedReasonMayBePasted() {
        var interface = opened()
        interface.type("7", desk)
        _ = interface.handle(.paste("see INC-42\nsecond line"), snapshot: desk, nowMs: Fixture.nowMs)
        #expect(interface.press([.enter], desk) == [.giveReason("see INC-42")])
    }

    @Test func enterTypedAheadGivesNothing() {
        var interface = opened()
        #expect(interface.press([.enter, .enter], desk).isEmpty)
        #expect(interface.picker != nil)
    }

    @Test func arrowsAndEnterChoose() {
        var interface = opened()
        #expect(interface.press([.down, .character("j"), .enter], desk) == [.giveReason("API errors")])
    }

    @Test func escapeGivesNone() {
        var interface = opened()
        #expect(interface.press([.escape], desk).isEmpty)
        #expect(interface.picker == nil)
        #expect(interface.press([.character("q")], desk) == [.quit])
    }

    @Test func theStepsStayInSight() {
        let interface = opened()
        for (width, height) in [(80, 24), (120, 40), (40, 24)] {
            let frame = Fixture.frame(interface, desk, width, height)
            for step in ["key seen", "on the page", "on disk", "verified"] { #expect(frame.text.contains(step)) }
        }
    }

    @Test func whoeverWantsToResumeIsNotAskedFirst() {
        let halted = Fixture.halted()
        var interface = opened()
        _ = interface.observe(halted, nowMs: Fixture.nowMs + 50)
        interface.press([.character("R")], halted, at: Fixture.nowMs + 60)
        #expect(interface.picker == nil && interface.resumeDialog != nil)
    }

    @Test func aReasonCanBeGivenAgainForTheHaltOfThisScreenOnly() {
        let halted = Fixture.halted()
        var interface = opened()
        interface.type("2", desk)
        #expect(interface.press([.enter], desk) == [.giveReason("API errors")])
        _ = interface.observe(halted, nowMs: Fixture.nowMs + 50)
        interface.press([.character("w")], halted)
        #expect(interface.picker != nil)
        interface.type("4", halted)
        #expect(interface.press([.enter], halted) == [.giveReason("Malfunction or bug")])
        var other = Fixture.interface(halted)
        other.press([.character("w")], halted)
        #expect(other.picker == nil && other.message?.span.text.contains("where it was made") == true)
    }
}
