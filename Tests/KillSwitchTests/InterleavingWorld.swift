@testable import KillSwitch

/// The kill switch as values: what InterleavingTests enumerates.
///
/// One `World` is everything that exists at one moment, one `Actor` a process at one of its atomic steps. Nothing here
/// is shared with the real switch but Word, Mode, Record and Fold.
enum Model {}

extension Model {
    /// The rules of DESIGN that the model can break, one at a time, to show that the enumeration would notice.
    enum Rule: CaseIterable, Sendable {
        case haltReadsPageAgain
        case lateHaltBeginsAgain
        case haltRaisesGenerationOfScopedEntry
        case onlyAppliedResumesCount
        case recordBeforeSwap
        case freesEntriesBeforeSwap
        case chainReachesWord
        case waitsForTail
        case swapsFromTheWordRead
        case keepsLatchesOfOtherScopes
        case oneResumeAtATime
        case putsStopFileBack
        case checksStopFileSetAside
        case looksOnceMore
        case republishesScopedLatches
        case haltsForAnEntryOnlyWhilePermitting
        case recordsGaps
        case recordsEntriesWithoutLatch
        case buriesEntriesAtFive
        case restoresStopFileOfDeadResume
    }

    /// One of the three scopes that the model needs.
    enum Place: UInt8 {
        case everything
        case venueA
        case venueB

        var scope: Scope {
            switch self {
            case .everything: .global
            case .venueA: Scope(values: [.venue: "a"])
            case .venueB: Scope(values: [.venue: "b"])
            }
        }

        func covers(_ other: Place) -> Bool { self == .everything || self == other }

        /// What gates trade.
        static let gates: [Place] = [.venueA, .venueB]
    }

    /// What a process does.
    enum Role: Hashable, Sendable {
        case halt(Place, Mode)
        case resume(Place)
        /// Leaves a stop file; one that replaces is a `mv` over whatever is there.
        case touch(replacing: Bool)
        /// A host: as many looks, each followed by at most one repair. At its start it waits for nothing.
        case host(looks: UInt8, starting: Bool)
        case gate(Place, checks: UInt8)
    }

    /// The next atomic step of a process.
    enum Step: UInt8 {
        // Halting.
        case take, fill, publish, raise, swap, append, readAgain
        // Resuming.
        case lock, readWord, fold, readEntries, lookForStop, record, free, rename, checkAside, resumeSwap, noteApplied
        case lookAtLog, lookAtStop, putBack, noteRefused
        // The host.
        case look, decide, repairAppend, bury, restoreStop
        case touch
        // A gate.
        case check, evaluate, confirm
        case done, crashed
    }

    enum Outcome: UInt8 {
        case none, acknowledged, resumed, refused
    }

    /// A process: its next step and what it remembers.
    struct Actor: Hashable {
        var role: Role
        /// Which of the actors it is: its records' ids come from it.
        var number: UInt8
        var step: Step
        /// Short writes that may still happen to it.
        var shortWrites: UInt8 = 0
        var outcome = Outcome.none
        /// Ids handed out.
        var ids: UInt8 = 0

        // Halting.
        var then = Step.done
        var id: UInt16 = 0
        var asked = Place.everything
        var scope = Place.everything
        var mode = Mode.halted
        var source = Record.Source.cli
        var tag: UInt32 = 0
        var bearsTag = false
        var slot: UInt8 = 0
        var was = Word(rawValue: 0)
        var state = Word(rawValue: 0)

        // Resuming, and looking.
        var word = Word(rawValue: 0)
        var folded: UInt8 = 0
        var found = Mode.unknown
        var pause: UInt16 = 0
        var resume: UInt16 = 0
        var stopSeen: UInt8 = 0
        var target = Word(rawValue: 0)
        var stopAtSwap = false
        var looks: UInt8 = 0

        // A gate's.
        var verdict = false
        var evaluated = Word(rawValue: 0)
        var mustHold: UInt16 = 0

