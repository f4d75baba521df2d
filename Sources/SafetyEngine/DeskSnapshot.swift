public import KillSwitch

/// Everything that one screen, one HTTP answer or one text needs to know about a desk, at one moment.
///
/// A plain value: the host (or an attached dashboard) fills it, the dashboard draws it.
public struct DeskSnapshot: Sendable, Equatable {
    /// How the host of the state directory fares.
    public enum Host: Sendable, Equatable {
        /// This process is the host.
        case embedded
        /// Another process is, and beats.
        case running(pid: Int32, beatAgeMs: UInt64)
        /// A process holds the host's lock and does not beat.
        case silent(pid: Int32, beatAgeMs: UInt64)
        /// Nobody is.
        case absent
    }

    /// One open (or just died) gate.
    public struct Gate: Sendable, Equatable {
        /// The slot in gates.page, 0 to 255: the identity of a row.
        public var slot: Int
        /// The bot's name.
        public var name: String
        /// Its scope as written.
        public var scope: String
        /// The owner's pid, for people.
        public var pid: UInt32
        /// False once the slot's lock is free.
        public var alive: Bool
        /// Whether it acknowledged the last change (see DESIGN's glossary).
        public var acknowledged: Bool
        /// The mode that it saw last.
        public var mode: Mode
        /// Checks so far.
        public var checks: UInt64
        /// Refusals so far.
        public var refusals: UInt64
        /// Checks a second since the last snapshot; nil while unknown.
        public var checksPerSecond: Double?
        /// Milliseconds since its last check as far as can be seen (in steps of the host's beat); nil: never checked.
        public var lastCheckAgeMs: UInt64?

        /// Creates a gate's row.
        public init(
            slot: Int,
            name: String,
            scope: String,
            pid: UInt32,
            alive: Bool,
            acknowledged: Bool,
            mode: Mode,
            checks: UInt64,
            refusals: UInt64,
            checksPerSecond: Double?,
            lastCheckAgeMs: UInt64?
        ) {
            self.slot = slot
            self.name = name
            self.scope = scope
            self.pid = pid
            self.alive = alive
            self.acknowledged = acknowledged
            self.mode = mode
            self.checks = checks
            self.refusals = refusals
            self.checksPerSecond = checksPerSecond
            self.lastCheckAgeMs = lastCheckAgeMs
        }
    }

    /// The steps of a halt, each empty, pending or done. Times are milliseconds after the first one known.
    public struct HaltSteps: Sendable, Equatable {
        /// How far one step has come.
        public enum Step: Sendable, Equatable {
            /// Not begun.
            case empty
            /// Asked for, since so many milliseconds.
            case pending(ms: Double)
            /// Done so many milliseconds after the key (or the record's time).
            case done(ms: Double)
            /// Done, and nobody who looked then can say when.
            case past
            /// Failed or late, and what to do by hand.
            case alarm(String)
            /// Not part of this desk (no venue that could hold orders).
            case notApplicable(String)

            /// Whether it is done.
            public var isDone: Bool {
                switch self {
                case .done, .past: true
                case .empty, .pending, .alarm, .notApplicable: false
                }
            }
        }
        /// The key was seen.
        public var key: Step = .empty
        /// It was sent to the desk's machine; only where the desk is on another one.
        public var sent: Step = .empty
        /// The word is on the page.
        public var page: Step = .empty
        /// The record is on disk.
        public var disk: Step = .empty
        /// Every open gate acknowledged.
        public var gates: Step = .empty
        /// Gates that have acknowledged, of all open ones.
        public var acknowledged = 0
        /// Open gates.
        public var open = 0
        /// Names of the gates that have not acknowledged.
        public var waitingFor: [String] = []
        /// Platforms stopped, orders cancelled: for desks with venues.
        public var orders: Step = .empty
        /// All of the above observed.
        public var verified: Step = .empty

        /// Creates steps of which nothing is known.
        public init() {}
    }

