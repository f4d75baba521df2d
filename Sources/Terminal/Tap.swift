import CTerminal
import Dashboard
import Glibc

/// The keyboard. A thread that reads the terminal and halts; it never writes to the terminal and waits for nothing but
/// keys, so that a stalled link, a stopped output or a slow repaint cannot delay K.
///
/// Read this file and `HaltKey` to know how a K becomes a halt: read, decode, decide, call. No lock is taken between
/// the read and the call.
struct Tap: Sendable {
    let session: Session
    let terminal: Int32
    /// Becomes readable when the session ends.
    let stop: Int32

    func run() {
        var decoder = KeyDecoder()
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            switch wait(until: decoder.deadlineMs) {
            case .stopped:
                return
            case .timeout:
                take(decoder.timeout(nowMs: Clock.monotonicMs()))
            case .readable:
                let count = read(terminal, &bytes, bytes.count)
                if count > 0 {
                    take(decoder.feed(bytes[..<count], nowMs: Clock.monotonicMs()))
                    let answers = decoder.takeAnswers()
                    if answers > 0 { session.answered(answers) }
                } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
                    // Hung up: end of file, or EIO. Nothing will come any more, and looking again would burn the CPU.
                    session.end(status: Session.hangUpStatus)
                    return
                }
            }
        }
    }

    private func take(_ events: [InputEvent]) {
        for event in events {
            let halts = HaltKey.halts(event, isTyping: session.isTyping)
            let wordBefore = session.lastWord
            if halts { session.actions.halt() }
            session.handle(event, halted: halts, wordBefore: wordBefore, isAlone: events.count == 1)
        }
        // One wake-up for all that was read: the painter paints once.
        if events.count > 1 { term_wake() }
    }

    private enum Wait {
        case readable
        case timeout
        case stopped
    }

    private func wait(until deadlineMs: UInt64?) -> Wait {
        var polled = [
            pollfd(fd: terminal, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        ]
        let now = Clock.monotonicMs()
        let ms = deadlineMs.map { Int32(clamping: $0 > now ? $0 - now : 0) } ?? -1
        let ready = poll(&polled, 2, ms)
        if ready == 0 || ready < 0 { return .timeout }
        // Keys first: a K that came with the end still halts.
        if polled[0].revents != 0 { return .readable }
        return .stopped
    }
}
