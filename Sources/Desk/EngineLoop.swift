import KillSwitch
public import SafetyEngine
import Synchronization

/// The engine's own thread: takes what comes in, in order, evaluates on the engine's grid, and hands on what was decided.
///
/// A halt that the engine decides is on the page before anything else is done with it. Nothing here waits for a disk, a
/// venue or a reader.
public final class EngineLoop: Sendable {
    /// One event with what it made the engine decide.
    public typealias Entry = EngineTurns.Entry
    /// An event from outside, and the line that it came as.
    public typealias Incoming = EngineTurns.Incoming

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

    /// Something that the engine is asked on the loop's thread.
    private struct Question: Sendable {
        /// How many events had been handed in before it.
        let after: UInt64
        let ask: @Sendable (Engine, UInt64) -> Void
    }

    private struct Inbox {
        var events: [Incoming] = []
        var questions: [Question] = []
        /// Events that were handed in, and those of them that were taken, since the loop was made.
        var handedIn: UInt64 = 0
        var taken: UInt64 = 0
        /// Nothing more is taken: the loop ends.
        var isClosed = false
        var whenEmptied: [Job] = []

        mutating func add(_ more: [Incoming]) {
            events += more
            handedIn += UInt64(more.count)
        }

        /// Takes the next events, what was asked before the first one that is left, and, where none is left, whoever waits for
        /// room.
        mutating func take(most: Int) -> (events: [Incoming], questions: [Question], emptied: [Job]) {
            let next = events.count <= most ? events : Array(events.prefix(most))
            events = events.count <= most ? [] : Array(events.dropFirst(most))
            taken += UInt64(next.count)
            let due = questions.filter { $0.after <= taken }
            questions.removeAll { $0.after <= taken }
            let emptied = events.isEmpty ? whenEmptied : []
            if events.isEmpty { whenEmptied = [] }
            return (next, due, emptied)
        }
    }

