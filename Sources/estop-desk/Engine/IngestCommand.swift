import Console
import Desk
import Glibc
import KillSwitch
import SafetyEngine

/// `estop ingest`: hands events to the host, line by line.
enum IngestCommand {
    static let command = CommandTable.Command(
        "ingest",
        summary: "hand events to the host, one JSON object a line",
        positionals: [.init("FILE", .optional)],
        options: [
            .init("schema", summary: "print the JSON Schema of such a line, and hand over nothing"),
            .init("wait", .duration, summary: "how long to wait for a host that starts or stops; default: 10s"),
        ],
        discussion: [
            "FILE - (or none) is standard input. Bad lines are refused with their number and reason; the good ones count.",
            "A host that is starting or stopping takes nothing and says so: the lines are sent again, in their order, until",
            "--wait is over. What a host that died had not confirmed is named, and not sent twice.",
            "Exit status: 0 all taken and on disk; 1 some refused or not confirmed, no host, or ended by a signal.",
        ]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        if arguments.flag("schema") {
            return Output.standard.write(String(decoding: EventLine.schema, as: UTF8.self)) ? 0 : 1
        }
        let name = arguments.positional("FILE") ?? "-"
        let input = name == "-" ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else {
            return ChosenDesk.fail("\(name) cannot be read: \(String(cString: strerror(errno)))", arguments, status: 1)
        }
        defer { if input != STDIN_FILENO { close(input) } }
        let signals = IngestSignals()
        do {
            let directory = try ChosenDesk(arguments).killSwitch.directory
            let wait = arguments.duration("wait")
            var run = IngestRun(directory, asJSON: arguments.json, waitMs: wait ?? 10_000, signals: signals)
            try run.connect(isNew: true, waitsForAny: wait != nil)
            let problem = try read(input, name, &run, signals)
            return report(try run.finish(), arguments, problem)
        } catch let failure as IngestRun.Failure {
            return ChosenDesk.fail(failure.message, arguments, status: 1)
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    /// Hands over what comes, line by line, until it ends.
    ///
    /// - Returns: why it ended before its end; nil: it did not.
    private static func read(
        _ input: Int32,
        _ name: String,
        _ run: inout IngestRun,
        _ signals: IngestSignals
    ) throws(IngestRun.Failure) -> String? {
        var bytes = [UInt8](repeating: 0, count: 262_144)
        var begun: [UInt8] = []
        while true {
            var ready = [
                pollfd(fd: input, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.readable, events: Int16(POLLIN), revents: 0),
                pollfd(fd: run.readable, events: Int16(POLLIN), revents: 0),
            ]
            // A moment without a line: what was taken is put on disk, so that little is unsure when the host dies.
            if poll(&ready, 3, 100) == 0 {
                try run.pause()
                _ = poll(&ready, 3, -1)
            }
            if let number = signals.number {
                return "ended by \(IngestSignals.name(of: number)): what came after these lines was not read"
            }
            if ready[2].revents != 0 { try run.listen() }
            guard ready[0].revents != 0 else { continue }
            let count = Glibc.read(input, &bytes, bytes.count)
            // Whoever shares the other end may have it not wait.
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            if count < 0 { return "\(name) cannot be read any further: \(String(cString: strerror(errno)))" }
            if count == 0 { break }
            var lines: [[UInt8]] = []
            var rest = bytes[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(begun + rest[...end])
                begun = []
                rest = rest[(end + 1)...]
            }
            begun += rest
            if !lines.isEmpty { try run.hand(lines) }
        }
        if !begun.isEmpty { try run.hand([begun + [UInt8(ascii: "\n")]]) }
        return nil
    }

    /// Says what became of all of it.
    private static func report(_ outcome: IngestRun.Outcome, _ arguments: Arguments, _ ending: String?) -> Int32 {
        let unknown = outcome.unknown.reduce(0) { $0 + $1.count }
        if arguments.json {
            var members: [JSON.Member] = [
                .init("taken", .number(outcome.count.taken)), .init("refused", .number(outcome.count.refused)),
                .init("durable", .bool(outcome.isDurable)),
            ]
            if let problem = outcome.problem { members.append(.init("problem", .string(problem))) }
            if unknown > 0 {
                let ranges = outcome.unknown.map {
                    JSON.object([.init("from", .number($0.lowerBound)), .init("to", .number($0.upperBound))])
                }
                members.append(.init("not_confirmed", .array(ranges)))
            }
            if let ending { members.append(.init("ended", .string(ending))) }
            Output.standard.line(JSON.object([.init("flushed", .object(members))]).line)
        } else {
            Output.standard.line(
                "\(outcome.count.taken) taken, \(outcome.count.refused) refused"
                    + (outcome.isDurable
                        ? "" : "; NOT ON DISK yet: \(VisibleText.line(outcome.problem ?? "the journal is behind"))")
                    + IngestRun.words(outcome.unknown)
            )
            if let ending { Output.error.line("estop: \(VisibleText.line(ending))") }
        }
        return outcome.count.refused == 0 && outcome.isDurable && unknown == 0 && ending == nil ? 0 : 1
    }
}
