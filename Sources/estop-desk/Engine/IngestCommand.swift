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
        options: [.init("schema", summary: "print the JSON Schema of such a line, and hand over nothing")],
        discussion: [
            "FILE - (or none) is standard input. Bad lines are refused with their number and reason; the good ones count.",
            "Exit status: 0 all taken and on disk; 1 some refused, or no host.",
        ]
    )

    /// How long the host may take to put what came on disk, in milliseconds.
    private static let patienceMs: UInt64 = 60_000

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
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            do throws(ControlClient.Failure) {
                return try hand(input, to: host.client, arguments)
            } catch {
                throw ChosenDesk.Failure(message: error.message)
            }
        }
    }

    private static func hand(
        _ input: Int32,
        to client: ControlClient,
        _ arguments: Arguments
    ) throws(ControlClient.Failure) -> Int32 {
        var bytes = [UInt8](repeating: 0, count: 262_144)
        var endsWithNewline = true
        // What comes may come late, and the host does not wait for long until a connection has said something: a space, which
        // stands before the first line and means nothing.
        var ready = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        if poll(&ready, 1, 2_000) == 0 { try client.send(" ".utf8) }
        while true {
            let count = read(input, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            try client.send(bytes[..<count])
            endsWithNewline = bytes[count - 1] == UInt8(ascii: "\n")
            // Refusals are taken as they come: a host whose answers nobody reads stops reading.
            while let line = try client.line(within: 0) { tell(line, arguments) }
        }
        if !endsWithNewline { try client.send("\n".utf8) }
        try client.send(.flush)
        while let line = try client.line(within: patienceMs) {
            guard let object = JSON(bytes: line), let flushed = object["flushed"] else {
                tell(line, arguments)
                continue
            }
            let refused = flushed["refused"]?.integer ?? 0
            let isDurable = flushed["durable"] == .bool(true)
            if arguments.json {
                Output.standard.line(object.line)
            } else {
                let taken = flushed["taken"]?.integer ?? 0
                Output.standard.line(
                    "\(taken) taken, \(refused) refused"
                        + (isDurable
                            ? "" : "; NOT ON DISK yet: \(flushed["problem"]?.string ?? "the journal is behind")")
                )
            }
            return refused == 0 && isDurable ? 0 : 1
        }
        return ChosenDesk.fail("the host took the lines but did not say what became of them", arguments, status: 1)
    }

    private static func tell(_ line: [UInt8], _ arguments: Arguments) {
        guard let object = JSON(bytes: line), let refused = object["refused"], !arguments.json else {
            _ = Output.standard.line(String(decoding: line, as: UTF8.self))
            return
        }
        Output.error.line(
            "line \(refused["line"]?.integer ?? 0): \(VisibleText.line(refused["why"]?.string ?? "refused"))"
        )
    }
}
