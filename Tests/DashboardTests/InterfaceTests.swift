import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct InterfaceTests {
    let desk = Fixture.halted()

    @Test func everyActionIsInTheHelpWithItsKeys() {
        let help = HelpLayer.lines(width: 200).map { $0.spans.map(\.text).joined() }
        for action in Action.allCases {
            #expect(!action.keys.isEmpty)
            #expect(help.contains { $0.contains(action.description) && $0.contains(action.keys[0].name) })
        }
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
        #expect(interface.focus == .latches)
        for _ in Pane.allCases { interface.press([.tab], desk) }
        #expect(interface.focus == .latches)
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
        #expect(interface.offsets[.gates] == 0)
    }

    @Test func theFocusedPaneIsShownAtAnySize() {
        for pane in Pane.allCases {
            for height in 4...40 {
                for width in [20, 40, 80, 160] {
                    var layout = Layout(width: width, height: height, notices: 1)
                    layout.place(focus: pane) { _, _ in 8 }
                    #expect(layout.panes[pane] != nil, "\(pane) at \(width)x\(height)")
                }
            }
        }
    }

    @Test func panesNeverOverlapAndFillTheBody() {
        for width in [1, 20, 75, 76, 149, 150, 220] {
            for height in 1...60 {
                var layout = Layout(width: width, height: height, notices: 2)
                layout.place(focus: .history) { pane, _ in 3 + pane.rawValue * 4 }
                var covered = Set<Int>()
                for rect in layout.panes.values {
                    for row in rect.row..<(rect.row + rect.height) {
                        for column in rect.column..<(rect.column + rect.width) {
                            #expect(covered.insert(row * 1000 + column).inserted)
                        }
                    }
                    #expect(rect.row >= layout.body.row)
                    #expect(rect.row + rect.height <= layout.body.row + layout.body.height)
                }
                #expect(Set(layout.panes.keys).union(layout.hidden).count == Pane.allCases.count)
            }
        }
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
