import CProcess
import Console
import Glibc
import KillSwitch

/// One run of a target's command.
enum CommandRun {
    /// Bytes of its words that are kept: only the last line is ever shown.
    private static let kept = 4_096

    /// Starts the command, without a shell, and waits for its end; then, or when its time is over, it is killed with
    /// whatever is left of its process group.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - environment: added to the process's own.
    ///   - input: what it finds on its standard input.
    ///   - timeoutMs: the limit.
    ///   - cancel: a descriptor whose readability ends it at once.
    static func run(
        _ command: [String],
        environment: [(name: String, value: String)],
        input: [UInt8],
        timeoutMs: UInt64,
        cancel: Int32
    ) -> Outcome {
        guard let program = command.first, !program.isEmpty else { return .refused("there is no command") }
        var output: Int32 = -1
        var end: Int32 = -1
        var error: Int32 = 0
        let variables = environment.map { "\($0.name)=\($0.value)" }
        let started = CStrings.with(command) { arguments in
            CStrings.with(variables) { variables in
                input.withUnsafeBytes { input in
                    var request = process_command()
                    request.arguments = arguments
                    request.environment = variables
                    request.input = input.baseAddress
                    request.length = UInt64(input.count)
                    let pid = process_start_command(&request, &output, &end)
                    error = errno
                    return pid
                }
            }
        }
        guard let pid = started.flatMap({ $0 }), pid > 0 else {
            return .failed("\(program) cannot be started: \(String(cString: strerror(error)))", retryAfterMs: nil)
        }
        defer {
            close(output)
            close(end)
        }
        return attend(pid, program, output, end, timeoutMs, cancel)
    }

    private static func attend(
        _ pid: Int32,
        _ program: String,
        _ output: Int32,
        _ end: Int32,
        _ timeoutMs: UInt64,
        _ cancel: Int32
    ) -> Outcome {
        let begin = Clock.boottime() / 1_000_000
        var words = LastWords(limit: kept)
        var listening = true
        while true {
            let waited = Clock.boottime() / 1_000_000 - begin
            let left = timeoutMs > waited ? timeoutMs - waited : 0
            var ready = [end, listening ? output : -1, cancel].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            _ = poll(&ready, nfds_t(ready.count), Int32(clamping: left))
            if ready[1].revents != 0 { listening = words.take(from: output) }
            if ready[0].revents != 0 {
                var status: Int32 = 0
                let ended = process_has_ended(pid, &status)
                if ended == 0 { continue }
                _ = words.take(from: output)
                guard ended == 1 else { return .failed("\(program): somebody else took its status", retryAfterMs: nil) }
                process_forget(pid)
                return outcome(program, status, words)
            }
            let cancelled = ready[2].revents != 0
            if cancelled || left == 0 {
                process_forget(pid)
                return cancelled
                    ? .cancelled
                    : .failed("\(program) was killed: it took more than \(timeoutMs) ms", retryAfterMs: nil)
            }
        }
    }

    private static func outcome(_ program: String, _ status: Int32, _ words: LastWords) -> Outcome {
        let code = process_exit_status(status)
        if code == 0 { return .delivered }
        let line = words.lastLine
        let end = code > 0 ? "ended with status \(code)" : "was killed by signal \(process_end_signal(status))"
        return .failed("\(program) \(end)\(line.isEmpty ? "" : ": \(line)")", retryAfterMs: nil)
    }
}

/// The end of what a command wrote.
struct LastWords {
    private let limit: Int
    private var bytes: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    /// Takes what is there without waiting, at most 1 MiB at a time; false when nothing will come any more.
    mutating func take(from descriptor: Int32) -> Bool {
        var part = [UInt8](repeating: 0, count: 16_384)
        for _ in 0..<64 {
            let count = read(descriptor, &part, part.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            bytes.append(contentsOf: part.prefix(count))
            bytes.removeFirst(max(0, bytes.count - limit))
        }
        return true
    }

    /// The last line that is not blank, made safe to show.
    var lastLine: String {
        let lines = bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
        let text = lines.last { line in line.contains { $0 != 0x20 && $0 != 0x09 } } ?? []
        return Cut.to(160, VisibleText.line(String(decoding: text, as: UTF8.self)))
    }
}
