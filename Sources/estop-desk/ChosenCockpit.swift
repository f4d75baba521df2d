import Console
import Demo
import KillSwitch

extension DemoDesk: DemoSource {}

/// The desk that a screen, a script or a plain watch is attached to: the real one of the arguments, with `--url` one on
/// another machine, or with `--demo` a recorded one, for which no state directory is looked for, made or touched.
enum ChosenCockpit {
    /// The options that choose it.
    static let options: [CommandTable.Option] =
        [
            .init("demo", summary: "a recorded desk, marked DEMO: K halts only it, and nothing is written")
        ] + ChosenRemote.options

    /// Whether it is a demo.
    ///
    /// - Throws: `UsageError` when a desk is chosen besides, or one on another machine cannot be asked like that.
    static func isDemo(_ arguments: Arguments) throws(UsageError) -> Bool {
        if try ChosenRemote(arguments) != nil { return false }
        guard arguments.flag("demo") else { return false }
        if arguments.state != nil || arguments.config != nil {
            throw UsageError("--demo is no desk of a state directory: leave out --state and --config, or --demo")
        }
        return true
    }

    /// Opens it.
    ///
    /// - Parameters:
    ///   - notices: what the operator ought to know besides.
    ///   - hosting: become the desk's host, where it may be hosted here and no other runs.
    static func open(
        _ arguments: Arguments,
        notices: [String] = [],
        hosting: Bool
    ) throws(ChosenDesk.Failure) -> any Cockpit {
        if arguments.flag("demo") { return DemoCockpit<DemoDesk>(notices: notices) }
        do throws(UsageError) {
            if let remote = try ChosenRemote(arguments) { return RemoteCockpit(remote, notices: notices) }
        } catch {
            throw ChosenDesk.Failure(message: error.message)
        }
        var desk = try OpenedDesk(arguments)
        desk.notices += notices
        return DeskCockpit(desk, hosting: hosting)
    }
}
