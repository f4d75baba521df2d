import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct PropertyTests {
    /// Screens with everything that can lie on top.
    static func interfaces(_ desk: DeskSnapshot) -> [Interface] {
        let plain = Fixture.interface(desk)
        let late = Fixture.nowMs + 400
        let ways: [[Key]] = [
            [], [.character("?")], [.character("K")], [.character("K"), .character("7")], [.character("5")],
            [.character("R")], [.tab, .tab, .character("G")], [.character("z")], [.character("2"), .enter],
            [.character("3"), .character("/"), .character("b")], [.character("T")], [.character(":"), .character("h")],
        ]
        return ways.map { keys in
            var interface = plain
            interface.press(keys, desk)
            if interface.resumeDialog != nil {
                interface.preflight(
                    ResumeDialogTests.results(failing: [.gates]),
                    mode: .live,
                    scope: .global,
                    nowMs: late
                )
                interface.press([.tab, .tab, .tab], desk, at: late)
            }
            return interface
        }
    }

    @Test(arguments: 0..<GoldenTests.desks.count)
    func everySizeHoldsTheModeAndTheWayToHalt(_ index: Int) {
        let desk = GoldenTests.desks[index].1()
        for interface in PropertyTests.interfaces(desk) {
            let scene = interface.scene(desk, nowMs: Fixture.nowMs + 400, wallClockMs: Fixture.wallMs)
            let word = scene.status.shortWord
            // With something on top fewer sizes do: around the limits, and some beyond.
            let isPlain = interface.layers.isEmpty && !interface.isZoomed && interface.focus == .steps
            for width in isPlain ? Array(1...60) : [1, 2, 3, 5, 8, 9, 10, 11, 14, 19, 20, 21, 24, 30, 40, 50, 60] {
                for height in isPlain ? Array(1...20) : [1, 2, 3, 4, 5, 7, 10, 15, 20] {
                    let frame = Fixture.frame(interface, desk, width, height, nowMs: Fixture.nowMs + 400)
                    #expect(frame.cells.count == width * height)
                    if width >= 9 { #expect(frame.text(row: 0).contains(word), "\(word) at \(width)x\(height)") }
                    if width >= 20, height >= 2 {
                        let hint = interface.isTyping ? "Ctrl-K halts" : "K halts"
                        #expect(frame.text(row: height - 1).contains(hint), "\(width)x\(height)")
                    }
                    if let cursor = frame.cursor {
                        #expect((0..<height).contains(cursor.row) && (0..<width).contains(cursor.column))
                    }
                    expectWholeWideCharacters(frame)
                }
            }
        }
    }

    private func expectWholeWideCharacters(_ frame: Frame) {
        for row in 0..<frame.height {
            for column in 0..<frame.width {
                let cell = frame[row, column]
                if cell.isWide {
                    let isWhole = column + 1 < frame.width && frame[row, column + 1].isContinuation
                    #expect(isWhole, "a wide character is cut at \(row),\(column)")
                }
                if cell.isContinuation {
                    let isWhole = column > 0 && frame[row, column - 1].isWide
                    #expect(isWhole, "half a wide character at \(row),\(column)")
                }
            }
        }
    }

    @Test func aLongReasonOrNameNeverHidesTheClock() {
        let desk = Fixture.crowded()
        for width in 24...200 {
            let frame = Fixture.frame(Fixture.interface(desk), desk, width, 24)
            #expect(frame.text.contains("12:04:13 UTC"))
        }
    }

    @Test func controlCharactersOfANameReachNoCell() {
        let desk = Fixture.crowded()
        var interface = Fixture.interface(desk)
        interface.press([.character("1"), .character("z")], desk)
        let frame = Fixture.frame(interface, desk, 200, 60)
        #expect(frame.text.contains("evil?[2J?name"))
        #expect(!frame.cells.contains { $0.base < 0x20 || $0.base == 0x202e })
    }

    @Test func everyAlarmPrintsItsManualCommandInFullWhereItFits() {
        var desk = Fixture.halting()
        desk.steps.gates = .alarm("grid-bot-2 has not acknowledged. By hand: kill 4102; then estop status")
        for (width, height) in [(80, 24), (40, 20), (120, 40), (200, 60)] {
            let frame = Fixture.frame(Fixture.interface(desk), desk, width, height)
            let words = frame.text.split(whereSeparator: { $0 == " " || $0 == "\n" })
            for part in ["hand:", "kill", "4102;", "estop", "status"] {
                #expect(words.contains { $0 == part }, "\(part) at \(width)x\(height)")
            }
        }
    }
}
