import Console
import Glibc
import Journal
import KillSwitch
import SafetyEngine

/// `estop supervisors drill`: pauses or kills a supervisor's process on purpose, and shows when it is missed, restarted and
/// back (FEATURES row C36).
enum DrillCommand {
    static let command = CommandTable.Command(
        "supervisors drill",
        summary: "pause or kill a bot's process on purpose, and see when it is missed, restarted and back",
        positionals: [.init("NAME")],
        options: [
            .init("pause", .duration, summary: "stop the process for so long, then let it go on; default: 30s"),
            .init("crash", summary: "kill it instead: only a configured restart brings it back"),
            .init("wait", .duration, summary: "how long it may take until it beats again; default: 2m"),
        ],
        discussion: [
            "The process is the one behind the gate of that name; you need the right to signal it.",
            "Exit status: 0 it was missed and is back; 1 not, or not missed (it says what).",
        ]
    )

    /// Between two looks, in milliseconds.
    private static let lookMs: Int = 100

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let name = arguments.positional("NAME") ?? ""
        let crashes = arguments.flag("crash")
        guard !crashes || arguments.value("pause") == nil else {
            Output.error.line("estop: --pause or --crash, not both")
            return UsageError.exitStatus
        }
        let pauseMs = arguments.duration("pause") ?? 30_000
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let seen = host.desk.killSwitch.observe()
            let gates = seen.openGates.filter { $0.name == name && $0.pid > 0 }
            guard let gate = gates.first, gates.count == 1 else {
                let many = gates.isEmpty ? "no open gate is" : "\(gates.count) open gates are"
                throw ChosenDesk.Failure(message: "\(many) called \(VisibleText.line(name)): see 'estop gates'")
            }
            guard seen.host.map({ Int64($0.pid) != Int64(gate.pid) }) ?? true else {
                throw ChosenDesk.Failure(
                    message: "\(name) runs in the host itself, which nothing may pause: drill a bot of its own process"
                )
            }
            let begin = try host.view()
            guard begin.supervisors.contains(where: { $0.name == name && $0.intervalMs > 0 }) else {
                throw ChosenDesk.Failure(message: "\(name) promised no beats, so nobody misses them")
            }
            try record(name, gate.pid, crashes ? "crash" : "pause \(pauseMs) ms", begin.atMs, host)
            // Whoever ends this command must not leave the process stopped.
            var signals = sigset_t()
            sigemptyset(&signals)
            for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
            sigprocmask(SIG_BLOCK, &signals, nil)
            let pid = pid_t(bitPattern: gate.pid)
            guard kill(pid, crashes ? SIGKILL : SIGSTOP) == 0 else {
                throw ChosenDesk.Failure(
                    message: "process \(pid) cannot be signalled: \(String(cString: strerror(errno)))"
                )
            }
            let drill = Drill(
                name: name,
                startMs: begin.atMs,
                resumeMs: crashes ? nil : begin.atMs + pauseMs,
                endMs: begin.atMs + (crashes ? 0 : pauseMs) + (arguments.duration("wait") ?? 120_000)
            )
            defer { if !crashes { kill(pid, SIGCONT) } }
            return try follow(drill, pid, &signals, host, arguments)
        }
    }

    private struct Drill {
        var name: String
        var startMs: UInt64
        /// When it goes on; nil: never by itself.
        var resumeMs: UInt64?
        var endMs: UInt64
    }

    private static func record(
        _ name: String,
        _ pid: UInt32,
        _ what: String,
        _ atMs: UInt64,
        _ host: HostQuestion
    ) throws(ChosenDesk.Failure) {
        let body = JSON.object([
            .init("supervisor", .string(name)), .init("pid", .number(pid)), .init("what", .string(what)),
        ])
        do {
            try Journal.add(
                audit: AuditEntry(
                    atMs: atMs,
                    wallMs: Clock.wallMilliseconds(),
                    who: "operator:\(Identity.current().name)",
                    what: "drill",
                    body: body.bytes
                ),
                directory: host.desk.killSwitch.directory.path
            )
        } catch {
            throw ChosenDesk.Failure(message: "not done, because it could not be recorded: \(error.message)")
        }
    }

    private static func follow(
        _ drill: Drill,
        _ pid: pid_t,
        _ signals: inout sigset_t,
        _ host: HostQuestion,
        _ arguments: Arguments
    ) throws(ChosenDesk.Failure) -> Int32 {
        var told = Told(arguments)
        told.say(0, drill.resumeMs == nil ? "killed \(pid)" : "stopped \(pid)")
        var health = Supervisor.Health.ok
        var steps = 0
        var isStopped = drill.resumeMs != nil
        while true {
            let view = try host.view()
            let sinceMs = view.atMs - min(view.atMs, drill.startMs)
            if isStopped, let resumeMs = drill.resumeMs, view.atMs >= resumeMs {
                kill(pid, SIGCONT)
                isStopped = false
                told.say(sinceMs, "let \(pid) go on")
            }
            guard let now = view.supervisors.first(where: { $0.name == drill.name }) else {
                throw ChosenDesk.Failure(message: "\(drill.name) is no supervisor any more")
            }
            if now.health != health {
                health = now.health
                told.say(sinceMs, health.rawValue)
            }
            let ours = now.recovery.filter {
                $0.kind != .lastBeat && view.atMs - min(view.atMs, $0.ageMs) >= drill.startMs
            }
            for step in ours.dropFirst(steps) {
                let atMs = view.atMs - min(view.atMs, step.ageMs)
                told.say(
                    atMs - min(atMs, drill.startMs),
                    "\(step.kind.rawValue)\(step.text.isEmpty ? "" : ": \(step.text)")"
                )
            }
            steps = max(steps, ours.count)
            if ours.contains(where: { $0.kind == .beating }) { return told.end(0, "missed, and back") }
            if ours.contains(where: { $0.kind == .leftAlone }) { return told.end(1, "missed, and left alone") }
            let isWell = !isStopped && drill.resumeMs != nil && health == .ok && now.lastBeatAgeMs ?? .max < 1_000
            if isWell, ours.isEmpty, view.atMs > (drill.resumeMs ?? 0) {
                return told.end(1, "not missed: it counts as stalled after \(now.stalledPercent) % of its interval")
            }
            if view.atMs >= drill.endMs {
                return told.end(1, ours.isEmpty ? "not missed" : "missed, and not back. \(now.note)")
            }
            var rest = timespec(tv_sec: 0, tv_nsec: lookMs * 1_000_000)
            if sigtimedwait(&signals, nil, &rest) > 0 { return told.end(1, "ended before it was over") }
        }
    }

    /// What was seen, line by line.
    private struct Told {
        private let isJSON: Bool
        private var lines: [JSON] = []

        init(_ arguments: Arguments) { isJSON = arguments.json }

        mutating func say(_ afterMs: UInt64, _ text: String) {
            lines.append(.object([.init("after_ms", .number(afterMs)), .init("what", .string(text))]))
            if !isJSON {
                Output.standard.line("+\(afterMs / 1_000).\(afterMs % 1_000 / 100) s  \(VisibleText.line(text))")
            }
        }

        func end(_ status: Int32, _ text: String) -> Int32 {
            if isJSON {
                Output.standard.line(
                    JSON.object([
                        .init("passed", .bool(status == 0)), .init("result", .string(text)),
                        .init("steps", .array(lines)),
                    ]).line
                )
            } else {
                Output.standard.line(text)
            }
            return status
        }
    }
}
