import Console
import Glibc
import KillSwitch
import Terminal

/// `estop`: the full-screen dashboard, attached to the host that runs, or, on a paper desk without one, hosting it itself.
enum DashboardCommand {
    static let command = CommandTable.Command(
        "dashboard",
        summary: "the full-screen dashboard; also what `estop` alone does",
        options: screenOptions + [
            .init(
                "script",
                .text("FILE"),
                summary: "press the keys of a script, without a terminal (-: standard input)"
            ),
            .init("frame", .text("FILE"), summary: "write the screen as text, after the script (-: standard output)"),
            .init("size", .text("COLUMNSxROWS"), summary: "the size of that screen; default: 120x40"),
            .init("roles", summary: "write the role of each cell behind the text"),
        ],
        discussion: ["K halts at once, from everywhere. Quitting changes nothing for trading.", ""]
            + ScriptSyntax.help
    )

    /// How the screen looks.
    static let screenOptions: [CommandTable.Option] =
        [
            .init("mono", summary: "no colours (as NO_COLOR does)"),
            .init("ascii", summary: "no characters beyond ASCII"),
            .init("theme", .text("NAME"), summary: "the theme to begin with (or ESTOP_THEME)"),
        ] + ChosenCockpit.options

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        if arguments.value("script") != nil || arguments.value("frame") != nil { return ScriptCommand.run(arguments) }
        for name in ["size", "roles"] where arguments.value(name) != nil || arguments.flag(name) {
            Output.error.line("estop: --\(name) is about a written screen: type it with --frame FILE")
            return UsageError.exitStatus
        }
        // It starts as another terminal would, and would be drawn over by what it cannot do: as 'estop watch'.
        if Environment.process["TERM"] == "dumb" {
            Output.error.line("estop: TERM=dumb cannot show the dashboard: plain lines instead, which host no desk")
            return WatchCommand.run(arguments)
        }
        return show(arguments, attached(arguments))
    }

    /// What the dashboard is attached to: the desk of the arguments, or a demo.
    static func attached(_ arguments: Arguments) -> ([String]) throws(ChosenDesk.Failure) -> any Cockpit {
        { notices throws(ChosenDesk.Failure) in
            try ChosenCockpit.open(arguments, notices: notices, hosting: true)
        }
    }

    /// Shows the dashboard on the terminal.
    ///
    /// - Parameter open: opens what it is attached to, given what the operator ought to know besides.
    static func show(
        _ arguments: Arguments,
        _ open: ([String]) throws(ChosenDesk.Failure) -> any Cockpit
    ) -> Int32 {
        let theme: ChosenTheme
        do {
            theme = try ChosenTheme(arguments)
            _ = try ChosenCockpit.isDemo(arguments)
        } catch {
            Output.error.line("estop: \(error.message)")
            return UsageError.exitStatus
        }
        guard isatty(STDIN_FILENO) == 1 || isatty(STDOUT_FILENO) == 1 else {
            return ChosenDesk.fail(
                "the dashboard needs a terminal; without one use 'estop watch --plain', 'estop halt', 'estop serve'",
                arguments,
                status: 1
            )
        }
        let cockpit: any Cockpit
        do {
            cockpit = try open(theme.notices)
        } catch {
            return ChosenDesk.fail(error.message, arguments, status: 1)
        }
        let options = SessionOptions(
            mono: arguments.flag("mono"),
            ascii: arguments.flag("ascii"),
            themes: theme.library,
            theme: theme.name
        )
        let session = Session(actions: cockpit.actions, initial: cockpit.first(), options: options)
        cockpit.start(deliver: { session.update($0) }, notify: { session.notify($0) })
        let status = session.run()
        cockpit.stop()
        if status == Session.noTerminalStatus {
            Output.error.line(
                "estop: the terminal cannot show the dashboard (TERM?); use 'estop watch --plain', 'estop halt'"
            )
        }
        return status
    }
}
