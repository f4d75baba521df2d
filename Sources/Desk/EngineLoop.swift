import KillSwitch
public import SafetyEngine
import Synchronization

/// The engine's own thread: takes what comes in, in order, evaluates on the engine's grid, and hands on what was decided.
///
/// A halt that the engine decides is on the page before anything else is done with it. Nothing here waits for a disk, a
/// venue or a reader.
public final class EngineLoop: Sendable {
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

    /// Where the loop's work goes. All are called on the loop's thread and must not wait.
    public struct Outlets: Sendable {
        /// Puts a halt on the page, and has it recorded.
        public var halt: @Sendable (Decision.HaltOrder) -> Void
        /// Takes what is to be journaled, in order.
        public var record: @Sendable ([Entry]) -> Void
        /// Takes what is to be done outside, told and logged.
        public var carryOut: @Sendable ([Decision]) -> Void
        /// What there is to be looked at since the last step: beats, the switch, the journal. Called once a step.
        public var look: @Sendable () -> [Event]
        /// A snapshot of the engine may be kept now: called after so many events.
        public var keep: @Sendable (Engine) -> Void

        /// Creates outlets.
        public init(
            halt: @escaping @Sendable (Decision.HaltOrder) -> Void,
            record: @escaping @Sendable ([Entry]) -> Void,
            carryOut: @escaping @Sendable ([Decision]) -> Void,
            look: @escaping @Sendable () -> [Event],
            keep: @escaping @Sendable (Engine) -> Void
        ) {
            self.halt = halt
            self.record = record
            self.carryOut = carryOut
            self.look = look
            self.keep = keep
        }
    }

    /// Later than this the loop was stalled: what should have been evaluated is told, and not evaluated after the fact.
    static let stallMs: UInt64 = 2_000
    /// Between two readings of the wall clock.
    static let clockMs: UInt64 = 10_000

    /// An event from outside, and the line that it came as.
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

    private struct Inbox {
        var events: [Incoming] = []
        var questions: [@Sendable (Engine, UInt64) -> Void] = []
        var isFull = false
        var whenEmptied: [@Sendable () -> Void] = []
    }

    private let time: DeskTime
    private let outlets: Outlets
    private let mostWaiting: Int
    private let keepEvery: Int
    private let inbox = Mutex(Inbox())
    private let worker = Worker()
    private let view = Mutex(EngineView())
    private let first: Mutex<Engine?>

    /// Creates a loop; `start` begins.
    ///
    /// - Parameters:
    ///   - engine: the engine as restored, `HostEvent.started` not yet applied.
    ///   - time: the desk's time.
    ///   - mostWaiting: events that may wait before senders are made to.
    ///   - keepEvery: events between two snapshots.
    public init(engine: Engine, time: DeskTime, mostWaiting: Int, keepEvery: Int, outlets: Outlets) {
        self.time = time
        self.outlets = outlets
        self.mostWaiting = max(1, mostWaiting)
        self.keepEvery = max(1, keepEvery)
        first = Mutex(engine)
    }

    /// Begins, with the settings that hold.
    public func start(_ settings: EngineSettings) {
        inbox.withLock { $0.events.insert(Incoming(EngineLoop.host(.started(settings))), at: 0) }
        worker.start { [self] in run() }
    }

    /// Ends, after what came in before.
    public func stop() { worker.stop() }

    /// An event of the host's own.
    public static func host(_ event: HostEvent) -> Event {
        Event(Event.Origin(source: Event.Source(.host, "desk")), .host(event))
    }

    /// Hands in events of the host or an operator: always taken.
    public func submit(_ events: [Event]) {
        guard !events.isEmpty else { return }
        let wasEmpty = inbox.withLock { inbox in
            defer { inbox.events += events.lazy.map { Incoming($0) } }
            return inbox.events.isEmpty
        }
        if wasEmpty { worker.wake() }
    }

    /// Hands in events from outside, unless too many wait.
    ///
    /// - Parameter whenEmptied: called, on the loop's thread, once there is room again, if they were not taken.
    /// - Returns: whether they were taken, all or none.
    public func offer(_ events: [Incoming], whenEmptied: @escaping @Sendable () -> Void) -> Bool {
        let (taken, wasEmpty) = inbox.withLock { inbox in
            guard inbox.events.count < mostWaiting else {
                inbox.whenEmptied.append(whenEmptied)
                return (false, false)
            }
            let wasEmpty = inbox.events.isEmpty
            inbox.events += events
            return (true, wasEmpty)
        }
        if wasEmpty { worker.wake() }
        return taken
    }

