/// Circuit breakers: one for each rule that halts, and the watch after a resume.
///
/// Invariants (BreakerTests): a breaker trips only with a halt of its rule; a reset changes one breaker, needs a reason,
/// lifts no latch and arms the rule again; limits are only ever tightened, and only while the watch after a resume lasts; a
/// halt is no resume, and an alert whose own halt still holds does not halt the same again.
public struct Breakers: Sendable, Equatable, Codable {
    /// Since when the mode is what it is, in desk time.
    private(set) var modeSinceMs: UInt64 = 0
    /// Until when limits are tighter, in desk time; nil: no watch.
    private(set) var probationUntilMs: UInt64?
    /// Breakers that tripped, or were reset.
    private(set) var states = Ledger<String, State>()
    /// What begins anew at the next evaluation.
    private var rearmed: [Rearm] = []
    /// Halts that were asked for, by alert, until what they covered was resumed.
    private var asked = Ledger<String, Asked>()
    /// Latches as the host told of them last.
    private var kept: [HostEvent.ModeState.Latch] = []

    /// A halt that was asked for.
    private struct Asked: Sendable, Equatable, Codable {
        var rule: String
        var scope: String
        var atMs: UInt64
    }

    /// A halt that is not in the record after so long never came there. Milliseconds.
    private static let recordedMs: UInt64 = 10_000

    /// One breaker.
    struct State: Sendable, Equatable, Codable {
        /// When it tripped; nil: it was reset.
        var trippedMs: UInt64?
        /// Why, or who reset it and why.
        var note: String
    }

    /// Whose killing steps begin anew.
    enum Rearm: Sendable, Equatable, Codable {
        /// All: the desk was resumed, or a host began.
        case all
        /// Those of an account's or a venue's halts: a latch was lifted while the desk went on.
        case scoped
        /// Those of one rule: its breaker was reset.
        case rule(String)
    }

    /// Creates breakers of which none is tripped.
    public init() {}

    mutating func modeChanged(
        from old: HostEvent.ModeState,
        to new: HostEvent.ModeState,
        at atMs: UInt64,
        _ settings: EngineSettings
    ) {
        // The first word that a desk ever hears resumes nothing: there was no halt.
        let isFirst = old.mode == "unknown" && old.generation == 0
        let isResumed = new.permits && !isFirst && (!old.permits || Breakers.isResumed(from: old, to: new))
        if old.mode != new.mode || isResumed || Breakers.isHaltedAnew(from: old, to: new) { modeSinceMs = atMs }
        if new.latches < old.latches || isAnyLifted(new.kept) { rearmed.append(.scoped) }
        follow(new.kept, at: atMs)
        if !new.permits { probationUntilMs = nil }
        guard isResumed else { return }
        rearmed.append(.all)
        let watchMs = settings.probation.watchMs
        probationUntilMs = watchMs > 0 ? atMs.later(watchMs) : nil
    }

    /// Whether the desk was resumed between two looks, or while there was no host, although it permitted before as after.
    ///
    /// The record says it. Without its word the generation does: a resume takes an even one, halts take odd ones, so that
    /// two halts of an account are no halt and resume (2, 3, 5). A resume under a later halt is then not seen.
    private static func isResumed(from old: HostEvent.ModeState, to new: HostEvent.ModeState) -> Bool {
        if let before = old.resumed, let after = new.resumed { return after > before }
        return new.generation > old.generation && new.generation % 2 == 0
    }

    /// Whether the whole desk was halted, to the mode that it was in already: its time in it ends all the same. A halt of an
    /// account is none of the desk's.
    private static func isHaltedAnew(from old: HostEvent.ModeState, to new: HostEvent.ModeState) -> Bool {
        guard new.permits, new.generation != old.generation else { return false }
        guard let before = old.kept, let after = new.kept else { return true }
        let added = after.filter { !before.contains($0) }
        // A record may come after its word: what nobody explains yet counts.
        return added.isEmpty || added.contains { $0.scope == "global" }
    }

    private func isAnyLifted(_ now: [HostEvent.ModeState.Latch]?) -> Bool {
        guard let now else { return false }
        return kept.contains { !now.contains($0) }
    }

    /// What was resumed, or never came into the record, is no longer kept by a halt of ours.
    private mutating func follow(_ now: [HostEvent.ModeState.Latch]?, at atMs: UInt64) {
        let now = now ?? []
        let lifted = kept.filter { !now.contains($0) }
        asked.keep { _, asked in
            if lifted.contains(where: { $0.scope == asked.scope || $0.scope == "global" }) { return false }
            return now.contains { $0.scope == asked.scope } || atMs.since(asked.atMs) < Breakers.recordedMs
        }
        kept = now
    }

