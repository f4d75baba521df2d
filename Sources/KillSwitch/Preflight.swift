/// One check before a resume.
public struct PreflightCheck: Sendable, Equatable {
    /// The checks by the names that overrides use. The one table of them.
    public enum Name: String, Sendable, CaseIterable {
        /// Every change of the page is in the log.
        case recorded
        /// The log can be written to disk.
        case durable
        /// No stop file that a resume could not set aside.
        case stopFile = "stop-file"
        /// No TRADING_MODE that forbids the mode asked for.
        case environment
        /// A host beats.
        case host
        /// Every open gate acknowledged the halt.
        case gates
        /// The clock agrees with the log.
        case clock
        /// Every venue is reached.
        case venues
        /// No order is left that a halt asked to be cancelled.
        case ordersGone = "orders-gone"
        /// What venues and bots say adds up.
        case reconciled
        /// Prices are fresh.
        case feeds
        /// No rule would halt at once, no breaker is tripped, and the stage before was long enough.
        case rules
        /// No halting word in the desk's database that a resume could not set aside.
        case database
        /// The operator understands why trading was halted.
        case understood
        /// The cause is resolved.
        case resolved
        /// The system's integrity was verified.
        case verified
        /// It is safe to resume.
        case safe

        /// The question that the operator answers; nil for a check that estop makes itself.
        public var question: String? {
            switch self {
            case .understood: "Do you understand why trading was halted?"
            case .resolved: "Is the cause resolved?"
            case .verified: "Have you verified positions, balances and orders?"
            case .safe: "Is it safe to resume now?"
            default: nil
            }
        }

        /// Whether a reason can override it. Not `recorded`: resuming over a halt that has no record yet would undo it,
        /// and within two seconds it has one.
        public var canBeOverridden: Bool { self != .stopFile && self != .environment && self != .recorded }

        /// The checks that the desk's engine makes.
        public static let engine: [Name] = [.venues, .ordersGone, .reconciled, .feeds, .rules]

        /// The checks that a host makes: its engine's, and what the desk's database says.
        public static let hosted: [Name] = engine + [.database]

        /// The operator's four answers.
        public static var answers: [Name] { allCases.filter { $0.question != nil } }
    }

    /// Its name.
    public var name: Name
    /// Whether it passed.
    public var passed: Bool
    /// What was found, and what to do when it failed.
    public var detail: String

    /// Creates a check's result.
    public init(name: Name, passed: Bool, detail: String) {
        self.name = name
        self.passed = passed
        self.detail = detail
    }
}

/// Everything that an operator says when resuming.
public struct ResumeRequest: Sendable, Equatable {
    /// The word that has to be typed.
    public static let word = "RESUME"

    /// The mode to resume to.
    public var mode: Mode
    /// What to resume.
    public var scope: Scope
    /// Why.
    public var reason: String
    /// Who.
    public var op: String
    /// Terminal and address.
    public var from: String
    /// Where the request came from.
    public var source: Record.Source
    /// The questions answered with yes.
    public var answers: Set<PreflightCheck.Name>
    /// Failing checks that are overridden, each with a reason.
    public var overrides: [PreflightCheck.Name: String]
    /// The page's word that the answers are about: a halt since then refuses the resume. nil: whatever the page bears
    /// when the resume runs.
    public var seen: Word?
    /// The request of another operator that this confirms; nil: it confirms none. Mode, scope, reason and overrides are
    /// then that request's.
    public var approve: String?
    /// That `op` proved who they are; nil: they did not, which a desk that takes two people refuses.
    public var credential: Credential?

    /// Creates a request.
    public init(
        mode: Mode,
        scope: Scope = .global,
        reason: String,
        op: String,
        from: String,
        source: Record.Source,
        answers: Set<PreflightCheck.Name>,
        overrides: [PreflightCheck.Name: String] = [:],
        seen: Word? = nil,
        approve: String? = nil,
        credential: Credential? = nil
    ) {
        self.mode = mode
        self.scope = scope
        self.reason = reason
        self.op = op
        self.from = from
        self.source = source
        self.answers = answers
        self.overrides = overrides
        self.seen = seen
        self.approve = approve
        self.credential = credential
    }
}
