/// What became of one operator's action: the one value that the screen, the commands and the HTTP API show.
///
/// Invariants (SafetyEngineTests/ActionOutcomeTests): it is done only when every request of it is done; a request that its
/// venue accepted is not done before the venue shows it; what was not sent says why and what to do by hand.
public struct ActionOutcome: Sendable, Equatable, Codable {
    /// How one request fares.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// It is on its way; nobody has answered.
        case waiting
        /// Its venue took it, and has not shown yet that it is done.
        case accepted
        /// It is done, and the venue shows it.
        case done
        /// It was not done.
        case refused
        /// Nobody answered in time: it may have been done.
        case unanswered
    }

    /// One request to a venue, or one that could not be made.
    public struct Request: Sendable, Equatable, Codable {
        /// The number of the effect that carries it out; 0: nothing was sent.
        public var number: UInt64
        /// The order or position that it is about.
        public var subject: Subject
        /// What is asked for: `cancel of c-1 at kraken/main`.
        public var what: String
        /// How it fares.
        public var state: State
        /// What happened, or why not and what to do by hand; empty: nothing to add.
        public var text: String
        /// When its venue accepted it, in desk time; nil: it did not yet.
        var acceptedMs: UInt64?

        /// Creates a request.
        public init(_ subject: Subject, _ what: String, _ state: State, number: UInt64 = 0, text: String = "") {
            self.number = number
            self.subject = subject
            self.what = what
            self.state = state
            self.text = text
        }

        /// Whether nothing more will become of it.
        public var isSettled: Bool { state == .done || state == .refused || state == .unanswered }

        /// One line for people.
        ///
        /// - Parameter waitedMs: how long was waited for it.
        public func line(waitedMs: UInt64) -> String {
            let why = text.isEmpty ? "" : ": \(text)"
            switch state {
            case .done: return "done: \(what)\(text.isEmpty ? "" : " (\(text))")"
            case .refused: return "NOT DONE: \(what)\(why)"
            case .unanswered: return "NOT ANSWERED: \(what)\(why); it may still happen"
            case .waiting:
                return "NOT ANSWERED within \(RunbookLog.duration(waitedMs)): \(what)\(why); it may still happen"
            case .accepted:
                return "NOT DONE within \(RunbookLog.duration(waitedMs)): \(what) was accepted\(why); "
                    + "its venue does not show it done yet"
            }
        }
    }

    /// How one account stands with its cap after a `cap enforce`.
    public struct Account: Sendable, Equatable, Codable {
        /// `venue/account`.
        public var account: String
        /// How it stands.
        public var result: CapResult
    }

    /// Its name: that of the operator's event.
    public var id: String
    /// What was asked for, as the audit calls it: `cancel_order`.
    public var action: String
    /// Who asked.
    public var by: String
    /// When it was taken, in desk time.
    public var atMs: UInt64
    /// Its requests, in the order in which they were made.
    public var requests: [Request] = []
    /// Why nothing of it was done at all; empty: it was taken.
    public var problem: String = ""
    /// What holds besides, in a sentence; empty: nothing.
    public var note: String = ""
    /// How the accounts of a `cap enforce` stand.
    public var accounts: [Account] = []

    /// Creates an outcome without requests.
    public init(id: String = "", action: String, by: String, atMs: UInt64 = 0, problem: String = "") {
        self.id = id
        self.action = action
        self.by = by
        self.atMs = atMs
        self.problem = problem
    }

    /// Whether all of it is done.
    public var isDone: Bool { problem.isEmpty && requests.allSatisfy { $0.state == .done } }
    /// Whether nothing more will become of it.
    public var isSettled: Bool { requests.allSatisfy(\.isSettled) }
    /// Whether none of it was done, and none of it is on its way.
    public var isNothingDone: Bool {
        !problem.isEmpty || !requests.isEmpty && requests.allSatisfy { $0.state == .refused }
    }

    /// How many requests are in a state.
    public func count(_ state: State) -> Int { requests.count { $0.state == state } }

    /// One sentence for a screen's message and an answer's head.
    ///
    /// - Parameters:
    ///   - done: what is said where it is done and made no request.
    ///   - waitedMs: how long was waited.
    public func headline(done: String, waitedMs: UInt64) -> String {
        if !problem.isEmpty { return problem }
        guard let first = requests.first else { return note.isEmpty ? done : note }
        if requests.count == 1 { return first.line(waitedMs: waitedMs) }
        let parts = [
            (count(.done), "done"), (count(.refused), "not done"), (count(.accepted), "accepted, not done yet"),
            (count(.waiting) + count(.unanswered), "not answered"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let worst = requests.first { $0.state == .refused } ?? requests.first { $0.state != .done }
        let why = worst.map { "; \($0.line(waitedMs: waitedMs))" } ?? ""
        return "\(parts.joined(separator: ", ")) of \(requests.count)\(why)"
    }

    /// Every line for people: one a request, then what holds besides.
    public func lines(done: String, waitedMs: UInt64) -> [String] {
        if !problem.isEmpty { return [problem] }
        let lines = requests.map { $0.line(waitedMs: waitedMs) } + (note.isEmpty ? [] : [note])
        return lines.isEmpty ? [done] : lines
    }
}
