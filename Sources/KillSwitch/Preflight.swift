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
        /// Every account lists its orders, and none is left that a halt asked to be cancelled.
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

    /// What came of a check (DESIGN, "Known, stale, not checked").
    public enum Outcome: String, Sendable, CaseIterable {
        /// It was made, and found nothing wrong.
        case passed
        /// It was made, and found something wrong.
        case failed
        /// Nothing was there to check by: neither good nor bad is known.
        case notChecked = "not checked"
    }

    /// Its name.
    public var name: Name
    /// What came of it.
    public var outcome: Outcome
    /// Whether a resume is refused because of it, unless it is overridden: what failed always, what was not checked where
    /// the desk has venues.
    public var refuses: Bool
    /// What was found, and what to do unless it passed.
    public var detail: String

    /// Whether it was made, and found nothing wrong.
    public var passed: Bool { outcome == .passed }

    /// Creates the result of a check that was made.
    public init(name: Name, passed: Bool, detail: String) {
        self.init(name: name, outcome: passed ? .passed : .failed, refuses: !passed, detail: detail)
    }

    /// Creates the result of a check that could not be made.
    ///
    /// - Parameter refuses: whether a resume has to override it.
    public init(name: Name, notChecked detail: String, refuses: Bool) {
        self.init(name: name, outcome: .notChecked, refuses: refuses, detail: detail)
    }

    private init(name: Name, outcome: Outcome, refuses: Bool, detail: String) {
        self.name = name
        self.outcome = outcome
        self.refuses = refuses
        self.detail = detail
    }
}

extension PreflightCheck {
    /// The check in a JSON object, the same over the socket and over HTTP.
    public var json: JSON { .object(jsonMembers) }

    /// The members of `json`.
    public var jsonMembers: [JSON.Member] {
        [
            .init("name", .string(name.rawValue)), .init("passed", .bool(passed)),
            .init("outcome", .string(outcome.rawValue)), .init("refuses", .bool(refuses)),
            .init("detail", .string(detail)),
        ]
    }

    /// The check in such an object; nil: it is none. An estop that knows no third outcome says only whether it passed.
    public init?(json: JSON) {
        guard let name = json["name"]?.string.flatMap(Name.init(rawValue:)), case .bool(let passed)? = json["passed"]
        else { return nil }
        let detail = json["detail"]?.string ?? ""
        guard json["outcome"]?.string == Outcome.notChecked.rawValue else {
            self.init(name: name, passed: passed, detail: detail)
            return
        }
        // What does not say that it lets a resume go on refuses it.
        var refuses = true
        if case .bool(false)? = json["refuses"] { refuses = false }
        self.init(name: name, notChecked: detail, refuses: refuses)
    }

    /// `2 failed, 1 not checked`; `all passed`: what stands above a list of checks.
    public static func headline(_ checks: [PreflightCheck]) -> String {
        let failed = checks.count { $0.outcome == .failed }
        let unchecked = checks.count { $0.outcome == .notChecked }
        return "\(failed) failing" + (unchecked == 0 ? "" : ", \(unchecked) not checked")
    }
}

/// The reasons that people give for going on over a check.
public enum OverrideReason {
    /// What is wrong with one; nil: it can be read later as a reason. One letter, or one letter many times, says nothing.
    public static func problem(_ text: String, for name: PreflightCheck.Name) -> String? {
        let letters = text.filter { !$0.isWhitespace }
        if letters.isEmpty { return "overriding \(name.rawValue) needs a reason" }
        guard letters.count >= 4, Set(letters).count >= 3 else {
            return "'\(text)' is no reason to override \(name.rawValue): say in a few words why it may be"
        }
        return nil
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
