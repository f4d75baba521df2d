/// The position cap and the exit rules: what they propose, and what became of it.
///
/// Invariants (SafetyEngineTests/ExitTests, CapTests): at most one close of a position is under way; nothing is closed by
/// itself while the desk does not permit it, or without a price, or where the policy says observe; an operator's order
/// is carried out whatever the mode (LESSONS 5 and 22); no close is of more than is held.
public struct Exits: Sendable, Equatable, Codable {
    /// How many outcomes are kept.
    public static let mostOutcomes = 100

    /// What would be done or is being done, by name.
    public internal(set) var proposals = Ledger<String, ExitProposal>()
    /// What became of closes, the oldest first, the last ones.
    public internal(set) var outcomes: [ExitOutcome] = []
    /// How each account stands with its cap, as of its last check.
    public internal(set) var caps = Ledger<AccountKey, CapRecord>()
    /// When the caps were checked last, in desk time; nil: never.
    public internal(set) var capCheckedMs: UInt64?
    /// The liquidation that runs, or the last one; nil: there was none.
    public internal(set) var liquidation: Liquidation?
    /// What is remembered of positions, in the book's order as far as that holds.
    var watches = Ledger<PositionKey, ExitWatch>()
    /// The limits by which positions were judged last.
    var limits: EngineSettings.Exits?
    /// How often a refused close is tried again, by the settings that were seen last.
    var limitOfRetries = EngineSettings.Orders().retries

    /// Creates exits that propose nothing.
    public init() {}

    mutating func evaluate(
        _ book: Book,
        _ valuation: Valuation,
        _ dust: DustList,
        _ mode: HostEvent.ModeState,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        let scene = ExitScene(book, valuation, dust, mode, at: atMs, settings)
        watch(scene, &decisions)
        let (dueMs, isNever) = (capCheckedMs ?? 0).addingReportingOverflow(settings.cap.everyMs)
        if capCheckedMs == nil || (!isNever && atMs >= dueMs) {
            // Checked for the first time as soon as there is anything to check (FEATURES row C32).
            let accounts = Exits.accounts(book)
            if !accounts.isEmpty {
                capCheckedMs = atMs
                enforceCaps(accounts, scene, &lastNumber, &decisions)
            }
        }
        advance(scene, &lastNumber, &decisions)
        advanceLiquidation(scene, &lastNumber, &decisions)
    }

    mutating func take(_ outcome: HostEvent.Outcome, at atMs: UInt64, _ decisions: inout [Decision]) {
        for place in proposals.indices where proposals[at: place].progress.take(outcome, at: atMs) {
            if outcome.isDone {
                // Accepted is not closed (LESSONS 8): that the position is gone is its venue's to say.
                decisions.append(.log(RunbookLog.accepted(proposals.values[place], outcome.text)))
            } else {
                finished(place, isDone: false, outcome.text, at: atMs)
                let proposal = proposals.values[place]
                decisions.append(.log(RunbookLog.notClosed(proposal, retries: limitOfRetries)))
                // Nobody but the operator wanted it, and the operator was told.
                if proposal.isOrderedOnly ?? false {
                    proposals.remove(proposal.id)
                    decisions.append(.log(RunbookLog.withdrawn(proposal)))
                }
            }
            return
        }
        liquidation?.take(outcome, at: atMs, retries: limitOfRetries, &decisions)
    }

    /// A host started: what was under way may never have been sent, or its answer may be lost.
    mutating func hostStarted(at atMs: UInt64, _ decisions: inout [Decision]) {
        for place in proposals.indices {
            guard proposals[at: place].progress.giveUpWaiting("the desk started anew before an answer came", at: atMs)
            else { continue }
            finished(place, isDone: false, "the desk started anew", at: atMs)
            decisions.append(.log(RunbookLog.notClosed(proposals.values[place], retries: limitOfRetries)))
        }
        liquidation?.hostStarted(at: atMs, retries: limitOfRetries, &decisions)
    }

