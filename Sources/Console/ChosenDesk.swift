public import KillSwitch

/// The desk that a command is about, opened: its switch and its configuration; and how a command says that it failed.
public struct ChosenDesk: Sendable {
    /// The desk's kill switch.
    public let killSwitch: KillSwitch
    /// The desk's configuration.
    public let configuration: Configuration

    /// Why a command cannot begin.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What is wrong and what to do.
        public let message: String
        /// The message.
        public var description: String { message }

        /// Creates a failure.
        public init(message: String) { self.message = message }
    }

    /// Opens the desk of the arguments.
    ///
    /// - Parameter create: make the state directory when it is not there.
    /// - Throws: `Failure` for a directory that is not there or a configuration that cannot be used.
    public init(_ arguments: Arguments, create: Bool = false) throws(Failure) {
        do {
            let location = try StateLocation.choose(option: arguments.state)
            configuration = try Configuration.load(named: arguments.config, state: location.path)
            killSwitch = KillSwitch(
                try StateDirectory(location.path, create: create),
                settings: DeskSettings(configuration)
            )
        } catch {
            throw Failure(message: "\(error)")
        }
    }

    /// Says why a command failed, as text or JSON, and returns its exit status.
    public static func fail(_ message: String, _ arguments: Arguments, status: Int32) -> Int32 {
        if arguments.json {
            Output.standard.line(JSON.object([.init("error", .string(message))]).line)
        } else {
            Output.error.line("estop: \(VisibleText.line(message))")
        }
        return status
    }
}

extension DeskSettings {
    /// What the configuration says about the switch.
    public init(_ configuration: Configuration) {
        self.init(
            name: configuration.desk.name,
            paper: configuration.desk.isPaper,
            runDirectory: configuration.host.runDirectory,
            stopFilePaths: configuration.stopFile.paths,
            deadMan: configuration.deadMan.limitMilliseconds * 1_000_000,
            approvals: configuration.resume.approvals
        )
    }
}