    private let time: DeskTime
    private let outlets: Outlets
    private let mostWaiting: Int
    private let keepEvery: Int
    private let inbox = Mutex(Inbox())
    private let worker = Worker()
    private let view = Mutex(EngineView())
    private let first: Mutex<Engine?>
    private let isKeepDue = Atomic<Bool>(false)

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
        inbox.withLock { inbox in
            inbox.events.insert(Incoming(EngineLoop.host(.started(settings))), at: 0)
            inbox.handedIn += 1
        }
        worker.start { [self] in run() }
    }

    /// Has a snapshot kept soon, and not only after `keepEvery` events.
    public func keepSoon() { isKeepDue.store(true, ordering: .releasing) }

    /// Ends, after what came in before.
    public func stop() { worker.stop() }

    /// An event of the host's own.
    public static func host(_ event: HostEvent) -> Event { EngineTurns.host(event) }

    /// What is said of events that come when the loop has ended.
    static let hasEnded = "the host is stopping, try again: its engine takes nothing more"

    /// Hands in events of the host or an operator: taken as long as the loop runs.
    ///
    /// - Returns: whether they were taken; false: the loop has ended.
    @discardableResult
    public func submit(_ events: [Event]) -> Bool {
        guard !events.isEmpty else { return true }
        let (taken, wasEmpty) = inbox.withLock { inbox in
            guard !inbox.isClosed else { return (false, false) }
            let wasEmpty = inbox.events.isEmpty
            inbox.add(events.map { Incoming($0) })
            return (true, wasEmpty)
        }
        if wasEmpty { worker.wake() }
        return taken
    }

    /// Hands in events from outside, unless too many wait.
    ///
    /// - Parameter whenEmptied: called, on the loop's thread, once there is room again, if they were not taken.
    /// - Returns: what became of them, of all alike.
    public func offer(_ events: [Incoming], whenEmptied: @escaping @Sendable () -> Void) -> EventOffer {
        let (offer, wasEmpty) = inbox.withLock { inbox -> (EventOffer, Bool) in
            guard !inbox.isClosed else { return (.notNow(EngineLoop.hasEnded), false) }
            guard inbox.events.count < mostWaiting else {
                inbox.whenEmptied.append(Job(whenEmptied))
                return (.noRoom, false)
            }
            let wasEmpty = inbox.events.isEmpty
            inbox.add(events)
            return (.taken, wasEmpty)
        }
        if wasEmpty { worker.wake() }
        return offer
    }

    /// Asks the engine something, on the loop's thread, after everything that was handed in before.
    ///
    /// - Returns: whether it will be answered; false: the loop has ended.
    @discardableResult
    public func ask(_ question: @escaping @Sendable (Engine, UInt64) -> Void) -> Bool {
        let isAsked = inbox.withLock { inbox in
            guard !inbox.isClosed else { return false }
            inbox.questions.append(Question(after: inbox.handedIn, ask: question))
            return true
        }
        if isAsked { worker.wake() }
        return isAsked
    }

    /// The last view: at most a second old while the loop runs.
    public var latest: EngineView { view.withLock { $0 } }

    private func run() {
        let beganMs = time.now().atMs
        guard var turns = first.withLock({ $0.take() }).map({ EngineTurns(engine: $0, atMs: beganMs) }) else { return }
        var sinceKept = 0
        var endMs: UInt64?
        var viewAtMs: UInt64 = 0
        while true {
            let ends = worker.isStopping
            let (events, questions, emptied) = take(last: ends)
            let receipt = time.now()
            let isStep = turns.isStep(at: receipt.atMs)
            var entries = turns.turn(events, at: receipt, look: outlets.look, act: act)
            sinceKept += entries.count
            if isKeepDue.exchange(false, ordering: .acquiringAndReleasing) { sinceKept = keepEvery }
            // A snapshot stands at an event: else replaying the events up to it gives another engine.
            if sinceKept >= keepEvery || ends { entries += turns.mark(at: receipt, act: act) }
            if !entries.isEmpty { outlets.record(entries) }
            if sinceKept >= keepEvery {
                sinceKept = 0
                outlets.keep(turns.engine)
            }
            // A view of a large desk takes long: it takes at most a fifth of the time. Whoever acts and then looks sees what they
            // did.
            if isStep && receipt.atMs >= viewAtMs || events.contains(where: { $0.event.isOperatorAction }) {
                let shown = turns.engine.view(at: receipt.atMs)
                view.withLock { $0 = shown }
                let madeMs = time.now().atMs
                viewAtMs = receipt.atMs + (madeMs - min(madeMs, receipt.atMs)) * 4
            }
            for question in questions { question.ask(turns.engine, receipt.atMs) }
            for room in emptied { room.run() }
            if ends {
                if endMs == nil { endMs = receipt.atMs + EngineLoop.endsWithinMs }
                let isEmpty = inbox.withLock { $0.events.isEmpty }
                guard !isEmpty, time.now().atMs < endMs ?? 0 else {
                    outlets.keep(turns.engine)
                    return
                }
                continue
            }
            let nowMs = time.now().atMs
            let next = (nowMs / Engine.stepMs + 1) * Engine.stepMs
            if inbox.withLock({ $0.events.isEmpty && $0.questions.isEmpty }) {
                _ = worker.sleep(milliseconds: next - nowMs)
            }
        }
    }

    /// Takes what came in. What comes after the last time is refused: nobody would look at it.
    private func take(
        last: Bool
    ) -> (
        events: [Incoming], questions: [Question], emptied: [Job]
    ) {
        inbox.withLock { inbox in
            if last { inbox.isClosed = true }
            return inbox.take(most: EngineLoop.mostInATurn)
        }
    }

    /// Most events of one turn: between two turns is evaluated, looked at the switch, and answered.
    static let mostInATurn = 4_096
    /// How long what came in before the end may take, in milliseconds.
    private static let endsWithinMs: UInt64 = 2_000

    /// Halts first, each on the page before the next thing is looked at.
    private func act(on decisions: [Decision]) {
        for case .halt(let order) in decisions { outlets.halt(order) }
        outlets.carryOut(decisions)
    }
}

extension Event {
    /// Whether an operator asked for something.
    fileprivate var isOperatorAction: Bool {
        if case .operatorAction = body { true } else { false }
    }
}
