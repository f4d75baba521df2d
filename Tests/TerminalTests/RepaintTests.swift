import CTerminal
import Dashboard
import Emulator
import Glibc
import SafetyEngine
import Testing

@testable import Terminal

extension OneTerminal {
    /// What is painted bit by bit is what a repaint of everything paints, and is what the frame says.
    struct RepaintTests {
        static let isLong = getenv("ESTOP_LONG") != nil
        static let terminals = ["xterm-256color", "tmux-256color", "xterm", "vt100"]
        static let sizes = [(120, 40), (80, 24), (200, 60), (40, 10), (20, 5), (10, 3), (2, 2), (1, 1), (131, 37)]
        static let keys: [Key] =
            [
                .up, .down, .pageUp, .pageDown, .tab, .backTab, .enter, .escape, .home, .end, .backspace, .left, .right,
                .control("k"), .control("l"), .control("c"), .control("z"),
            ] + "K?R1234567jkgGqszT:/ yRESUME漢é".map { .character($0) }

        @Test(arguments: terminals, [false, true])
        func whatIsPaintedBitByBitIsWhatARepaintPaints(_ terminal: String, ascii: Bool) throws {
            setenv("TERM", terminal, 1)
            setenv("LC_ALL", "C.UTF-8", 1)
            let seed = getenv("ESTOP_SEED").flatMap { UInt64(String(cString: $0)) } ?? (ascii ? 11 : 7)
            let events = RepaintTests.isLong ? 10_000 : 150
            var world = try World(seed: seed, ascii: ascii)
            defer { world.close() }
            let opened = world.painter.open()
            try #require(opened)
            for number in 0..<events {
                world.event()
                if number % (RepaintTests.isLong ? 10 : 3) == 0 || number == events - 1 {
                    let differences = world.differences()
                    try #require(
                        differences.isEmpty,
                        "TERM=\(terminal) ascii=\(ascii) ESTOP_SEED=\(seed), event \(number): \(differences)"
                    )
                }
            }
            #expect(world.backend.emulator.unknown.isEmpty)
        }
    }

    /// A painter, a session that nobody runs, and time that the test makes.
    struct World {
        var source: Seeded
        let backend: EmulatedBackend
        let session: Session
        var painter: Painter
        var nowMs = Clock.monotonicMs()
        var signals: TerminalSignals = []

        init(seed: UInt64, ascii: Bool) throws {
            source = Seeded(state: seed)
            let terminal = try Pseudoterminal(rows: 40, columns: 120)
            try #require(term_guard(terminal.slave, terminal.slave) == 0)
            backend = EmulatedBackend(terminal, width: 120, height: 40)
            var options = SessionOptions(mono: false, ascii: ascii)
            options.terminal = terminal.slave
            session = Session(
                actions: SessionTests.Desk().actions,
                initial: Desks.random(&source),
                options: options
            )
            painter = Painter(session: session, backend: backend)
        }

        func close() {
            term_restore()
            term_unguard()
            backend.terminal.close()
        }

        mutating func event() {
            switch Int.random(in: 0..<20, using: &source) {
            case 0..<11: press(RepaintTests.keys.randomElement(using: &source) ?? .up)
            case 11..<14: session.update(Desks.random(&source))
            case 14: resize()
            case 15: signals.insert(.continued)
            case 16: session.notify("something was said: 漢字")
            case 17: session.handle(.paste("pasted 漢 K"), halted: false, wordBefore: nil)
            default: nowMs += UInt64.random(in: 1...3000, using: &source)
            }
            nowMs += UInt64.random(in: 1...120, using: &source)
            for _ in 0..<3 {
                _ = painter.step(signals, nowMs: nowMs)
                signals = []
                answer()
            }
        }

        private func press(_ key: Key) {
            let event = InputEvent.key(key)
            let halts = HaltKey.halts(event, isTyping: session.isTyping)
            session.handle(event, halted: halts, wordBefore: session.lastWord)
        }

        private mutating func resize() {
            let (width, height) = RepaintTests.sizes.randomElement(using: &source) ?? (80, 24)
            backend.terminal.resize(rows: height, columns: width)
            backend.emulator.resize(width: width, height: height)
            signals.insert(.resized)
        }

        /// Plays the terminal, which answers what it is asked.
        func answer() {
            if !backend.emulator.replies.isEmpty { session.answered(backend.emulator.replies.count / 4) }
            backend.emulator.replies = []
        }

        /// Where the screen differs from what a repaint of everything makes, and from the frame.
        mutating func differences() -> [String] {
            let before = backend.emulator
            backend.received = []
            backend.redraw()
            _ = backend.present()
            _ = backend.flush()
            var fresh = Emulator(width: before.width, height: before.height)
            fresh.feed(backend.received)
            guard let frame = painter.shown else { return ["no frame"] }
            guard frame.width == before.width, frame.height == before.height else { return ["another size"] }
            var differences: [String] = []
            if before.unknown != [] { differences.append("unknown: \(before.unknown)") }
            if !isVT100, before.isCursorShown != (frame.cursor != nil) { differences.append("cursor shown or not") }
            if let cursor = frame.cursor, before.cursor != cursor { differences.append("cursor \(before.cursor)") }
            let (theme, depth) = (painter.theme, painter.depth)
            for row in 0..<frame.height {
                for column in 0..<frame.width {
                    let cell = before[row, column]
                    if visible(cell) != visible(fresh[row, column]) {
                        differences.append("\(row),\(column): \(cell), a repaint has \(fresh[row, column])")
                    }
                    let wanted = visible(cellOf(frame[row, column], theme, depth))
                    if visible(cell, dims: !isVT100) != visible(wanted, dims: !isVT100) {
                        differences.append("\(row),\(column): \(cell), the frame has \(wanted)")
                    }
                }
            }
            return Array(differences.prefix(4))
        }

        /// It has no dim letters, and no way to hide the cursor.
        private var isVT100: Bool { String(cString: term_name()) == "vt100" }

        private func cellOf(_ cell: Cell, _ theme: Theme, _ depth: Theme.Depth) -> ScreenCell {
            let look = theme[cell.role, depth]
            var wanted = ScreenCell()
            (wanted.base, wanted.mark, wanted.isContinuation) = (cell.base, cell.mark, cell.isContinuation)
            wanted.style.foreground = Int(look.foreground)
            wanted.style.background = Int(look.background)
            for (bit, flag) in [
                (TERM_BOLD, Style.Flags.bold), (TERM_DIM, .dim), (TERM_UNDERLINE, .underline), (TERM_REVERSE, .reverse),
            ] where Int(look.attributes) & bit != 0 { wanted.style.flags.insert(flag) }
            return wanted
        }

        /// What can be seen: of a blank only what is behind it, or under it.
        private func visible(_ cell: ScreenCell, dims: Bool = true) -> ScreenCell {
            var cell = cell
            if !dims { cell.style.flags.remove(.dim) }
            // Both halves of a wide character are one character: its left half says all.
            if cell.isContinuation { cell.base = 0x20 }
            let isBlank = cell.base == 0x20 && cell.style.flags.isDisjoint(with: [.underline, .reverse])
            if isBlank {
                cell.style.foreground = -1
                cell.style.flags = []
            }
            return cell
        }
    }
}
