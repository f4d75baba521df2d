import KillSwitch
import SafetyEngine

/// One event of a mixed stream through the engine, its share of the evaluations included, against a fold that only stores
/// the same events.
struct BenchFold: BenchPart {
    let title = "fold"
    var problem: BenchProblem?
    private var engine = BenchSeries()
    private var store = BenchSeries()
    private var events: [Event] = []

    /// Each slice is as long as one step of the engine's grid, and so has one evaluation in it.
    private static let slices = 16

    var rows: [BenchRow] {
        [
            BenchRow(
                name: "one event of a mixed stream",
                unit: .ns,
                subject: engine,
                reference: "only stored",
                bare: store,
                limit: .ratioOfMedians(10)
            ),
            BenchRow(
                name: "the same, for 500,000 a second",
                unit: .ns,
                subject: engine,
                reference: "only stored",
                bare: store,
                limit: .median(2_000)
            ),
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        if events.isEmpty {
            var stream = BenchStream()
            events = (0..<size.events).map { _ in stream.next() }
        }
        var engine = Engine()
        var store = BenchStore()
        let desk = Event.Origin(source: .init(.host, "desk"))
        var atMs: UInt64 = 1_700_000_000_000
        _ = engine.apply(Event(desk, .host(.started(EngineSettings()))), at: Receipt(atMs: atMs, wallMs: Int64(atMs)))
        let length = events.count / BenchFold.slices
        self.engine.beginRound()
        self.store.beginRound()
        for slice in 0..<BenchFold.slices {
            let span = slice * length..<(slice + 1) * length
            atMs += Engine.stepMs
            let start = Clock.boottime()
            let decided = BenchFold.fold(events, span, into: &engine, from: atMs)
            let middle = Clock.boottime()
            BenchFold.fold(events, span, into: &store)
            let end = Clock.boottime()
            BenchSink.take(decided)
            self.engine.add(Double(middle - start) / Double(length))
            self.store.add(Double(end - middle) / Double(length))
        }
        // What a venue says of an order after its fills is counted as said twice, and is meant to be.
        let counts = engine.book.counts
        guard counts.taken > 0, counts.outOfOrder + counts.contradictory + counts.crowdedOut == 0 else {
            throw BenchProblem("the stream is not as it should be: \(counts)")
        }
        BenchSink.take(store.count)
    }

    @inline(never)
    private static func fold(_ events: [Event], _ span: Range<Int>, into engine: inout Engine, from atMs: UInt64) -> Int
    {
        var decided = 0
        for place in span {
            let at = atMs + UInt64((place - span.lowerBound) * Int(Engine.stepMs) / span.count)
            decided += engine.apply(events[place], at: Receipt(atMs: at, wallMs: Int64(at))).count
        }
        return decided
    }

    @inline(never)
    private static func fold(_ events: [Event], _ span: Range<Int>, into store: inout BenchStore) {
        for place in span { store.take(events[place]) }
    }
}
