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

    /// Reports why a command failed, as text on standard error or as JSON on standard output.
    ///
    /// - Parameters:
    ///   - code: one lower-case word for programs, such as `failed`.
    ///   - status: the exit status.
    /// - Returns: the exit status.
    public static func fail(
        _ message: String,
        _ arguments: Arguments,
        code: String = "failed",
        status: Int32
    ) -> Int32 {
        report(message, code: code, asJSON: arguments.json)
        return status
    }

    /// Reports arguments that cannot be understood.
    ///
    /// - Parameter words: the arguments as they were typed: whether JSON was asked for is all that can be told from them.
    /// - Returns: the exit status.
    public static func refuse(_ error: UsageError, _ words: [String]) -> Int32 {
        report(error.message, code: "usage", asJSON: words.prefix { $0 != "--" }.contains("--json"))
        return UsageError.exitStatus
    }

    private static func report(_ message: String, code: String, asJSON: Bool) {
        if asJSON {
            Output.standard.line(JSON.object([.init("error", .error(code, message))]).line)
        } else {
            Output.error.line("estop: \(VisibleText.line(message))")
        }
    }
}

extension JSON {
    /// An error as every surface prints it, HTTP included: `{"code": "...", "message": "..."}`.
    public static func error(_ code: String, _ message: String) -> JSON {
        .object([.init("code", .string(code)), .init("message", .string(message))])
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
