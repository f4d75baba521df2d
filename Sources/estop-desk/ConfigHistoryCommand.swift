import Console
import Desk
import Glibc
import KillSwitch
import Operators
import SafetyEngine
import Settings

/// `estop config history` and `restore`: the configurations that ran, and one of them again.
enum ConfigHistoryCommand {
    static let history = CommandTable.Command(
        "config history",
        summary: "the configurations that hosts ran with, the last first",
        discussion: ["They are estop.toml.1, estop.toml.2, ... in the state directory; the last 50 are kept."]
    )
    static let restore = CommandTable.Command(
        "config restore",
        summary: "put a configuration that ran in the place of the one that is; a host takes it over at once",
        positionals: [.init("NUMBER"), .init("REASON", .optionalWords)],
        options: [
            .init("reason", .text("WHY"), summary: "why, where it is not written as REASON"),
            .init("stdin", summary: "read the passphrase, if one is set up, from standard input"),
        ],
        discussion: [
            "What is replaced is kept beside it, as FILE.replaced; who did it is in the log (estop history). What loosens a",
            "limit of a real desk needs a reason, and an operator's passphrase where one is set up.",
            "Exit status: 0; 1 when nothing was changed (says why).",
        ]
    )

    static let confirm = CommandTable.Command(
        "config confirm",
        summary: "take over what was held back of the configuration because it loosens a limit while trading goes on",
        positionals: [.init("REASON", .optionalWords)],
        options: [
            .init("reason", .text("WHY"), summary: "why, where it is not written as REASON"),
            .init("stdin", summary: "read the passphrase, if one is set up, from standard input"),
        ],
        discussion: [
            "What tightens a limit holds at once. Exit status: 0 taken over; 1 not, or nothing waits (says why)."
        ]
    )

