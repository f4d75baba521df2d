import KillSwitch
import SafetyEngine
import Seeds
import Testing

@testable import Dashboard

/// Drawing only what changed gives the screen that drawing everything gives.
struct DrawingTests {
    @Test(arguments: 1...8)
    func aScreenDrawnInPartsIsTheScreenDrawnWhole(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let desks = [Fixture.trading(), Fixture.halting(), Fixture.crowded(), Fixture.broken()]
        var desk = desks[0]
        var revision: UInt64 = 0
        var interface = Fixture.interface(desk)
        var drawing = Drawing()
        var nowMs = Fixture.nowMs
        var size = (width: 120, height: 40)
        var parts = 0
        let keys: [Key] = [
            .tab, .backTab, .enter, .escape, .escape,
            .character("g"), .character("G"), .character("s"), .character("z"), .character("/"), .character("b"),
            .character("2"), .character("3"), .character("5"), .character("1"), .character(":"), .character("?"),
        ]
        for step in 0..<300 {
            switch random.below(40) {
            case 0:
                desk = desks[random.below(desks.count)]
                revision += 1
                _ = interface.observe(desk, nowMs: nowMs)
            case 1: size = (60 + random.below(120), 5 + random.below(50))
            case 2: nowMs += 1000
            case 3: interface.press([.escape, .escape, .escape], desk, at: nowMs)
            case 4...24: interface.press([[.down, .up, .pageDown, .pageUp][random.below(4)]], desk, at: nowMs)
            default: interface.press([keys[random.below(keys.count)]], desk, at: nowMs)
            }
            interface.resize(width: size.width, height: size.height)
            let wall = Fixture.wallMs + Int64(nowMs)
            let before = drawing.frame
            drawing.draw(
                interface,
                snapshot: desk,
                revision: revision,
                width: size.width,
                height: size.height,
                nowMs: nowMs,
                wallClockMs: wall,
                unicode: true
            )
            interface.drawn(drawing)
            let whole = render(
                interface,
                snapshot: desk,
                width: size.width,
                height: size.height,
                nowMs: nowMs,
                wallClockMs: wall,
                unicode: true
            )
            if drawing.frame != whole {
                let row = (0..<whole.height).first { drawing.frame.text(row: $0) != whole.text(row: $0) } ?? -1
                let texts = row < 0 ? "roles or cursor" : "\(drawing.frame.text(row: row))\n\(whole.text(row: row))"
                Issue.record("seed \(seed), step \(step), row \(row):\n\(texts)")
                return
            }
            if drawing.rows.count < size.height { parts += 1 }
            // What is said to be as before is as before.
            if before.width == whole.width, before.height == whole.height {
                for row in 0..<whole.height where !drawing.rows.contains(row) {
                    let cells = (row * whole.width)..<((row + 1) * whole.width)
                    #expect(before.cells[cells] == whole.cells[cells], "seed \(seed), step \(step), row \(row)")
                }
            }
        }
        #expect(parts > 20, "moving the cursor draws a part only")
    }

    @Test func scrollingKeepsTheCursorWhereItIsAsLongAsItCan() {
        let desk = Fixture.crowded()
        var interface = Fixture.interface(desk)
        interface.resize(width: 80, height: 24)
        interface.press([.character("1"), .character("z")], desk)
        func cursorRow() -> Int? { Fixture.frame(interface, desk, 80, 24).cursor?.row }
        for _ in 0..<30 { interface.press([.down], desk) }
        let bottom = cursorRow()
        interface.press([.up], desk)
        #expect(cursorRow() == bottom.map { $0 - 1 }, "the list stays, the cursor moves")
    }
}
