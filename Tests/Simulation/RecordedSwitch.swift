import KillSwitch
import SafetyEngine

/// The kill switch with its record: the page's word, and why it is what it is. Only `resume` widens.
///
/// It outlives every host and every crash.
struct RecordedSwitch: Equatable {
    struct Latch: Equatable {
        var scope: String
        var mode: Mode
        var reason: String
    }

    private(set) var word = Word(generation: 0, mode: .live)
    private(set) var latches: [Latch] = []
    /// What the last resume permits.
    private(set) var resumed = Mode.live
    /// Since when the mode is what it is, in the desk's time; nil: since before.
    private(set) var resumes = 0

    /// What the record allows: what was resumed to, less what any latch takes away.
    var allowed: Mode {
        latches.filter { $0.scope == "global" }.reduce(resumed) { $0.combined(with: $1.mode) }
    }

    var state: HostEvent.ModeState {
        HostEvent.ModeState(mode: word.mode.name, generation: word.generation, latches: latches.count)
    }

    mutating func halt(scope: String, mode: Mode, reason: String) {
        latches.append(Latch(scope: scope, mode: mode, reason: reason))
        if scope == "global" { word = word.halted(to: mode) }
    }

    /// An operator lifts every latch, by the record.
    mutating func resume(to mode: Mode) {
        latches = []
        resumed = mode
        resumes += 1
        word = Word(generation: word.generation + (word.generation % 2 == 0 ? 2 : 1), mode: mode)
    }

    /// An operator lifts the latches of scopes; those of everything stay.
    mutating func liftScoped() { latches.removeAll { $0.scope != "global" } }
}