    /// Notes what became of a close.
    mutating func finished(_ place: Int, isDone: Bool, _ text: String, at atMs: UInt64) {
        let proposal = proposals.values[place]
        outcomes.append(ExitOutcome(proposal: proposal.id, isDone: isDone, text: text, atMs: atMs))
        if outcomes.count > Exits.mostOutcomes { outcomes.removeFirst(outcomes.count - Exits.mostOutcomes) }
        guard proposal.rule == .positionCap, let cap = caps.place(of: proposal.position.accountKey) else { return }
        caps[at: cap].result.closing = max(0, caps[at: cap].result.closing - 1)
        if isDone {
            caps[at: cap].result.sold += 1
        } else {
            caps[at: cap].result.refused += 1
            caps[at: cap].result.status = .overCap
        }
    }
}

/// What is decided about at one moment.
struct ExitScene {
    let book: Book
    let valuation: Valuation
    let dust: DustList
    let mode: HostEvent.ModeState
    let atMs: UInt64
    let settings: EngineSettings

    init(
        _ book: Book,
        _ valuation: Valuation,
        _ dust: DustList,
        _ mode: HostEvent.ModeState,
        at atMs: UInt64,
        _ settings: EngineSettings
    ) {
        self.book = book
        self.valuation = valuation
        self.dust = dust
        self.mode = mode
        self.atMs = atMs
        self.settings = settings
    }

    /// What the position at a place is worth; nothing known where the valuation does not reach.
    func worth(at place: Int) -> Valuation.Worth {
        place < valuation.positions.count ? valuation.positions[place] : Valuation.Worth()
    }

    /// Where a position is, if its venue holds any of it.
    func heldPlace(_ key: PositionKey) -> Int? {
        book.positions.place(of: key).flatMap { book.positions.values[$0].isHeld ? $0 : nil }
    }

    /// Whether an account's venue answers; nil: it never said anything about itself.
    func isReached(_ account: AccountKey) -> Bool? {
        book.venues[account].map { venue in
            venue.state != .disconnected && atMs - min(atMs, venue.seenMs) <= settings.venueSilentMs
        }
    }

    /// What is said of a venue that does not answer.
    static let notReached = "its venue is not reached"

    /// Why nobody knows what an account holds; empty: it is known, listed completely within its limit.
    func whyUnknown(_ account: AccountKey) -> String {
        guard let place = book.venues.place(of: account) else { return "its venue has never listed its positions" }
        if isReached(account) == false { return ExitScene.notReached }
        guard let listedMs = book.venues.values[place].positionsListedMs else {
            return "its venue has never listed its positions"
        }
        if book.arePositionsKnown(place, at: atMs, settings) { return "" }
        let problem = book.venues.values[place].positionsProblem
        return problem.isEmpty
            ? "its venue has not listed its positions for \(ElapsedText.of(atMs.since(listedMs)))" : problem
    }

    /// What a rule's policy says at a venue.
    func policy(_ rule: ExitRule, at venue: String) -> EngineSettings.Policy {
        switch rule {
        case .stopLoss: settings.exits.stopLoss.policy(at: venue)
        case .takeProfit: settings.exits.takeProfit.policy(at: venue)
        case .trailing: settings.exits.trailing.policy(at: venue)
        case .timeExit: settings.exits.maximumHold.policy(at: venue)
        case .positionCap: settings.cap.policy(at: venue)
        }
    }

    /// Why the rules of a venue do nothing by themselves; nil: they may.
    func blocker(_ rule: ExitRule, at venue: String) -> String? {
        if policy(rule, at: venue) == .observe { return "the policy is to observe" }
        if !mode.permits { return "the desk is \(mode.mode)" }
        if mode.mode == "paper", venue != Engine.paperVenue { return "the desk is paper" }
        return nil
    }

    /// Why a position is not closed by itself; nil: it is.
    ///
    /// Nothing is sold blind: without a price, or a value, or what was paid (`BookPosition.entryPrice`).
    func blocker(_ rule: ExitRule, _ key: PositionKey, at place: Int) -> String? {
        if let blocker = blocker(rule, at: key.venue) { return blocker }
        let position = book.positions.values[place]
        let worth = worth(at: place)
        // It would only use its tries up.
        if isReached(key.accountKey) == false { return ExitScene.notReached }
        if !position.isSellable { return "its venue does not sell it" }
        if worth.isStale { return "its venue has not reported it lately" }
        if worth.price == nil { return "it has no price" }
        if rule == .timeExit || rule == .positionCap, worth.value == nil { return "it has no value" }
        if rule != .positionCap, position.entryPrice == nil { return "what was paid is unknown" }
        return nil
    }
}