        init(_ role: Role, number: Int, shortWrites: Int = 0) {
            self.role = role
            self.number = UInt8(number)
            self.shortWrites = UInt8(shortWrites)
            switch role {
            case .halt(let place, let mode):
                step = .swap
                beginHalt(place, mode, .cli, then: .done)
            case .resume: step = .lock
            case .touch: step = .touch
            case .host(let count, _):
                step = .look
                looks = count
            case .gate(_, let checks):
                step = .check
                looks = checks
            }
        }

        var isAlive: Bool { step != .done && step != .crashed }

        mutating func newID() -> UInt16 {
            ids += 1
            return UInt16(number) << 8 | UInt16(ids)
        }

        /// Starts steps (1) to (3) of a halt; with a tag, the entry of an old latch is published again.
        mutating func beginHalt(_ place: Place, _ mode: Mode, _ source: Record.Source, tag: UInt32? = nil, then: Step) {
            id = newID()
            (asked, scope, self.mode, self.source, self.then) = (place, place, mode, source, then)
            bearsTag = tag != nil
            self.tag = tag ?? Book.tag(id)
            step = place == .everything ? .swap : .take
        }

        /// Forgets everything that no later step needs.
        mutating func end(_ step: Step, _ outcome: Outcome = .none) {
            var blank = Actor(role, number: 0)
            blank.number = number
            (blank.step, blank.outcome) = (step, outcome)
            blank.id = 0
            blank.ids = 0
            blank.looks = 0
            blank.tag = 0
            self = blank
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(
                UInt64(step.rawValue) | UInt64(number) << 8 | UInt64(outcome.rawValue) << 16 | UInt64(folded) << 24
                    | UInt64(looks) << 32 | UInt64(id) << 40
            )
            hasher.combine(UInt64(state.rawValue) | UInt64(word.rawValue) << 32)
        }
    }

    /// A scoped entry of the page; mode 0 free, 5 being written, 7 dead.
    struct Entry: Hashable {
        var mode: UInt8 = 0
        var tag: UInt32 = 0
        var scope = Place.everything

        /// What it restricts a gate to.
        func restriction(of gate: Place) -> Mode {
            switch mode {
            case 0, 7: .live
            case 5: .halted
            default: scope.covers(gate) ? Mode(rawValue: mode) ?? .unknown : .live
            }
        }
    }

    /// What happened, for the invariants only: a halt that was on the page at some time.
    struct PastHalt: Hashable {
        var id: UInt16
        var tag: UInt32
        var scope: Place
        var mode: Mode
        /// The word that it made; 0 while an entry is published and the generation not yet raised.
        var word: Word
        /// On disk, and the page read again.
        var acknowledged = false
    }

    /// Everything at one moment.
    struct World: Hashable {
        var word: Word
        var entries: [Entry]
        /// Numbers of the book's pieces.
        var log: [UInt16]
        /// Which stop file is there; 0: none.
        var stop: UInt8 = 0
        /// Which one a resume set aside, and which resume; 0: none.
        var aside: UInt8 = 0
        var asideOf: UInt16 = 0
        /// For the invariants: whether it is the one that this resume's preflight saw.
        var asideWasSeen = false
        /// The number of the actor that holds resume.lock; 0: none.
        var lock: UInt8 = 0
        var crashes: UInt8
        var actors: [Actor]

        // For the invariants.
        var halts: [PastHalt] = []
        /// Resumes whose compare-and-swap succeeded.
        var applied: [UInt16] = []

        /// What the page permits a gate that evaluates it now.
        func permitted(_ gate: Place) -> Mode {
            entries.reduce(word.mode) { $0.combined(with: $1.restriction(of: gate)) }
        }

        /// What the page forbids for good: an entry that is being written restricts only for the moment.
        func promised(_ gate: Place) -> Mode {
            entries.reduce(word.mode) { $0.combined(with: $1.mode == 5 ? .live : $1.restriction(of: gate)) }
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(UInt64(word.rawValue) | UInt64(stop) << 32 | UInt64(lock) << 40 | UInt64(crashes) << 48)
            for piece in log { hasher.combine(piece) }
            for entry in entries { hasher.combine(entry.mode) }
            for actor in actors { actor.hash(into: &hasher) }
        }
    }
}
