import Dashboard
import Emulator
import Glibc
import SafetyEngine
import Testing

@testable import Terminal

/// Tests that take the process's one screen: one after another.
@Suite(.serialized) enum OneTerminal {}

/// A pseudo-terminal whose other end the test holds.
struct Pseudoterminal {
    let master: Int32
    let slave: Int32

    init(rows: Int, columns: Int) throws {
        var ends: (master: Int32, slave: Int32) = (-1, -1)
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&ends.master, &ends.slave, nil, nil, &size) == 0)
        (master, slave) = ends
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
    }

    func resize(rows: Int, columns: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
    }

    func close() {
        Glibc.close(master)
        Glibc.close(slave)
    }
}

/// The real backend on a pseudo-terminal, with an emulator at its other end that has read all there is whenever
/// `flush` returns: every byte is counted, so that nothing is waited for by time.
final class EmulatedBackend: Backend {
    let base = CursesBackend()
    let terminal: Pseudoterminal
    var emulator: Emulator
    /// What came since this was emptied.
    var received: [UInt8] = []
    private var outstanding = 0

    init(_ terminal: Pseudoterminal, width: Int, height: Int) {
        self.terminal = terminal
        emulator = Emulator(width: width, height: height)
    }

    func open() -> Capabilities? { base.open() }
    func close() { base.close() }
    func takeSignals() -> TerminalSignals { base.takeSignals() }
    func measure() -> (rows: Int, columns: Int) { base.measure() }
    // Left and taken back, without the stop between.
    func suspend() { base.resume() }
    func resume() { base.resume() }
    func put(_ cells: [UInt32], row: Int, column: Int, look: Look) {
        base.put(cells, row: row, column: column, look: look)
    }
    func place(cursor: (row: Int, column: Int)?) { base.place(cursor: cursor) }
    func entitle(_ title: String) { base.entitle(title) }
    func redraw() { base.redraw() }
    func wait(ms: UInt64) {}

    func present() -> Int {
        let count = base.present()
        outstanding += count
        return count
    }

    func ask() {
        base.ask()
        outstanding += 4
    }

    func flush() -> Int {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while outstanding > 0 {
            _ = base.flush()
            var polled = pollfd(fd: terminal.master, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 10_000) > 0 else {
                Issue.record("\(outstanding) bytes do not arrive")
                outstanding = 0
                return 0
            }
            let count = read(terminal.master, &bytes, bytes.count)
            guard count > 0 else { continue }
            outstanding -= count
            received += bytes[..<count]
            emulator.feed(bytes[..<count])
        }
        return 0
    }
}
