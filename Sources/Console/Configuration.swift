/// What estop.toml says, checked; each table of the file is a value here.
///
///     [desk]
///     name = "kraken-eu"
///     paper = false
///     [host]
///     run_dir = "/run/estop"
///     [stop_file]
///     paths = ["/srv/EMERGENCY_STOP"]
///     [dead_man]
///     limit = "5s"
///     [resume]
///     approvals = 2
///
/// Without a file, and for every key that it does not have, the defaults hold: a paper desk. A halt needs nothing from
/// here: where the file is wrong it goes on with `Configuration()`.
public struct Configuration: Sendable, Equatable {
    /// `[desk]`.
    public struct Desk: Sendable, Equatable {
        /// `name`: the desk's name on screens and in reports, "paper" unless given.
        public var name = "paper"
        /// `paper`: whether nothing but the built-in paper venue is traded; a real desk has to say `false`.
        public var isPaper = true
    }

    /// `[host]`.
    public struct Host: Sendable, Equatable {
        /// `run_dir`: the directory of the shared pages; nil: `/dev/shm/estop-...`.
        public var runDirectory: String?
    }

    /// `[stop_file]`.
    public struct StopFile: Sendable, Equatable {
        /// `paths`: further stop files besides `EMERGENCY_STOP` in the state directory.
        public var paths: [String] = []
    }

    /// `[dead_man]`.
    public struct DeadMan: Sendable, Equatable {
        /// `limit` in milliseconds: how old the host's beat may be before gates refuse; 0: no limit.
        public var limitMilliseconds: UInt64 = 5000
    }

    /// `[resume]`.
    public struct Resume: Sendable, Equatable {
        /// `approvals`: how many operators a resume takes; with 2 one asks and another confirms.
        public var approvals = 1
    }

    /// Something that this version does not know and leaves alone.
    public struct Warning: Sendable, Equatable, CustomStringConvertible {
        /// The line in the file, from 1.
        public var line: Int
        /// What it is, safe to print.
        public var message: String
        /// `line N: message`.
        public var description: String { "line \(line): \(message)" }
    }

    /// `[desk]`.
    public var desk = Desk()
    /// `[host]`.
    public var host = Host()
    /// `[stop_file]`.
    public var stopFile = StopFile()
    /// `[dead_man]`.
    public var deadMan = DeadMan()
    /// `[resume]`.
    public var resume = Resume()
    /// The file that was read; nil: the defaults.
    public var file: String?
    /// Keys and tables that this version does not know, in the order of the file.
    public var warnings: [Warning] = []

    /// The defaults.
    public init() {}

    /// The limits that `[dead_man] limit` may have, besides 0, in milliseconds.
    public static let deadManLimits: ClosedRange<UInt64> = 100...3_600_000

    /// Reads the bytes of a file.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - file: The file's name, for errors.
    /// - Throws: `ConfigurationError` with the line of the first thing that is wrong.
    public init(bytes: some Collection<UInt8>, file: String) throws(ConfigurationError) {
        self.init()
        self.file = file
        let document: TOML
        do {
            document = try TOML(bytes)
        } catch {
            throw ConfigurationError(file: file, line: error.line, error.message)
        }
        do {
            for entry in document.entries { try apply(entry) }
        } catch {
            throw ConfigurationError(file: file, line: error.line, error.message)
        }
        for header in document.headers { checkHeader(header) }
        warnings.sort { $0.line < $1.line }
    }
}
