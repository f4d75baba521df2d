import Dashboard
import Glibc
import SafetyEngine
import Testing

@testable import Terminal

/// A terminal that only remembers what it was told.
final class RecordingBackend: Backend {
    var size = (rows: 24, columns: 80)
    var rows: [Int: Int] = [:]
    var titles: [String] = []
    var frames = 0
    var questions = 0
    var redraws = 0
    var suspensions = 0
    /// How much every frame takes, and how much of it the terminal does not take yet.
    var frameBytes = 100
    var stuck = 0

    func open() -> Capabilities? { Capabilities(name: "xterm", colors: 8, isUTF8: true) }
    func close() {}
    func takeSignals() -> TerminalSignals { [] }
    func measure() -> (rows: Int, columns: Int) { size }
    func suspend() { suspensions += 1 }
    func resume() {}
    func put(_ cells: [UInt32], row: Int, column: Int, look: Look) { rows[row, default: 0] += 1 }
    func place(cursor: (row: Int, column: Int)?) {}
    func entitle(_ title: String) { titles.append(title) }
    func redraw() { redraws += 1 }
    func ask() { questions += 1 }
    func flush() -> Int { stuck }
    func wait(ms: UInt64) {}

    func present() -> Int {
        frames += 1
        return frameBytes
    }
}

/// What is painted when, without a terminal.
struct PainterTests {
    let backend = RecordingBackend()
    let session: Session
    var painter: Painter
    let startMs = Clock.monotonicMs()
    var nowMs: UInt64

    init() {
        nowMs = startMs
        var options = SessionOptions()
        options.terminal = -1
        var source = Seeded(state: 3)
        var desk = Desks.random(&source)
        desk.deskName = "al\u{1b}]2;x\u{07}é"
        desk.freshness = .live(ageMs: 0)
        session = Session(actions: OneTerminal.SessionTests.Desk().actions, initial: desk, options: options)
        painter = Painter(session: session, backend: backend)
        setenv("TERM", "xterm", 1)
        _ = painter.open()
    }

    /// Steps until nothing is due; the time until something is.
    mutating func settle() -> UInt64 {
        for _ in 0..<10 {
            let due = painter.step([], nowMs: nowMs, wallMs: 1_795_262_653_000 + Int64(nowMs - startMs))
            if due > nowMs { return due - nowMs }
        }
        Issue.record("it never rests")
        return 0
    }

    func press(_ key: Key) { session.handle(.key(key), halted: false, wordBefore: nil) }

    @Test mutating func aKeyIsPaintedAtOnceAndOnlyTheRowsThatChanged() {
        _ = settle()
        let (before, frames) = (backend.rows, backend.frames)
        #expect(before.count == 24)
        backend.rows = [:]
        press(.tab)
        _ = settle()
        #expect(backend.frames == frames + 1)
        #expect((1...12).contains(backend.rows.count), "\(backend.rows.count) rows of 24")
    }

    @Test mutating func manyKeysOfOneReadAreOneFrame() {
        _ = settle()
        let frames = backend.frames
        for _ in 0..<500 { press(.down) }
        _ = settle()
        #expect(backend.frames == frames + 1)
    }

    @Test mutating func newsArePaintedTenTimesASecondAtMost() {
        _ = settle()
        let frames = backend.frames
        var source = Seeded(state: 5)
        for _ in 0..<1000 {
            session.update(Desks.random(&source))
            _ = settle()
            session.answered(1)
            nowMs += 2
        }
        #expect((15...21).contains(backend.frames - frames), "\(backend.frames - frames) frames in two seconds")
    }

    @Test mutating func nothingIsPaintedBehindAFrameThatIsNotConfirmed() {
        backend.frameBytes = 5000
        _ = settle()
        #expect(backend.frames == 1 && backend.questions == 1)
        press(.tab)
        _ = settle()
        #expect(backend.frames == 1, "held back")
        session.answered(1)
        _ = settle()
        #expect(backend.frames == 2 && backend.questions == 2)
        press(.tab)
        _ = settle()
        #expect(backend.frames == 2)
        let wait = settle()
        nowMs += wait
        _ = settle()
        #expect(backend.frames == 3, "after \(wait) ms without an answer")
    }

    @Test mutating func nothingIsPaintedWhileTheTerminalTakesNothing() {
        _ = settle()
        backend.stuck = 10
        press(.tab)
        nowMs += 60_000
        _ = settle()
        #expect(backend.frames == 1)
        backend.stuck = 0
        _ = settle()
        #expect(backend.frames == 2)
    }

    @Test mutating func aResizePaintsEverything() {
        _ = settle()
        backend.rows = [:]
        backend.size = (10, 40)
        _ = painter.step(.resized, nowMs: nowMs)
        _ = settle()
        #expect(backend.rows.count == 10)
        #expect(painter.shown?.width == 40)
    }

    @Test mutating func controlLAndControlZAreHeeded() {
        _ = settle()
        backend.rows = [:]
        press(.control("l"))
        _ = settle()
        #expect(backend.redraws == 1 && backend.rows.count == 24)
        press(.control("z"))
        let titles = backend.titles.count
        _ = settle()
        #expect(backend.suspensions == 1)
        #expect(backend.titles.count == titles + 1, "the title is set again")
    }

    @Test mutating func theTitleIsSetWhenItChangesAndIsPlain() {
        _ = settle()
        press(.tab)
        nowMs += 5000
        _ = settle()
        #expect(backend.titles.count == 1)
        let title = backend.titles.first ?? ""
        #expect(title.hasSuffix(" - al?]2;x??"))
        #expect(title.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
    }
}
