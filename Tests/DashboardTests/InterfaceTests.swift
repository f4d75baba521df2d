import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct InterfaceTests {
    let desk = Fixture.halted()

    @Test func everyActionIsInTheHelpWithItsKeys() {
        // Each pane's help has what applies there; together they have everything.
        let rows = "2345".flatMap { pane in
            var interface = Fixture.interface(desk)
            interface.press([.character(pane), .character("?")], desk)
            return Fixture.frame(interface, desk, 110, 80).text.split(separator: "\n").map(String.init)
        }
        for action in Action.allCases {
            #expect(!action.keys.isEmpty)
            #expect(rows.contains { $0.contains(action.description) && $0.contains(action.keys[0].name) }, "\(action)")
        }
    }

    @Test func theHelpBeginsWithWhatAppliesHere() {
        var interface = Fixture.interface(desk)
        interface.press([.character("3"), .character("?")], desk)
        let panes = Fixture.frame(interface, desk, 100, 80).text
        #expect(panes.contains("In Positions"))
        interface.press([.escape, .character("R"), .character("?")], desk, at: Fixture.nowMs)
        interface.press([.character("?")], desk, at: Fixture.nowMs + 400)
        let dialog = Fixture.frame(interface, desk, 100, 80, nowMs: Fixture.nowMs + 400).text
        #expect(dialog.contains("Enter           cancel"))
    }

    @Test func noKeyHasTwoActions() {
        let keys = Action.allCases.flatMap(\.keys)
        #expect(Set(keys).count == keys.count)
    }

    @Test func qClosesOneLayerAndQuitsAtTheBottom() {
        var interface = Fixture.interface(desk)
        interface.press([.character("?")], desk)
        #expect(interface.press([.character("q")], desk).isEmpty)
        #expect(interface.layers.isEmpty)
        #expect(interface.press([.escape], desk).isEmpty, "Esc never quits")
        #expect(interface.press([.character("q")], desk) == [.quit])
    }

    @Test func controlKeysAskForWhatTheySay() {
        var interface = Fixture.interface(desk)
        #expect(interface.press([.control("l")], desk) == [.redraw])
        #expect(interface.press([.control("z")], desk) == [.suspend])
        #expect(interface.press([.control("c")], desk).isEmpty)
        #expect(Fixture.frame(interface, desk, 80, 24).text.contains("press q to quit"))
    }

    @Test func digitsAndTabMoveTheFocus() {
        var interface = Fixture.interface(desk)
        interface.press([.character("5")], desk)
        #expect(interface.focus == .supervisors)
        interface.press([.character("1")], desk)
        #expect(interface.focus == .steps)
        interface.press([.character("1")], desk)
        #expect(interface.focus == .gates)
        interface.press([.backTab], desk)
        #expect(interface.focus == .alerts)
        for _ in Pane.allCases { interface.press([.tab], desk) }
        #expect(interface.focus == .alerts)
        let digits: [(Character, Pane)] = [("2", .alerts), ("3", .positions), ("4", .orders), ("6", .venues)]
        for (digit, pane) in digits {
            interface.press([.character(digit)], desk)
            #expect(interface.focus == pane)
        }
    }

    @Test func scrollingStopsAtTheEnds() {
        let desk = Fixture.crowded()
        var interface = Fixture.interface(desk)
        interface.resize(width: 80, height: 24)
        interface.press([.character("1"), .character("G")], desk)
        #expect(interface.focus == .gates)
        let last = Fixture.frame(interface, desk, 80, 24).text
        #expect(last.contains("of 40"))
        #expect(last.contains("grid-bot-38"))
        interface.press([.character("k")], desk)
        #expect(Fixture.frame(interface, desk, 80, 24).text != last, "the first k after G moves")
        interface.press([.character("g"), .up, .pageUp], desk)
        #expect(interface.view(of: .gates).top == 0)
    }

    @Test func aMessageGoesAway() {
        var interface = Fixture.interface(desk)
        interface.notify("TERM=odd", nowMs: Fixture.nowMs)
        #expect(interface.message != nil)
        _ = interface.tick(desk, nowMs: Fixture.nowMs + Interface.messageMs)
        #expect(interface.message == nil)
    }

    @Test func noticesTellOfAMissingCredentialAndOfWhatIsNotOnDisk() {
        var desk = Fixture.halted()
        desk.operatorsEnrolled = false
        desk.notDurable = "no space left on device"
        let frame = Fixture.frame(Fixture.interface(desk), desk, 120, 40)
        #expect(frame.text.contains("NOT ON DISK: no space left on device"))
        #expect(frame.text.contains("no credential is set up"))
    }
}
