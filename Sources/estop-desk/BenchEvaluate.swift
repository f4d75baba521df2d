import KillSwitch
import SafetyEngine

/// One evaluation of a large desk, with nothing new and with all prices changed, and a view of it; each against one pass
/// over the same positions, orders and supervisors.
struct BenchEvaluate: BenchPart {
    let title = "evaluate"
    var problem: BenchProblem?
    private var quiet = BenchSeries()
    private var busy = BenchSeries()
    private var view = BenchSeries()
    private var pass = BenchSeries()
    private var size = 0

    var rows: [BenchRow] {
        let of = "\(size) positions and orders, \(size / 10) supervisors"
        func row(_ name: String, _ series: BenchSeries, _ limit: BenchLimit) -> BenchRow {
            BenchRow(name: name, unit: .ms, subject: series, reference: "one pass", bare: pass, limit: limit)
        }
        return [
            row("evaluation of \(of)", quiet, .median(5_000_000)),
            row("the same, all prices changed", busy, .median(5_000_000)),
            row("the view of it", view, .none),
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        var world = BenchWorld(size: size.holdings)
        world.addPositions()
        world.addOrders()
        self.size = size.holdings
        for series in [\BenchEvaluate.quiet, \.busy, \.view, \.pass] { self[keyPath: series].beginRound() }
        // Beats that a pass walks over: the roster itself is the engine's own.
        let supervisors = world.engine.view(at: world.atMs).supervisors
        for sample in 0...size.evaluations {
            let start = Clock.boottime()
            world.step()
            let stepped = Clock.boottime()
            BenchSink.take(BenchEvaluate.walk(world.engine.book, supervisors, at: world.atMs))
            let walked = Clock.boottime()
            world.changePrices()
            let changed = Clock.boottime()
            world.step()
            let again = Clock.boottime()
            BenchSink.take(world.engine.view(at: world.atMs).openOrders)
            let viewed = Clock.boottime()
            // The first one meets everything for the first time.
            guard sample > 0 else { continue }
            quiet.add(from: start, to: stepped)
            pass.add(from: stepped, to: walked)
            busy.add(from: changed, to: again)
            view.add(from: again, to: viewed)
        }
        let seen = world.engine.view(at: world.atMs)
        guard seen.positions.count == size.holdings, seen.openOrders == size.holdings, seen.alerts.isEmpty,
            seen.proposals.isEmpty
        else {
            throw BenchProblem(
                "the desk is not as it should be: \(seen.positions.count) positions, \(seen.openOrders) orders, "
                    + "\(seen.proposals.count) proposals, \(seen.alerts.map(\.id).prefix(3))"
            )
        }
    }

    /// What is held at the last prices, how old the oldest order is, and who is late.
    @inline(never)
    private static func walk(_ book: Book, _ supervisors: [Supervisor], at atMs: UInt64) -> Int {
        var sum: Int128 = 0
        for place in book.positions.indices {
            sum &+= book.positions.values[place].quantity?.digits ?? 0
            if let value = book.positions.values[place].entryPrice { sum &+= value.digits }
        }
        var oldest: UInt64 = 0
        for place in book.orders.indices where book.orders.values[place].isOpen {
            oldest = max(oldest, atMs - min(atMs, book.orders.values[place].sinceMs))
        }
        let late = supervisors.reduce(0) { $0 + ($1.lastBeatAgeMs ?? 0 > $1.intervalMs ? 1 : 0) }
        return Int(truncatingIfNeeded: sum) &+ Int(truncatingIfNeeded: oldest) &+ late
    }
}