    /// Whether the halt that an alert asked for still holds.
    func isKept(_ alert: String) -> Bool {
        guard let asked = asked[alert] else { return false }
        return kept.contains { $0.scope == asked.scope }
    }

    /// A rule asked for a halt.
    mutating func ask(_ alert: String, of rule: String, _ scope: String, at atMs: UInt64) {
        asked[alert] = Asked(rule: rule, scope: scope, atMs: atMs)
    }

    /// A host began. One that died between deciding and halting left the desk trading: it decides again.
    mutating func hostStarted(_ mode: HostEvent.ModeState) {
        if mode.permits { rearmed.append(.all) }
    }

    mutating func reset(_ name: String, by action: OperatorAction, at atMs: UInt64) {
        guard var state = states[name], state.trippedMs != nil else { return }
        guard !action.reason.isBlank else {
            state.note += "; a reset by \(action.name) was refused: it bore no reason"
            states[name] = state
            return
        }
        states[name] = State(trippedMs: nil, note: "reset by \(action.name): \(action.reason)")
        asked.keep { $1.rule != name }
        rearmed.append(.rule(name))
    }

    mutating func evaluate(_ mode: HostEvent.ModeState, at atMs: UInt64, _ settings: EngineSettings) {
        if let untilMs = probationUntilMs, untilMs <= atMs { probationUntilMs = nil }
    }

    /// A rule halted.
    mutating func trip(_ name: String, _ reason: String, at atMs: UInt64) {
        states[name] = State(trippedMs: atMs, note: reason)
    }

    /// What begins anew, once.
    mutating func takeRearmed() -> [Rearm] {
        defer { rearmed = [] }
        return rearmed
    }
}

extension Breakers {
    /// The thresholds of a rule's steps as they hold now.
    ///
    /// During the watch after a resume `probation.percent` of each remains where the measure says so
    /// (`Measure.isTightened`; of ingested metrics, where the rule halts): times that percentage for `over`; for
    /// `under` raised by as much as the others lose (50 % left: 1.5 times); for counts (`atLeast`) rounded up, at least 1.
    /// A threshold of zero or below stays.
    func thresholds(of rule: Rule, _ settings: EngineSettings) -> [Decimal] {
        let percent = min(100, max(0, settings.probation.percent))
        guard probationUntilMs != nil, percent < 100, rule.isTightened else { return rule.steps.map(\.threshold) }
        return rule.steps.map { Breakers.tightened($0.threshold, rule.comparison, percent) }
    }

    static func tightened(_ threshold: Decimal, _ comparison: Rule.Comparison, _ percent: Int) -> Decimal {
        guard threshold.digits > 0 else { return threshold }
        let left = comparison == .under ? 200 - percent : percent
        guard let factor = Decimal(digits: Int128(left), scale: 2), let product = threshold.multiplied(by: factor)
        else {
            return threshold
        }
        guard comparison == .atLeast else { return product }
        let whole = product.rounded(to: 0)
        let up = whole < product ? whole.adding(Decimal(1)) ?? whole : whole
        return max(up, Decimal(1))
    }
}

extension Rule {
    /// Whether the watch after a resume makes it stricter.
    var isTightened: Bool {
        switch Watched(measure) {
        case .measure(let measure): measure.isTightened
        case .metric: steps.contains { $0.kills }
        case nil: false
        }
    }

    /// The step at which it halts, or would if its killing were on: the mildest killing one, else the gravest EMERGENCY.
    /// Nil: it has no breaker, as what is found only while trading is halted has none.
    var breakerStep: Int? {
        guard measure != Measure.ordersAfterHalt.rawValue else { return nil }
        return steps.firstIndex { $0.kills } ?? steps.lastIndex { $0.level == .emergency }
    }

    /// What a halt covers, as a kill switch's scope. What the subject does not say widens it.
    func scope(of subject: Subject) -> String {
        var pairs: [(String, String)] = []
        switch reach {
        case .global: break
        case .venue: if let venue = subject.venue { pairs = [("venue", venue)] }
        case .account:
            if let account = subject.account { pairs = [("venue", account.venue), ("account", account.account)] }
        }
        // What cannot be written as a scope is no scope: the halt covers everything.
        let isWritable = pairs.allSatisfy { _, value in
            !value.isEmpty && !value.utf8.contains { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: ",") }
        }
        guard !pairs.isEmpty, isWritable else { return "global" }
        return pairs.map { "\($0)=\($1)" }.joined(separator: ",")
    }
}
