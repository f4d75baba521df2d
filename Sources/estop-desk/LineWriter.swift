import Console
import Glibc
import KillSwitch
import Synchronization

/// Writes lines to standard output on a thread of its own, so that nobody waits for whoever reads them.
///
/// At most `limit` lines wait; of more the oldest are dropped, and how many is said in their place.
final class LineWriter: Sendable {
    static let limit = 1000

    private struct State {
        var lines: [String] = []
        var dropped = 0
        var isWriting = false
    }

    private let state = Mutex(State())
    private let wake = Wire()
    private let onClosed: @Sendable () -> Void
    private let said: @Sendable (Int) -> String

    /// - Parameters:
    ///   - said: the line that says how many were dropped.
    ///   - onClosed: called once when nobody can read any more.
    init(said: @escaping @Sendable (Int) -> String, onClosed: @escaping @Sendable () -> Void) {
        self.said = said
        self.onClosed = onClosed
    }

    /// Hands over lines. Never waits.
    func add(_ lines: [String]) {
        if lines.isEmpty { return }
        state.withLock { state in
            state.lines += lines
            let surplus = state.lines.count - LineWriter.limit
            if surplus > 0 {
                state.lines.removeFirst(surplus)
                state.dropped += surplus
            }
        }
        wake.pull()
    }

    /// Writes until standard output is closed. Blocks.
    func run() {
        while true {
            // A reader that has gone away shows without a write, too.
            var polled = [
                pollfd(fd: wake.readable, events: Int16(POLLIN), revents: 0),
                pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
            ]
            if poll(&polled, 2, -1) < 0 { continue }
            wake.rest()
            while let text = take() {
                let isWritten = Output.standard.write(text)
                state.withLock { $0.isWriting = false }
                if !isWritten { return onClosed() }
            }
            if polled[1].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { return onClosed() }
        }
    }

    /// What is to be written next: one line, and before it how many were dropped.
    private func take() -> String? {
        state.withLock { state in
            guard !state.lines.isEmpty else { return nil }
            state.isWriting = true
            let dropped = state.dropped
            state.dropped = 0
            let line = state.lines.removeFirst() + "\n"
            return dropped > 0 ? said(dropped) + "\n" + line : line
        }
    }

    /// Waits until all is written, at most so long.
    func finish(milliseconds: UInt64) {
        Patience.wait(milliseconds: milliseconds) { state.withLock { $0.lines.isEmpty && !$0.isWriting } }
    }
}
