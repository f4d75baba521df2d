import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct HaltKeyTests {
    /// Every key that can change the interface.
    static let keys: [Key] =
        Action.allCases.flatMap(\.keys).filter { $0 != .character("K") && $0 != .control("k") } + [
            .enter, .escape, .backspace, .left, .right, .character(" "), .character("y"), .character("n"),
            .character("x"), .character("7"), .character("3"), .character("K"),
        ]

    /// Walks the states that keys lead to, breadth first, and tries the halt in each.
    @Test(arguments: 0..<GoldenTests.desks.count)
    func haltIsTheFirstEffectInEveryReachableState(_ index: Int) {
        let desk = GoldenTests.desks[index].1()
        var frontier = [Fixture.interface(desk)]
        var seen: Set<String> = []
        var now = Fixture.nowMs
        var tried = 0
        for _ in 0..<7 {
            now += 400
            var next: [Interface] = []
            for interface in frontier {
                for key in HaltKeyTests.keys {
                    var changed = interface
                    _ = changed.handle(.key(key), snapshot: desk, nowMs: now)
                    changed.preflight(
                        ResumeDialogTests.results(failing: [.gates]),
                        mode: .live,
                        scope: .global,
                        nowMs: now
                    )
                    guard seen.insert(HaltKeyTests.state(of: changed)).inserted else { continue }
                    expectHalts(changed, desk, now)
                    tried += 1
                    next.append(changed)
                }
            }
            frontier = next
        }
        #expect(tried >= 10)
    }

    private func expectHalts(_ interface: Interface, _ desk: DeskSnapshot, _ now: UInt64) {
        var byControl = interface
        #expect(byControl.handle(.key(.control("k")), snapshot: desk, nowMs: now).first == .halt)
        var byLetter = interface
        let effects = byLetter.handle(.key(.character("K")), snapshot: desk, nowMs: now)
        if interface.isTyping {
            #expect(!effects.contains(.halt))
        } else {
            #expect(effects.first == .halt)
        }
        var byPaste = interface
        #expect(!byPaste.handle(.paste("K\u{0b}K"), snapshot: desk, nowMs: now).contains(.halt))
        // At once too, in the time in which a dialog is deaf to everything else.
        var opened = interface
        _ = opened.handle(.key(.character("R")), snapshot: desk, nowMs: now)
        #expect(opened.handle(.key(.control("k")), snapshot: desk, nowMs: now + 1).first == .halt)
    }

    /// What of a state decides how keys are taken: layers, focus, whether something was typed.
    static func state(of interface: Interface) -> String {
        let layers = interface.layers.map { layer -> String in
            if let dialog = layer as? ResumeDialog {
                let typed = [dialog.reason, dialog.word, dialog.operatorName, dialog.passphrase].map { $0.text.isEmpty }
                return "resume \(dialog.focus) \(dialog.answers.count) \(typed) \(dialog.submittedMs != nil)"
            }
            if let picker = layer as? ReasonPicker { return "reasons \(picker.isTyping)" }
            if let palette = layer as? PaletteLayer { return "palette \(palette.isTyping)" }
            return "\(type(of: layer))"
        }
        return
            "\(interface.focus) \(interface.isZoomed) \(interface.view(of: interface.focus).filter.isEmpty) \(layers)"
    }

    @Test func escapeThenKHaltsOutOfATextField() {
        let desk = Fixture.trading()
        var interface = Fixture.interface(desk)
        interface.press([.character("K"), .character("7")], desk)
        #expect(interface.isTyping)
        #expect(interface.press([.character("K")], desk).isEmpty)
        #expect(interface.press([.escape, .character("K")], desk) == [.halt])
    }

    @Test func aSecondHaltIsAnsweredVisibly() {
        let desk = Fixture.halted()
        var interface = Fixture.interface(desk)
        #expect(interface.press([.character("K")], desk) == [.halt])
        let frame = Fixture.frame(interface, desk, 80, 24)
        #expect(frame.text.contains("already halted since 2026-11-21 12:00:01 UTC; recorded again"))
    }

    @Test func aHaltClosesWhatCouldResume() {
        let desk = Fixture.halted()
        var interface = Fixture.interface(desk)
        interface.press([.character("R")], desk)
        #expect(interface.resumeDialog != nil)
        interface.press([.character("K")], desk)
        #expect(interface.resumeDialog == nil)
        #expect(interface.picker != nil)
    }

    @Test func aHaltThatASnapshotShowsBeforeTheKeyIsHandledIsAnswered() {
        // The tap halts first and hands the key on afterwards: the desk may be quicker.
        let after = Fixture.halting()
        var interface = Fixture.interface(after)
        let before = Fixture.trading().word
        let effects = interface.handle(
            .key(.character("K")),
            snapshot: after,
            nowMs: Fixture.nowMs,
            wordBefore: before
        )
        #expect(effects == [.halt])
        let text = Fixture.frame(interface, after, 80, 24, nowMs: Fixture.nowMs + 2000).text
        #expect(!text.contains("LATE or FAILED"))
        #expect(!text.contains("already halted"))
    }
}