    /// Asks the engine something, on the loop's thread, after everything that was handed in before.
    public func ask(_ question: @escaping @Sendable (Engine, UInt64) -> Void) {
        inbox.withLock { $0.questions.append(question) }
        worker.wake()
    }

    /// The last view: at most a second old while the loop runs.
    public var latest: EngineView { view.withLock { $0 } }

    private func run() {
        guard var engine = first.withLock({ $0.take() }) else { return }
        var atMs = time.now().atMs
        var clockAt: UInt64 = 0
        var viewAt: UInt64 = 0
        var sinceKept = 0
        while true {
            let ends = worker.isStopping
            let (events, questions, emptied) = take()
            var receipt = time.now()
            var entries: [Entry] = []
            entries.reserveCapacity(events.count)
            if receipt.atMs > atMs + EngineLoop.stallMs, engine.last != nil {
                apply(EngineLoop.host(.stalled(ms: receipt.atMs - atMs)), receipt, &engine, &entries)
            }
            atMs = receipt.atMs
            for incoming in events { apply(incoming.event, line: incoming.line, receipt, &engine, &entries) }
            if receipt.atMs >= clockAt {
                clockAt = receipt.atMs + EngineLoop.clockMs
                apply(EngineLoop.host(.clock), receipt, &engine, &entries)
            }
            if receipt.atMs / Engine.stepMs != viewAt / Engine.stepMs || viewAt == 0 {
                for event in outlets.look() { apply(event, receipt, &engine, &entries) }
            }
            // What time alone decided is told by an event, too: else a replay that ends here would not decide it.
            let decided = engine.advance(to: receipt)
            if !decided.isEmpty {
                act(on: decided)
                apply(EngineLoop.host(.clock), receipt, &engine, &entries)
                entries[entries.count - 1].decisions.insert(contentsOf: decided, at: 0)
            }
            sinceKept += entries.count
            // A snapshot stands at an event: else replaying the events up to it gives another engine.
            if sinceKept >= keepEvery || ends { apply(EngineLoop.host(.clock), receipt, &engine, &entries) }
            if !entries.isEmpty { outlets.record(entries) }
            if sinceKept >= keepEvery {
                sinceKept = 0
                outlets.keep(engine)
            }
            if receipt.atMs / Engine.stepMs != viewAt / Engine.stepMs || viewAt == 0 {
                viewAt = max(1, receipt.atMs)
                let shown = engine.view(at: receipt.atMs)
                view.withLock { $0 = shown }
            }
            for question in questions { question(engine, receipt.atMs) }
            for room in emptied { room() }
            if ends {
                outlets.keep(engine)
                return
            }
            receipt = time.now()
            let next = (receipt.atMs / Engine.stepMs + 1) * Engine.stepMs
            if inbox.withLock({ $0.events.isEmpty && $0.questions.isEmpty }) {
                _ = worker.sleep(milliseconds: next - receipt.atMs)
            }
        }
    }

    private func take() -> (
        events: [Incoming], questions: [@Sendable (Engine, UInt64) -> Void], emptied: [@Sendable () -> Void]
    ) {
        inbox.withLock { inbox in
            defer { inbox = Inbox() }
            return (inbox.events, inbox.questions, inbox.whenEmptied)
        }
    }

    private func apply(
        _ event: Event,
        line: [UInt8]? = nil,
        _ receipt: Receipt,
        _ engine: inout Engine,
        _ entries: inout [Entry]
    ) {
        let decisions = engine.apply(event, at: receipt)
        if !decisions.isEmpty { act(on: decisions) }
        entries.append(Entry(event: event, receipt: receipt, line: line, decisions: decisions))
    }

    /// Halts first, each on the page before the next thing is looked at.
    private func act(on decisions: [Decision]) {
        for case .halt(let order) in decisions { outlets.halt(order) }
        outlets.carryOut(decisions)
    }
}