    /// The desk's name.
    public var deskName: String
    /// Whether it is a paper desk (its modes are paper and halted).
    public var paper: Bool
    /// The state directory.
    public var directory: String
    /// Why it is not there any more; nil: it is.
    public var directoryProblem: String?
    /// What `estop` has to be given besides, in a shell, to be about this desk: ` --state DIR`; empty: nothing.
    public var commandOption: String
    /// The page's word; nil: no page that can be trusted.
    public var word: Word?
    /// Why the page cannot be trusted, when it cannot.
    public var pageProblem: String?
    /// The mode in force, dead-man limit included: unknown when the page cannot be trusted.
    public var mode: Mode
    /// RFC 3339 time since when the mode is in force: of the first halt in force, else of the resume.
    public var since: String?
    /// Milliseconds since then.
    public var sinceAgeMs: UInt64?
    /// Who did that: an operator, or what acted by itself.
    public var by: String?
    /// Why.
    public var reason: String?
    /// Milliseconds since the page changed last; nil: not known.
    public var changeAgeMs: UInt64?
    /// Every latch that keeps the desk from trading.
    public var latches: [Latch]
    /// The log's changes, oldest first, the last 100.
    public var history: [Record]
    /// The host.
    public var host: Host
    /// The dead-man limit in milliseconds; 0: none.
    public var deadManMs: UInt64
    /// The gates.
    public var gates: [Gate]
    /// Why nothing is known of the gates; nil: they can be read.
    public var gatesProblem: String?
    /// The supervisors.
    public var supervisors: [Supervisor]
    /// The last halt's steps.
    public var steps: HaltSteps
    /// Why the last change is not on disk, if it is not.
    public var notDurable: String?
    /// Whether an operator's credential is enrolled.
    public var operatorsEnrolled: Bool
    /// How many operators a resume takes.
    public var approvals: Int
    /// The resume that waits for a second person; nil: none.
    public var waiting: WaitingResume?
    /// How fresh all of this is.
    public var freshness: Freshness
    /// What the operator ought to know: a broken configuration, a port taken, a missing credential.
    public var notices: [String]
    /// What rules found wrong.
    public var alerts: Reading<Alert>
    /// The desk's base currency: what values and profits are counted in.
    public var currency: String
    /// What is held.
    public var positions: Reading<Position>
    /// Orders that hang.
    public var orders: Reading<Order>
    /// Exchanges, brokers and platforms.
    public var venues: Reading<Venue>
    /// What the engine knows and decided, whole; nil: no engine has been heard of.
    public var engine: EngineView?
    /// How this screen reaches the desk; nil: it is on this machine.
    public var link: DeskLink?
    /// Not the real desk, in one loud word (`DEMO`); nil: the real one.
    public var mark: String?
    /// What the mark means, and what K does meanwhile.
    public var markNote: String

    /// The mark of a recorded span that is played again.
    public static let replayMark = "REPLAY"

    /// Whether it is the past: what a journal does not hold (gates, the steps of a halt) is not there.
    public var isReplay: Bool { mark == DeskSnapshot.replayMark }

    /// Creates a snapshot of a desk of which nothing is known yet.
    public init(deskName: String, paper: Bool, directory: String) {
        self.deskName = deskName
        self.paper = paper
        self.directory = directory
        self.directoryProblem = nil
        self.commandOption = ""
        self.word = nil
        self.pageProblem = nil
        self.mode = .unknown
        self.since = nil
        self.sinceAgeMs = nil
        self.by = nil
        self.reason = nil
        self.changeAgeMs = nil
        self.latches = []
        self.history = []
        self.host = .absent
        self.deadManMs = 5000
        self.gates = []
        self.gatesProblem = nil
        self.supervisors = []
        self.steps = HaltSteps()
        self.notDurable = nil
        self.operatorsEnrolled = false
        self.approvals = 1
        self.waiting = nil
        self.freshness = .never
        self.notices = []
        self.alerts = .never(source: "engine", hint: "nothing on this desk evaluates rules yet")
        self.currency = "USD"
        self.positions = .never(source: "venues", hint: "no venue reports positions to this desk yet")
        self.orders = .never(source: "venues", hint: "no venue reports orders to this desk yet")
        self.venues = .never(source: "adapters", hint: "no venue is connected to this desk yet")
        self.engine = nil
        self.link = nil
        self.mark = nil
        self.markNote = "K halts only what is shown here"
    }
}
