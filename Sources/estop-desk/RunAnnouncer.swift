import CProcess
import Console
import Glibc
import KillSwitch

extension RunCommand {
    /// Wakes the keeper when the page's word changes: a thread of its own, because a futex cannot be polled.
    final class Waiter: Sendable {
        private let state: String
        private let changes: Int32

        private init(state: String, changes: Int32) {
            self.state = state
            self.changes = changes
        }

        /// Starts the thread; it runs as long as the process. Without it the keeper looks every 250 ms.
        ///
        /// - Parameter changes: the eventfd that counts changes.
        static func start(_ request: Request, tell changes: Int32) {
            Threads.start(Waiter(state: request.state, changes: changes)) { $0.wait() }
        }

        private func wait() {
            guard let gate = try? Gate(reading: state) else { return }
            var seen = gate.word
            // The keeper may have looked before this thread did.
            tell()
            while true {
                let word = gate.wait(from: seen, timeout: .seconds(3600))
                if word != seen { tell() }
                seen = word
            }
        }

        private func tell() {
            var one: UInt64 = 1
            write(changes, &one, 8)
        }
    }

    /// Tells people what happens, on standard error, from a thread of its own: reading the reason from the log takes time,
    /// and a terminal that nobody reads takes for ever. No halt waits for either.
    final class Announcer: Sendable {
        private let request: Request
        private let words: (out: Int32, in: Int32)
        private let done: Int32

        init?(_ request: Request) {
            var pair: [Int32] = [-1, -1]
            guard process_pipe(&pair) == 0 else { return nil }
            words = (pair[0], pair[1])
            done = process_counter()
            self.request = request
            Threads.start(self) { $0.run() }
        }

        /// Says it soon; does not wait.
        ///
        /// - Parameter number: the errno of `cannotStart`.
        func say(_ notice: Supervision.Notice, _ number: Int32 = 0) {
            var word = [notice.rawValue, number]
            write(words.in, &word, 8)
        }

        /// Waits until everything has been written, at most half a second.
        func finish() {
            close(words.in)
            var written = pollfd(fd: done, events: Int16(POLLIN), revents: 0)
            poll(&written, 1, 500)
        }

        private func run() {
            while true {
                var readable = pollfd(fd: words.out, events: Int16(POLLIN), revents: 0)
                poll(&readable, 1, -1)
                var word: [Int32] = [0, 0]
                guard read(words.out, &word, 8) == 8 else { break }
                if let notice = Supervision.Notice(rawValue: word[0]) {
                    Output.error.line("estop: " + text(notice, word[1]))
                }
            }
            var one: UInt64 = 1
            write(done, &one, 8)
        }

        private func text(_ notice: Supervision.Notice, _ number: Int32) -> String {
            let name = request.name
            let grace = DurationText.text(milliseconds: request.grace / 1_000_000)
            switch notice {
            case .stopping: return "\(name) is stopped (SIGTERM, after \(grace) SIGKILL): \(Reason(request).recorded)"
            case .killing: return "\(name) did not go within \(grace): SIGKILL"
            case .pausing: return "\(name) is paused (SIGSTOP): \(Reason(request).recorded)"
            case .continuing: return "\(name) goes on: trading is permitted again"
            case .startsPaused:
                return "\(name) starts paused, before its first instruction: \(Reason(request).recorded)"
            case .startsRefused: return "\(name) starts nevertheless (--on-halt none): \(Reason(request).recorded)"
            case .cannotStart: return "\(name) cannot be started: \(String(cString: strerror(number)))"
            case .abandoned: return "the guard of \(name) was killed, and so \(name) is"
            }
        }
    }

    /// Why the bot may not trade, for people.
    struct Reason {
        private let request: Request

        init(_ request: Request) { self.request = request }

        /// As the records have it by now.
        var now: String { look().text }

        /// As the records have it; waits up to 300 ms for one that is not on disk yet.
        var recorded: String {
            var found = look()
            for _ in 0..<15 where !found.isRecorded {
                Clock.sleep(milliseconds: 20)
                found = look()
            }
            return found.text
        }

        private func look() -> (text: String, isRecorded: Bool) {
            let configuration =
                (try? Configuration.load(named: request.config, state: request.state)) ?? Configuration()
            guard let directory = try? StateDirectory(request.state) else {
                return ("there is no state directory \(request.state)", true)
            }
            let seen = KillSwitch(directory, settings: DeskSettings(configuration)).observe()
            return (VisibleText.line(describe(seen)), seen.notDurable == nil)
        }

        private func describe(_ seen: Observation) -> String {
            if let problem = seen.pageProblem { return "nothing is known about the desk: \(problem)" }
            let covering = seen.latches.filter { $0.scope.covers(request.scope) }
            if let latch = covering.last(where: { $0.source != .watchdog }) ?? covering.last {
                let scope = latch.scope.isGlobal ? "" : " for \(latch.scope)"
                let who = latch.op.isEmpty ? latch.source.rawValue : "\(latch.op), \(latch.source.rawValue)"
                return "trading is \(latch.mode.name)\(scope): \(latch.reason) (\(who))"
            }
            if let problem = seen.modeProblem { return problem }
            if let own = TradingMode.current(), TradingMode.mode(own) != .live {
                return "TRADING_MODE=\(own) forbids it"
            }
            if seen.mode == .paper { return "the desk trades paper only, and the scope does not say venue=paper" }
            return "trading is \(seen.mode.name)"
        }
    }

    /// Threads that run as long as the process.
    enum Threads {
        private final class Start: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }

        static func start<Body: Sendable>(_ body: Body, _ run: @escaping @Sendable (Body) -> Void) {
            let start = Start { run(body) }
            var thread = pthread_t()
            let context = Unmanaged.passRetained(start).toOpaque()
            let failed = pthread_create(
                &thread,
                nil,
                { context in
                    if let context { Unmanaged<Start>.fromOpaque(context).takeRetainedValue().run() }
                    return nil
                },
                context
            )
            if failed != 0 { Unmanaged<Start>.fromOpaque(context).release() } else { pthread_detach(thread) }
        }
    }
}