    @Sendable static func runConfirm(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let request = ControlRequest.confirmConfiguration(
                operatorName: host.name,
                reason: try arguments.neededReason(),
                passphrase: try host.passphrase(arguments)
            )
            return host.carryOut(request, arguments, done: "the configuration is taken over")
        }
    }

    @Sendable static func runHistory(_ arguments: Arguments) -> Int32 {
        do {
            let desk = try ChosenDesk(arguments, looking: true)
            let history = ConfigHistory(desk.killSwitch.directory)
            let current = try? Configuration.source(
                named: arguments.config,
                state: desk.killSwitch.directory.path,
                environment: .process
            )
            var rows: [(number: Int, at: String, isCurrent: Bool)] = []
            for entry in history.entries.reversed() {
                let isCurrent = try current.map { try history.text(entry.number) == $0.bytes } ?? false
                rows.append((entry.number, entry.wallMs.map { Clock.text(milliseconds: $0) } ?? "?", isCurrent))
            }
            if arguments.json {
                let all: [JSON] = rows.map { row in
                    .object([
                        .init("number", .number(row.number)), .init("at", .string(row.at)),
                        .init("is_current", .bool(row.isCurrent)),
                    ])
                }
                Output.standard.line(JSON.array(all).line)
                return 0
            }
            var table = TextTable([.init("NUMBER", .right), .init("SINCE"), .init("")])
            for row in rows {
                table.add([.init("\(row.number)"), .init(row.at), .init(row.isCurrent ? "is the file now" : "")])
            }
            EngineText.write(table, empty: "no host has run with a file yet")
            return 0
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    @Sendable static func runRestore(_ arguments: Arguments) -> Int32 {
        let word = arguments.positional("NUMBER") ?? ""
        guard let number = Int(word), number > 0 else {
            Output.error.line("estop: NUMBER is one of 'estop config history', not '\(VisibleText.line(word))'")
            return UsageError.exitStatus
        }
        do {
            let location = try StateLocation.choose(option: arguments.state)
            let directory = try StateDirectory(location.path)
            guard let text = try ConfigHistory(directory).text(number) else {
                return ChosenDesk.fail(
                    "no configuration \(number) is kept: see 'estop config history'",
                    arguments,
                    status: 1
                )
            }
            let file = try target(arguments, directory)
            let restored = try DeskConfiguration.read(text, file: file)
            // What is there may be broken: that is why somebody restores.
            let before = try? DeskConfiguration.load(named: arguments.config, state: directory.path)
            let identity = Identity.current()
            let killSwitch = KillSwitch(directory)
            let looser = loosened(by: restored, than: before, ConfigHistory(directory))
            if !looser.isEmpty { try authorize(number, looser, identity, killSwitch, arguments) }
            let what = looser.isEmpty ? "" : "; looser: \(looser.joined(separator: "; "))"
            let why = arguments.reason.isEmpty ? "" : ": \(arguments.reason)"
            try killSwitch.noteConfiguration(
                "configuration \(number) was put in the place of \(file)\(why)\(what)",
                about: file,
                identity: identity
            )
            try replace(file, with: text)
            let changes = before.map { $0.differences(to: restored) } ?? []
            if arguments.json {
                Output.standard.line(
                    JSON.object([
                        .init("file", .string(file)), .init("number", .number(number)),
                        .init("changes", .array(changes.map { .string($0) })),
                    ]).line
                )
                return 0
            }
            for change in changes { Output.standard.line(VisibleText.line(change)) }
            Output.standard.line(
                VisibleText.line(
                    "\(file) is configuration \(number) again; a host takes it over by itself, but for what loosens a limit while trading goes "
                        + "on: that waits for estop config confirm REASON"
                )
            )
            return 0
        } catch let failure as ChosenDesk.Failure {
            return ChosenDesk.fail(failure.message, arguments, status: failure.status)
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    /// What a configuration loosens of a real desk's limits: against the file that is there, and against what ran last.
    private static func loosened(
        by restored: ConfigurationReading,
        than before: ConfigurationReading?,
        _ history: ConfigHistory
    ) -> [String] {
        var found: [String] = []
        let last = history.entries.last.flatMap { try? history.text($0.number) }
        let ran = last.flatMap { try? DeskConfiguration.read($0, file: restored.file) }
        for reading in [before, ran].compactMap(\.self) where !reading.desk.engine.isPaper {
            let held = reading.desk.engine.tightened(to: restored.desk.engine).held
            found += held.filter { !found.contains($0) }
        }
        return found
    }

    /// Whoever loosens a limit by a restore needs what `config confirm` needs.
    private static func authorize(
        _ number: Int,
        _ looser: [String],
        _ identity: Identity,
        _ killSwitch: KillSwitch,
        _ arguments: Arguments
    ) throws {
        guard arguments.reason.contains(where: { !$0.isWhitespace }) else {
            throw ChosenDesk.Failure(
                message:
                    "configuration \(number) loosens limits, which needs a reason: estop config restore \(number) REASON "
                    + "(\(looser.joined(separator: "; ")))",
                status: UsageError.exitStatus
            )
        }
        let store = OperatorStore(directory: killSwitch.directory.path)
        if try store.list().isEmpty {
            guard killSwitch.directory.isOwned else {
                throw ChosenDesk.Failure(
                    message:
                        "nobody is enrolled, so only the owner of the state directory may do this: run it as that user"
                )
            }
            return
        }
        let typed = try EnginePassphrase.ask(killSwitch, identity, fromInput: arguments.flag("stdin"))
        if let why = store.objection(
            to: identity.name,
            passphrase: Passphrase(typed),
            on: killSwitch,
            identity: identity
        ) {
            throw ChosenDesk.Failure(message: why)
        }
    }

    /// The file to write, links followed: the named one; else the desk's own. A file outside of its state directory may be
    /// other desks' too: it is written only if this desk ran with exactly what it says now.
    private static func target(_ arguments: Arguments, _ directory: StateDirectory) throws -> String {
        let files = Configuration.files(named: arguments.config, state: directory.path, environment: .process)
        var file = files.first ?? "\(directory.path)/estop.toml"
        if files.count > 1 {
            let history = ConfigHistory(directory)
            for shared in files.dropFirst() {
                guard let found = try Configuration.readIfThere(shared) else { continue }
                let ran = try history.entries.contains { try history.text($0.number) == found.bytes }
                if ran, try Configuration.readIfThere(file) == nil { file = shared }
            }
        }
        guard let real = realpath(file, nil) else { return file }
        defer { free(real) }
        return String(cString: real)
    }

    /// Puts a whole file in another's place, which stays beside it.
    private static func replace(_ file: String, with text: [UInt8]) throws {
        let place = file.lastIndex(of: "/").map { file[..<$0] } ?? "."
        let name = file.lastIndex(of: "/").map { file[file.index(after: $0)...] } ?? file[...]
        var facts = stat()
        let permissions = stat(file, &facts) == 0 ? facts.st_mode & 0o777 : 0o660
        let folder = try StateDirectory(place.isEmpty ? "/" : String(place))
        if let old = try folder.read(String(name)) {
            try folder.replace("\(name).replaced", with: old, permissions: permissions)
        }
        try folder.replace(String(name), with: text, permissions: permissions)
    }
}
