import Console
import Glibc
import KillSwitch
import SafetyEngine
import Settings

/// `estop config`: what holds and where it is from, whether a file would be taken, where it is, and an example.
enum ConfigCommand {
    static let show = CommandTable.Command(
        "config show",
        summary: "every value that holds, and where it is from",
        discussion: ["Exit status: 0; 1 when the configuration is refused."]
    )

    static let check = CommandTable.Command(
        "config check",
        summary: "whether a configuration would be taken, and everything that is wrong with it",
        positionals: [.init("FILE", .optional)],
        discussion: ["Without FILE: the desk's own. Exit status: 0 sound; 1 refused, or there is none."]
    )

    static let path = CommandTable.Command(
        "config path",
        summary: "where the configuration is",
        discussion: ["Prints the file, or on stderr where one is looked for. Exit status: 0; 1 when there is none."]
    )

    static let example = CommandTable.Command(
        "config example",
        summary: "an estop.toml with every key, its unit, its default and what it is for"
    )

    @Sendable static func runShow(_ arguments: Arguments) -> Int32 {
        let reading: ConfigurationReading
        do {
            reading = try read(arguments, named: arguments.config)
        } catch {
            return refuse(error.lines, arguments)
        }
        if arguments.json {
            Output.standard.line(
                JSON.object([
                    .init("file", .text(reading.file)), .init("values", .array(reading.values.map(\.json))),
                ]).line
            )
        } else {
            Output.standard.write(text(reading, TextStyle(for: .standard)))
        }
        return 0
    }

    @Sendable static func runCheck(_ arguments: Arguments) -> Int32 {
        if let file = arguments.positional("FILE"), access(file, F_OK) != 0, errno == ENOENT {
            return refuse(["\(file): there is no such file"], arguments)
        }
        let reading: ConfigurationReading
        do {
            reading = try read(arguments, named: arguments.positional("FILE") ?? arguments.config)
        } catch {
            return refuse(error.lines, arguments)
        }
        guard reading.file != nil else {
            let what = "there is no configuration to check, so the defaults of a paper desk hold"
            return refuse([what + "; 'estop config path' says where one is looked for"], arguments)
        }
        if arguments.json {
            Output.standard.line(JSON.object([.init("file", .text(reading.file)), .init("problems", .array([]))]).line)
        } else {
            let kind = reading.console.desk.isPaper ? "a paper desk" : "a real desk"
            let changed = reading.values.count { $0.origin != .standard }
            Output.standard.line(
                VisibleText.line(
                    "\(reading.file ?? ""): sound; \(kind), \(changed) values of its own"
                )
            )
        }
        return 0
    }

    @Sendable static func runPath(_ arguments: Arguments) -> Int32 {
        let files: [String]
        let found: String?
        do {
            let state = try StateLocation.choose(option: arguments.state).path
            files = Configuration.files(named: arguments.config, state: state, environment: .process)
            found = try Configuration.source(named: arguments.config, state: state, environment: .process)?.file
        } catch {
            return refuse([error.message], arguments)
        }
        if arguments.json {
            Output.standard.line(
                JSON.object([.init("file", .text(found)), .init("looked_for", .array(files.map { .string($0) }))]).line
            )
        } else if let found {
            Output.standard.line(VisibleText.line(found))
        } else {
            Output.error.line(
                "estop: there is none, so the defaults hold; it is looked for at "
                    + VisibleText.line(files.joined(separator: ", then "))
            )
        }
        return found == nil ? 1 : 0
    }

    @Sendable static func runExample(_ arguments: Arguments) -> Int32 {
        if let why = objectionToOutput(arguments) {
            Output.error.line("estop: \(VisibleText.line(why))")
            return 1
        }
        let text = ConfigurationExample.text()
        if arguments.json {
            Output.standard.line(JSON.object([.init("example", .string(text))]).line)
        } else {
            Output.standard.write(text)
        }
        return 0
    }

    /// Why the example must not become what it is printed into: the configuration of a real desk, which the shell has emptied
    /// already; nil: it may be printed.
    private static func objectionToOutput(_ arguments: Arguments) -> String? {
        guard let state = try? StateLocation.choose(option: arguments.state).path,
            let directory = try? StateDirectory(state), directory.kind == .real
        else { return nil }
        let files = Configuration.files(named: arguments.config, state: state, environment: .process)
        var output = stat()
        guard fstat(STDOUT_FILENO, &output) == 0, output.st_mode & S_IFMT == S_IFREG else { return nil }
        let file = files.first { file in
            var status = stat()
            return stat(file, &status) == 0 && status.st_dev == output.st_dev && status.st_ino == output.st_ino
        }
        guard let file else { return nil }
        return
            "NOT PRINTED: \(file) is the configuration of the real desk in \(state), and your shell has just emptied it. A host "
            + "that runs goes on with what it said. Put it back: estop config history, then estop config restore N"
            + "\(directory.option). To have an example: estop config example > example.toml"
    }

    /// Why a host may not start on the configuration of these arguments; nil: it may. Halting never asks this.
    static func refusal(_ arguments: Arguments) -> ConfigurationRefusal? {
        guard let state = try? StateLocation.choose(option: arguments.state).path else { return nil }
        do {
            _ = try DeskConfiguration.load(named: arguments.config, state: state)
            return nil
        } catch {
            return error
        }
    }

    /// Why there is no reading.
    private struct Refusal: Error {
        var lines: [String]
    }

    private static func read(_ arguments: Arguments, named: String?) throws(Refusal) -> ConfigurationReading {
        let state: String
        do {
            state = try StateLocation.choose(option: arguments.state).path
        } catch {
            throw Refusal(lines: [error.message])
        }
        do {
            return try DeskConfiguration.load(named: named, state: state)
        } catch {
            throw Refusal(lines: error.problems.map(\.message))
        }
    }

    private static func refuse(_ lines: [String], _ arguments: Arguments) -> Int32 {
        if arguments.json {
            Output.standard.line(
                JSON.object([
                    .init("error", .error("refused", lines.first ?? "")),
                    .init("problems", .array(lines.map { .string($0) })),
                ]).line
            )
        } else {
            for line in lines { Output.error.line("estop: \(VisibleText.line(line))") }
        }
        return 1
    }

    /// The report: a table for each table of the file, with what is not the default standing out.
    private static func text(_ reading: ConfigurationReading, _ style: TextStyle) -> String {
        var table = TextTable([.init("KEY"), .init("VALUE"), .init("FROM")])
        for value in reading.values {
            let role: TextRole = value.origin == .standard ? .dim : .plain
            table.add([
                .init("\(value.table).\(value.key)", role), .init(value.value, role),
                .init(value.origin.text(file: reading.file), role),
            ])
        }
        return table.text(style: style)
    }
}

extension ConfigurationValue {
    /// The value as `estop config show --json` prints it.
    var json: JSON {
        let from: [JSON.Member] =
            switch origin {
            case .standard: [.init("from", .string("default"))]
            case .file(let line): [.init("from", .string("file")), .init("line", .integer(Int64(line)))]
            case .variable(let name): [.init("from", .string("environment")), .init("variable", .string(name))]
            }
        return .object(
            [
                .init("table", .string(table)), .init("key", .string(key)), .init("value", .string(value)),
                .init("unit", .string(unit)),
            ] + from
        )
    }
}

extension ConfigurationValue.Origin {
    /// `default`, `estop.toml:12`, `MAX_POSITIONS_ALLOWED`.
    func text(file: String?) -> String {
        switch self {
        case .standard: "default"
        case .file(let line): "\(file ?? "estop.toml"):\(line)"
        case .variable(let name): name
        }
    }
}
