import KillSwitch
import SafetyEngine

/// The kill switch with its record: the page's word, and why it is what it is. Only `resume` widens.
///
/// It outlives every host and every crash.
struct RecordedSwitch: Equatable {
    struct Latch: Equatable {
        var id: String
        var scope: String
        var mode: Mode
        var reason: String
        /// The alert that asked for it; nil: a person did, or the host.
        var alert: String?
    }

    private(set) var word = Word(generation: 0, mode: .live)
    private(set) var latches: [Latch] = []
    /// What the last resume permits.
    private(set) var resumed = Mode.live
    /// The generation of the last resume.
    private(set) var resumedAt: UInt32 = 0
    private var lastID = 0

    /// What the record allows: what was resumed to, less what any latch takes away.
    var allowed: Mode {
        latches.filter { $0.scope == "global" }.reduce(resumed) { $0.combined(with: $1.mode) }
    }

    var state: HostEvent.ModeState {
        HostEvent.ModeState(
            mode: word.mode.name,
            generation: word.generation,
            latches: latches.count,
            kept: latches.map { HostEvent.ModeState.Latch(id: $0.id, scope: $0.scope) },
            resumed: resumedAt
        )
    }

    /// Every halt takes the next odd generation; one of a scope leaves the mode as it is.
    mutating func halt(scope: String, mode: Mode, reason: String, alert: String? = nil) {
        lastID += 1
        latches.append(Latch(id: "l\(lastID)", scope: scope, mode: mode, reason: reason, alert: alert))
        word = word.halted(to: scope == "global" ? mode : word.mode)
    }

    /// An operator lifts every latch, by the record.
    mutating func resume(to mode: Mode) {
        latches = []
        resumed = mode
        change(to: mode)
    }

    /// An operator lifts the latches of scopes; those of everything stay, and the mode.
    mutating func liftScoped() {
        latches.removeAll { $0.scope != "global" }
        change(to: word.mode)
    }

    /// Nobody remembers any more which alerts asked for halts: of one rule, or (nil) of all.
    mutating func forgetAlerts(of rule: String?) {
        for place in latches.indices where rule.map({ latches[place].alert?.hasPrefix($0 + "/") ?? false }) ?? true {
            latches[place].alert = nil
        }
    }

    /// A resume takes the next even generation.
    private mutating func change(to mode: Mode) {
        word = Word(generation: word.generation + (word.generation % 2 == 0 ? 2 : 1), mode: mode)
        resumedAt = word.generation
    }
}
