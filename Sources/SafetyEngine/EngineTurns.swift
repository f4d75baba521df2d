/// The turns of a host's loop: what is done with the engine each time that the host looks, as a value. The host's thread
/// adds the clock, the inbox and the outlets; a simulation adds its own.
///
/// Invariants (SimulationTests): whatever was decided stands at an event, so that the events alone replay it; a decision
/// is acted upon before anything else is looked at; what was not watched is told, and not evaluated after the fact.
public struct EngineTurns: Sendable {
    /// Later than this the loop was stalled: what should have been evaluated is told, and not evaluated after the fact.
    public static let stallMs: UInt64 = 2_000
    /// Between two readings of the wall clock, in milliseconds.
    public static let clockMs: UInt64 = 10_000

    /// What came in: an event, and the line that it came as.
    public struct Incoming: Sendable {
        /// The event.
        public var event: Event
        /// The line, without its end; nil: it came otherwise.
        public var line: [UInt8]?

        /// Creates one.
        public init(_ event: Event, line: [UInt8]? = nil) {
            self.event = event
            self.line = line
        }
    }

    /// One event with what it made the engine decide.
    public struct Entry: Sendable {
        /// The event.
        public var event: Event
        /// When.
        public var receipt: Receipt
        /// The event as it came, where it came as a line: it need not be written down again.
        public var line: [UInt8]?
        /// What was decided by the time that passed before it, and by it.
        public var decisions: [Decision]
    }

    /// The engine, after the last turn.
    public private(set) var engine: Engine
    /// The last turn, in desk time.
    private var atMs: UInt64
    private var clockAt: UInt64 = 0
    private var lookedAt: UInt64?

    /// Creates turns of an engine.
    ///
    /// - Parameters:
    ///   - engine: the engine as restored, `HostEvent.started` not yet applied.
    ///   - atMs: now, in desk time.
    public init(engine: Engine, atMs: UInt64) {
        self.engine = engine
        self.atMs = atMs
    }

    /// An event of the host's own.
    public static func host(_ event: HostEvent) -> Event {
        Event(Event.Origin(source: Event.Source(.host, "desk")), .host(event))
    }

    /// Whether a step of the engine's grid began since the last turn that looked.
    public func isStep(at atMs: UInt64) -> Bool { lookedAt.map { atMs / Engine.stepMs != $0 / Engine.stepMs } ?? true }

    /// One turn.
    ///
    /// - Parameters:
    ///   - incoming: what came in, in order.
    ///   - receipt: now.
    ///   - look: what there is to be looked at; asked once a step.
    ///   - act: gets what was decided, before the next event is looked at.
    /// - Returns: what is to be journaled, in order.
    public mutating func turn(
        _ incoming: [Incoming],
        at receipt: Receipt,
        look: () -> [Event],
        act: ([Decision]) -> Void
    ) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(incoming.count)
        if receipt.atMs > atMs + EngineTurns.stallMs, engine.last != nil {
            apply(EngineTurns.host(.stalled(ms: receipt.atMs - atMs)), receipt, &entries, act)
        }
        atMs = receipt.atMs
        for one in incoming { apply(one.event, line: one.line, receipt, &entries, act) }
        if receipt.atMs >= clockAt {
            clockAt = receipt.atMs + EngineTurns.clockMs
            apply(EngineTurns.host(.clock), receipt, &entries, act)
        }
        if isStep(at: receipt.atMs) {
            for event in look() { apply(event, receipt, &entries, act) }
            lookedAt = receipt.atMs
        }
        // What time alone decided is told by an event, too: else a replay that ends here would not decide it.
        let decided = engine.advance(to: receipt)
        if !decided.isEmpty {
            act(decided)
            apply(EngineTurns.host(.clock), receipt, &entries, act)
            entries[entries.count - 1].decisions.insert(contentsOf: decided, at: 0)
        }
        return entries
    }

    /// An event that says up to when was evaluated: a snapshot stands at an event, and is what replaying up to that event
    /// gives.
    public mutating func mark(at receipt: Receipt, act: ([Decision]) -> Void) -> [Entry] {
        var entries: [Entry] = []
        apply(EngineTurns.host(.clock), receipt, &entries, act)
        return entries
    }

    private mutating func apply(
        _ event: Event,
        line: [UInt8]? = nil,
        _ receipt: Receipt,
        _ entries: inout [Entry],
        _ act: ([Decision]) -> Void
    ) {
        let decisions = engine.apply(event, at: receipt)
        if !decisions.isEmpty { act(decisions) }
        entries.append(Entry(event: event, receipt: receipt, line: line, decisions: decisions))
    }
}
