/// What the host did, found or was told.
public enum HostEvent: Sendable, Equatable, Codable {
    /// A host started. The desk's time went on while there was none: `Receipt.atMs` says by how much.
    case started(EngineSettings)
    /// The configuration changed, all of it at once.
    case settings(EngineSettings)
    /// The host's engine loop did not run for so long: what should have been evaluated in between was not, and is not
    /// evaluated now.
    case stalled(ms: UInt64)
    /// The wall clock, read at the receipt's time: tells a jump.
    case clock
    /// The kill switch's word as the host sees it, and how many latches keep it.
    case mode(ModeState)
    /// The halts in force, each with how far it is: all of them, each time that one of them changed.
    case halts([Halt])
    /// A process behind a supervisor is gone, or is there again.
    case process(name: String, isAlive: Bool)
    /// What became of something that the engine decided.
    case outcome(Outcome)
    /// Events that came in and could not be taken; the sender was told.
    case dropped(count: UInt64, source: String)
    /// Lines that were refused.
    case refused(count: UInt64, source: String)
    /// How the journal fares: events that wait to be written, and why (nil: it writes).
    case journal(waiting: UInt64, problem: String?)
    /// Files that the host needs and that were deleted, replaced or overwritten while it runs, each in a sentence; none: all
    /// are as they were.
    case files([String])

    /// The kill switch as the engine needs it.
    public struct ModeState: Sendable, Equatable, Codable {
        /// The mode's name: `live`, `paper`, `reduce-only`, `halted`, `unknown`.
        public var mode: String
        /// Its generation.
        public var generation: UInt32
        /// Latches that keep it.
        public var latches: Int
        /// Which latches those are; nil: not said.
        public var kept: [Latch]?
        /// The generation of the last resume that was applied (0: none ever was); nil: not said.
        public var resumed: UInt32?

        /// One latch.
        public struct Latch: Sendable, Hashable, Codable {
            /// Its name in the record.
            public var id: String
            /// What it covers: `global`, or the scope as the switch writes it.
            public var scope: String

            /// Creates a latch.
            public init(id: String, scope: String) {
                self.id = id
                self.scope = scope
            }
        }

        /// Creates a state.
        public init(
            mode: String,
            generation: UInt32,
            latches: Int,
            kept: [Latch]? = nil,
            resumed: UInt32? = nil
        ) {
            self.mode = mode
            self.generation = generation
            self.latches = latches
            self.kept = kept
            self.resumed = resumed
        }

        /// Whether anything may trade.
        public var permits: Bool { mode == "live" || mode == "paper" || mode == "reduce-only" }
    }

    /// What became of something that the engine decided.
    public struct Outcome: Sendable, Equatable, Codable {
        /// The decision's number (`Decision.Effect.number`).
        public var number: UInt64
        /// Whether it was done.
        public var isDone: Bool
        /// What happened, or why not.
        public var text: String

        /// Creates an outcome.
        public init(number: UInt64, isDone: Bool, text: String = "") {
            self.number = number
            self.isDone = isDone
            self.text = text
        }
    }
}
