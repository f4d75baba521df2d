public import KillSwitch

/// The desk that a command is about, opened: its switch and its configuration; and how a command says that it failed.
public struct ChosenDesk: Sendable {
    /// The desk's kill switch.
    public let killSwitch: KillSwitch
    /// The desk's configuration.
    public let configuration: Configuration
    /// What is wrong with the configuration on disk, and what holds meanwhile; nil: it can be used.
    public let configurationProblem: String?

    /// Why a command cannot begin.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What is wrong and what to do.
        public let message: String
        /// The exit status.
        public let status: Int32
        /// The message.
        public var description: String { message }

        /// Creates a failure.
        ///
        /// - Parameters:
        ///   - message: What is wrong and what to do.
        ///   - status: The exit status.
        public init(message: String, status: Int32 = 1) {
            self.message = message
            self.status = status
        }
    }

    /// Opens the desk of the arguments.
    ///
    /// - Parameters:
    ///   - create: make the state directory when it is not there: for whoever may become its host, and takes no configuration
    ///     that is broken.
    ///   - looking: the command only looks. It goes on where the configuration is broken, as a halt does, and says so on
    ///     standard error. Any other goes on only while a host runs, by what that one started with.
    ///   - saysSo: whether a broken configuration is said on standard error.
    /// - Throws: `Failure` for a directory that is not there or a configuration that cannot be used.
    public init(
        _ arguments: Arguments,
        create: Bool = false,
        looking: Bool = false,
        saysSo: Bool = true
    ) throws(Failure) {
        do {
            let location = try StateLocation.choose(option: arguments.state)
            do {
                configuration = try Configuration.load(named: arguments.config, state: location.path)
            } catch {
                guard !create else { throw error }
                let directory = try StateDirectory(location.path)
                let host = KillSwitch(directory).observe().host
                guard looking || host?.settings != nil else { throw error }
                (configuration, killSwitch) = (Configuration(), ChosenDesk.fallback(directory, host))
                let meanwhile =
                    host.map { "the host (pid \($0.pid)) goes on by the one that it started with" }
                    ?? "no host runs, and none starts until it is put right"
                configurationProblem = "the configuration on disk is BROKEN: \(error.message); \(meanwhile)"
                if saysSo, let configurationProblem {
                    Output.error.line("estop: \(VisibleText.line(configurationProblem))")
                }
                return
            }
            killSwitch = KillSwitch(
                try StateDirectory(location.path, create: create),
                settings: DeskSettings(configuration)
            )
            configurationProblem = nil
        } catch {
            throw Failure(message: "\(error)")
        }
    }

    /// The switch of a desk whose configuration cannot be read: as its host runs it, else as little as may be assumed.
    public static func fallback(_ directory: StateDirectory, _ host: HostLock.Presence?) -> KillSwitch {
        KillSwitch(directory, settings: host?.settings ?? DeskSettings(name: "?", paper: false))
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
