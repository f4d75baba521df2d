extension HostEvent {
    /// One halt in force, as the host sees it.
    public struct Halt: Sendable, Equatable, Codable {
        /// Its record's id.
        public var id: String
        /// What it covers: `global`, or the scope as the switch writes it.
        public var scope: String
        /// The page's generation after it.
        public var generation: UInt32
        /// The generation of the last word that permitted something: the same for halts on top of one another, which stop no
        /// more than the first of them did.
        public var period: UInt32
        /// When each gate that it covers was seen to have acknowledged it or to be gone, in desk time; nil: not yet.
        public var stoppedMs: UInt64?
        /// What the gates that were open at the halt say they trade, each scope once.
        public var traded: [String]
        /// Whether the desk has lost its journal, and with it which accounts it knew; nil: it has not.
        public var hasForgotten: Bool?

        /// Creates a halt.
        public init(
            id: String,
            scope: String = "global",
            generation: UInt32,
            period: UInt32,
            stoppedMs: UInt64?,
            traded: [String] = [],
            hasForgotten: Bool? = nil
        ) {
            self.id = id
            self.scope = scope
            self.generation = generation
            self.period = period
            self.stoppedMs = stoppedMs
            self.traded = traded
            self.hasForgotten = hasForgotten
        }
    }
}
