import Console
import Glibc
import KillSwitch

/// The commands of estop, in one table, and who carries each out.
enum Commands {
    /// What this executable does itself, besides the halt, whose words are never refused.
    static let own: [CommandTable.Entry] = [
        .init(DeactivateCommand.command, DeactivateCommand.run),
        .init(StatusCommand.command, StatusCommand.run),
        .init(CheckCommand.command, CheckCommand.run),
        .init(GatesCommand.command, GatesCommand.run),
        .init(HistoryCommand.command, HistoryCommand.run),
        .init(OperatorCommand.add, OperatorCommand.runAdd),
        .init(OperatorCommand.list, OperatorCommand.runList),
        .init(OperatorCommand.remove, OperatorCommand.runRemove),
    ]

    /// What estop-desk does; it has their options and their help.
    static let desk: [CommandTable.Command] = [
        .init("dashboard", summary: "the full-screen dashboard; also what `estop` alone does"),
        .init(
            "watch",
            summary:
                "the dashboard; with --plain one line for each change, for screen readers, pipes and dumb terminals"
        ),
        .init("serve", summary: "the host, without a screen"),
        .init("run", summary: "run a process as a supervised bot: beats for it, stops it on a halt"),
        .init("beat", summary: "one heartbeat, from a script"),
        .init("alerts", summary: "what rules found wrong; acknowledge or silence it"),
        .init("positions", summary: "what is held, by the venues' own word; say what was paid"),
        .init("orders", summary: "open orders, the oldest first; cancel one"),
        .init("supervisors", summary: "who is expected to beat, and who does not"),
        .init("health", summary: "whether everything that watches is well"),
        .init("summary", summary: "the desk in a few lines, for people"),
        .init("breakers", summary: "every circuit breaker; reset one"),
        .init("exits", summary: "what exit rules and the cap would do; carry it out"),
        .init("cap", summary: "the position cap; enforce it"),
        .init("liquidate", summary: "sell everything in slices, within a price cap and a time; how far it is; stop it"),
        .init("dust", summary: "symbols worth too little to count; add, remove, clear"),
        .init("normalize", summary: "bring all accounts down to their caps once; --dry-run only says what it would do"),
        .init("reconnect", summary: "connect to a venue anew, and have it list everything"),
        .init("reconcile", summary: "the same as reconnect: compares what the desk knows with what the venue lists"),
        .init("ingest", summary: "hand events to the host, one JSON object a line"),
        .init("clock", summary: "take the machine's clock over after a jump"),
        .init("token", summary: "issue, list, revoke: the bearer tokens of the control API"),
        .init("replay", summary: "the dashboard as it was then, from the journal"),
        .init("audit", summary: "what was done by whom; verify the chain of its records"),
        .init("logs", summary: "the last lines of the desk's log, of a level or a part; --follow goes on"),
        .init("bench", summary: "measure the halt path against references in the same run"),
        .init("desk", summary: "convert: make a real desk a paper desk, deliberately"),
        .init("doctor", summary: "check the installation and the state directory, and say what to do"),
        .init("notify", summary: "test who is told of alerts; what waits to be told"),
        .init(
            "config",
            summary: "show, check, path, example, history, restore: what estop.toml says, may say, and said"
        ),
    ]

    static let table = CommandTable(
        summary: "the emergency stop of an automated trading platform",
        options: CommandTable.globalOptions + [.init("version", summary: "print the version")],
        commands: [ActivateCommand.command] + own.map(\.command) + desk
    )

    static func run(_ words: [String]) -> Int32 {
        // Before anything that can refuse.
        let flags = table.options.filter { $0.kind.isFlag }.flatMap(\.spellings)
        if let halting = HaltWords.halting(words, ActivateCommand.command, takesValue: takesValue, flags: flags) {
            return ActivateCommand.run(halting, in: table)
        }
        let name = firstWord(words)
        if name == nil, !words.contains(where: { ["--help", "-h", "--version"].contains($0) }) {
            return runDesk(words)
        }
        if let name, desk.contains(where: { $0.name == name }) { return runDesk(words) }
        let arguments: Arguments
        do {
            arguments = try table.parse(words)
        } catch {
            // Options of the dashboard, which has no name here: it knows them, and says what it does not know.
            if name == nil { return runDesk(words) }
            return ChosenDesk.refuse(UsageError("\(error.message)\(haltHint(name))"), words)
        }
        if arguments.flag("version") { return printVersion() }
        if arguments.wantsHelp {
            Output.standard.write(table.help(for: arguments))
            return 0
        }
        guard let entry = own.first(where: { $0.command.name == arguments.command }) else {
            Output.error.line("estop: type a command, or estop --help for the list")
            return UsageError.exitStatus
        }
        CrashPlace.name(arguments)
        return entry.run(arguments)
    }

    /// What somebody who means a halt may type first; nothing is halted then, and it has to be said how.
    private static let meantAsHalt = [
        "stop", "kill", "emergency", "panic", "abort", "stopall", "stop-all", "stop_all", "killall", "kill-switch",
        "shutdown", "pause", "freeze", "hlat", "hal", "halt!", "e-stop", "estop",
    ]

    private static func haltHint(_ name: String?) -> String {
        guard let first = name?.split(whereSeparator: \.isWhitespace).first, meantAsHalt.contains(first.lowercased())
        else { return "" }
        return "; NOTHING IS HALTED: to halt all trading type estop halt"
    }

    /// Prints the version.
    static func printVersion() -> Int32 {
        Output.standard.line("estop 1.0.0")
        return 0
    }

    /// The options with a value that may stand before a command, or without one: everywhere, and of the dashboard.
    private static let takesValue = [
        "--state", "--config", "--script", "--frame", "--size", "--theme", "--url", "--token-file", "--ca-file",
    ]

    /// The first word that is neither an option nor an option's value.
    static func firstWord(_ words: [String]) -> String? {
        var skip = false
        for word in words {
            if skip {
                skip = false
            } else if takesValue.contains(word) {
                skip = true
            } else if !word.hasPrefix("-") {
                return word
            }
        }
        return nil
    }

    /// Becomes estop-desk, which stands beside this executable.
    private static func runDesk(_ words: [String]) -> Int32 {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own.lastIndex(of: "/").map { own[..<$0] } ?? "."
        // A crash must end at once and leave the terminal as it was: the runtime's own reporter would take the keyboard.
        if getenv("SWIFT_BACKTRACE") == nil { setenv("SWIFT_BACKTRACE", "enable=no", 1) }
        let target = "\(folder)/estop-desk"
        if let screen = ScreenParent(target, words) { return screen.run() }
        var arguments: [UnsafeMutablePointer<CChar>?] = (["estop-desk"] + words).map { strdup($0) } + [nil]
        execv(target, &arguments)
        Output.error.line(
            "estop: \(target) cannot be started: \(String(cString: strerror(errno))). "
                + "Halting works without it: estop halt"
        )
        return 127
    }
}
