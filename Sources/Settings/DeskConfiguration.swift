import Console
public import SafetyEngine

/// What estop.toml says about everything behind the switch: the engine, who is told, the journal, the paper venue.
///
/// What a halt needs is in `Console.Configuration`, which the small executable reads too; this is the rest of the same file.
public struct DeskConfiguration: Sendable, Equatable, Codable {
    /// What the engine decides by.
    public var engine = EngineSettings()
    /// Who is told of alerts.
    public var notify = Notify()
    /// What the journal keeps.
    public var journal = Journal()
    /// The built-in paper venue.
    public var paper = Paper()
    /// What comes in.
    public var ingest = Ingest()
    /// What is asked over HTTP.
    public var api = API()

    /// The defaults.
    public init() {}

    /// Who is told of alerts.
    public struct Notify: Sendable, Equatable, Codable {
        /// In the order of the file.
        public var targets: [Target] = []
        /// How often one notification is tried.
        public var attempts = 8
        /// The wait before the second try, in milliseconds; doubled for each further one, up to five minutes.
        public var backoffMs: UInt64 = 1_000
        /// What is not delivered after so long is given up, in milliseconds.
        public var giveUpMs: UInt64 = 86_400_000
        /// Creates a table without targets.
        public init() {}

        /// One webhook or command.
        public struct Target: Sendable, Equatable, Codable {
            /// What is sent.
            public enum Kind: String, Sendable, Codable, CaseIterable {
                /// The alert as JSON.
                case webhook
                /// A message as Slack takes it.
                case slack
                /// A message as Discord takes it.
                case discord
                /// The alert as JSON on a command's standard input.
                case command
            }
            /// Its name, for reports and `estop notify test NAME`.
            public var name: String
            /// What is sent.
            public var kind: Kind
            /// Where to, for webhooks. May hold a secret: shown only up to its host.
            public var url = ""
            /// The command and its arguments.
            public var command: [String] = []
            /// Alerts of this level and graver ones.
            public var level = Alert.Level.warning
            /// Only these rules; empty: all.
            public var rules: [String] = []
            /// Whether it is told when an alert is resolved, too.
            public var tellsResolved = true
            /// How long one try may take, in milliseconds.
            public var timeoutMs: UInt64 = 10_000
            /// Creates a target.
            public init(name: String, kind: Kind) {
                self.name = name
                self.kind = kind
            }
        }
    }

    /// What the journal keeps.
    public struct Journal: Sendable, Equatable, Codable {
        /// Events and decisions older than this are removed, in milliseconds. Audit records stay.
        public var keepMs: UInt64 = 90 * 86_400_000
        /// Above this size the oldest events go first, in bytes.
        public var mostBytes: UInt64 = 2_000_000_000
        /// A snapshot of the engine after so many events.
        public var snapshotEvery = 20_000
        /// Events that are kept in memory while the disk does not take them.
        public var mostWaiting = 200_000
        /// The defaults.
        public init() {}
    }

    /// The built-in paper venue.
    public struct Paper: Sendable, Equatable, Codable {
        /// Where its prices and luck begin.
        public var seed: UInt64 = 1
        /// Bots that trade on it by themselves.
        public var bots = 3
        /// What an account begins with, in the base currency.
        public var balance = Decimal(10_000)
        /// The defaults.
        public init() {}
    }

    /// What comes in.
    public struct Ingest: Sendable, Equatable, Codable {
        /// Events that may wait for the engine; then senders are made to wait.
        public var mostWaiting = 50_000
        /// The longest line, in bytes.
        public var longestLine = 65_536
        /// The defaults.
        public init() {}
    }

    /// What is asked over HTTP.
    public struct API: Sendable, Equatable, Codable {
        /// Whether it is served at all.
        public var isEnabled = true
        /// Where: an address of this machine's.
        public var address = "127.0.0.1"
        /// Where: a TCP port; 0: any that is free.
        public var port = Int(Configuration.usualAPIPort)
        /// Names besides `localhost` under which it is asked; any other is refused, except for a halt.
        public var hosts: [String] = []
        /// Whether a program that speaks TLS stands before it, so that an address that others reach may be used.
        public var isBehindTLS = false
        /// Whether a halt that comes from elsewhere needs no token either.
        public var opensHalt = false
        /// Connections that are kept; above it the ones that have been idle longest are ended.
        public var mostConnections = 4_096
        /// The longest body that is read, in bytes. A halt's may be longer: its rest is not looked at.
        public var longestBody = 4_194_304
        /// The longest head of a request, in bytes.
        public var longestHead = 32_768
        /// How long a request's head may take, in milliseconds.
        public var headTimeMs: UInt64 = 10_000
        /// How long a request's body may take, in milliseconds.
        public var bodyTimeMs: UInt64 = 30_000
        /// How long a connection may be idle between requests, in milliseconds.
        public var idleTimeMs: UInt64 = 75_000
        /// The defaults.
        public init() {}
    }
}
