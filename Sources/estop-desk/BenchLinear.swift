import KillSwitch
import SafetyEngine

/// Whether cost is linear: one event, and one evaluation's share of one position and order, on a small desk and on desks ten
/// and a hundred times as large.
///
/// An event finds what it is about by hashing: on a large desk that is no longer in the processor's caches, which is seen
/// in the same way where events are only stored.
struct BenchLinear: BenchPart {
    let title = "linear"
    var problem: BenchProblem?
    private var desks: [Desk] = []

    private struct Desk {
        let size: Int
        var event = BenchSeries()
        var stored = BenchSeries()
        var share = BenchSeries()
    }

    /// Events in one sample.
    private static let slice = 1_000
    private static let slices = 20

    /// A hundred times as many cost the same each, but for the memory that the processor's caches no longer hold: walked
    /// over from end to end by an evaluation ...
    private static let most = 3.0
    /// ... and hit here and there by an event.
    private static let mostOfEvent = 4.0

    var rows: [BenchRow] {
        guard let small = desks.first else { return [] }
        return desks.dropFirst().flatMap { desk in
            [
                BenchRow(
                    name: "one event, desk of \(desk.size)",
                    unit: .ns,
                    subject: desk.event,
                    reference: "desk of \(small.size)",
                    bare: small.event,
                    limit: .ratioOfMedians(BenchLinear.mostOfEvent)
                ),
                BenchRow(
                    name: "the same, only stored",
                    unit: .ns,
                    subject: desk.stored,
                    reference: "desk of \(small.size)",
                    bare: small.stored,
                    limit: .none
                ),
                BenchRow(
                    name: "evaluation, share of 1 of \(desk.size)",
                    unit: .ns,
                    subject: desk.share,
                    reference: "of \(small.size)",
                    bare: small.share,
                    limit: .ratioOfMedians(BenchLinear.most)
                ),
            ]
        }
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        if desks.isEmpty { desks = size.desks.map { Desk(size: $0) } }
        for index in desks.indices {
            var world = BenchWorld(size: desks[index].size)
            world.addPositions()
            world.addOrders()
            world.step()
            var store = world.stored
            desks[index].event.beginRound()
            desks[index].stored.beginRound()
            desks[index].share.beginRound()
            for slice in 0..<BenchLinear.slices {
                let span = slice * BenchLinear.slice..<(slice + 1) * BenchLinear.slice
                let events = span.map { world.touch($0) }
                let start = Clock.boottime()
                for event in events { world.apply(event) }
                let end = Clock.boottime()
                for event in events { store.take(event) }
                let stored = Clock.boottime()
                desks[index].event.add(Double(end - start) / Double(BenchLinear.slice))
                desks[index].stored.add(Double(stored - end) / Double(BenchLinear.slice))
                // Small desks are evaluated several times, for a time that a clock can tell.
                let times = max(1, size.desks.last.map { $0 / 10 / desks[index].size } ?? 1)
                let began = Clock.boottime()
                for _ in 0..<times { world.step() }
                let ended = Clock.boottime()
                desks[index].share.add(Double(ended - began) / Double(times * desks[index].size))
            }
            BenchSink.take(store.count)
            let counts = world.engine.book.counts
            guard world.engine.book.orders.count == desks[index].size, counts.duplicate == 0 else {
                throw BenchProblem("a desk is not as it should be: \(counts)")
            }
        }
    }
}
