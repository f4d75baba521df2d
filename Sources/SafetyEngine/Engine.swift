/// The shared engine: a value that takes events and returns decisions and a view. No I/O, no clock, no randomness.
///
/// Invariants (SafetyEngineTests, SimulationTests): the same events at the same receipts give the same decisions, byte for
/// byte, on any machine; nothing is decided by the order of a dictionary; a level of an open alert never falls; nothing
/// here permits trading, it only ever asks to halt.
///
/// Whatever depends on time is evaluated on a grid of `Engine.stepMs` of the desk's own time, each step before the
/// events that came after it. So it makes no difference how often `advance` is called, and a journal of events alone
/// replays every decision.
public struct Engine: Sendable, Equatable, Codable {
    /// The time between two evaluations, in milliseconds.
    public static let stepMs: UInt64 = 250

    /// The numbers that it decides by.
    public internal(set) var settings: EngineSettings
    /// What is known.
    public internal(set) var book = Book()
    /// Alerts, and how far each rule is.
    public internal(set) var alarms = Alarms()
    /// Circuit breakers, and the watch after a resume.
    public internal(set) var breakers = Breakers()
    /// Who is expected to beat.
    public internal(set) var roster = Roster()
    /// Dust.
    public internal(set) var dust = DustList()
    /// The cap, the exits, and what they propose.
    public internal(set) var exits = Exits()
    /// What operators asked for lately, and what became of it.
    public internal(set) var requests = ActionRequests()
    /// The kill switch as the host saw it last.
    public internal(set) var mode = HostEvent.ModeState(mode: "unknown", generation: 0, latches: 0)
    /// The halts in force, and what was listed since each.
    public internal(set) var halts: [HaltWatch] = []
    /// The wall clock by the desk's own time.
    public internal(set) var calendar = Calendar()
    /// How the journal fares.
    public internal(set) var journal = JournalState()
    /// The last step that was evaluated, in milliseconds of the desk's time.
    public internal(set) var evaluatedMs: UInt64 = 0
    /// The last number that a decision bore.
    public internal(set) var lastNumber: UInt64 = 0
    /// The last event's receipt.
    public internal(set) var last: Receipt?

    /// Creates an engine that knows nothing.
    public init(settings: EngineSettings = EngineSettings()) { self.settings = settings }

    /// Takes one event, after the steps that lie before it.
    ///
    /// A receipt before the last one counts as at the last one: the desk's time never goes back.
    public mutating func apply(_ event: Event, at receipt: Receipt) -> [Decision] {
        let receipt = Receipt(atMs: max(receipt.atMs, last?.atMs ?? 0), wallMs: receipt.wallMs)
        var decisions: [Decision] = []
        // Its time begins with its first event, whatever that is: a journal may have lost the start.
        if last == nil { evaluatedMs = max(evaluatedMs, receipt.atMs - receipt.atMs % Engine.stepMs) }
        if case .host(let host) = event.body {
            // Until a stall everything was evaluated, also where no event says so.
            if case .stalled(let milliseconds) = host { advance(to: receipt.atMs.since(milliseconds), &decisions) }
            // A start or a stall names a span that nobody watched: it is not evaluated after the fact.
            if host.skipsTime { evaluatedMs = max(evaluatedMs, receipt.atMs - receipt.atMs % Engine.stepMs) }
            advance(to: receipt.atMs, &decisions)
            last = receipt
            take(host, receipt, &decisions)
            return decisions
        }
        advance(to: receipt.atMs, &decisions)
        last = receipt
        switch event.body {
        case .operatorAction(let action): take(action, named: event.id, receipt, &decisions)
        case .heartbeat(let beat): roster.take(beat, event.origin, receipt)
        default:
            // How late something came is told by the desk's own calendar: a jump of the machine's clock makes no price late.
            let wallMs = calendar.wallMs(at: receipt.atMs) ?? receipt.wallMs
            let isNew = book.take(event, Receipt(atMs: receipt.atMs, wallMs: wallMs), settings)
            if isNew { for place in halts.indices { halts[place].take(event, receipt, book, settings) } }
            exits.liquidation?.take(event, book, settings)
        }
        return decisions
    }

    /// Evaluates the steps up to a time.
    public mutating func advance(to receipt: Receipt) -> [Decision] {
        var decisions: [Decision] = []
        advance(to: receipt.atMs, &decisions)
        return decisions
    }

    private mutating func advance(to atMs: UInt64, _ decisions: inout [Decision]) {
        while evaluatedMs + Engine.stepMs <= atMs {
            evaluatedMs += Engine.stepMs
            evaluate(evaluatedMs, &decisions)
        }
    }

    /// One evaluation of everything that depends on time or on several things at once.
    private mutating func evaluate(_ atMs: UInt64, _ decisions: inout [Decision]) {
        let valuation = book.settle(at: atMs, calendar, settings)
        settleHalts(at: atMs)
        roster.evaluate(at: atMs, settings, &lastNumber, &decisions)
        dust.evaluate(book, valuation, calendar.wallMs(at: atMs), at: atMs, settings, &decisions)
        exits.evaluate(book, valuation, dust, mode, at: atMs, settings, &lastNumber, &decisions)
        requests.evaluate(book, at: atMs, timeoutMs: settings.orders.timeoutMs)
        breakers.evaluate(mode, at: atMs, settings)
        evaluateRules(at: atMs, valuation, &decisions)
    }
}
