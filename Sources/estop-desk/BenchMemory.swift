import CProcess
import SafetyEngine

/// Bytes that a position and an open order take in the engine, against those that they take where they are only stored.
struct BenchMemory: BenchPart {
    let title = "memory"
    var problem: BenchProblem?
    private var position = BenchSeries()
    private var order = BenchSeries()
    private var storedPosition = BenchSeries()
    private var storedOrder = BenchSeries()

    var rows: [BenchRow] {
        func row(_ name: String, _ series: BenchSeries, _ stored: BenchSeries) -> BenchRow {
            BenchRow(name: name, unit: .bytes, subject: series, reference: "only stored", bare: stored, limit: .none)
        }
        return [
            row("memory of a position", position, storedPosition), row("memory of an open order", order, storedOrder),
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        for series in [\BenchMemory.position, \.order, \.storedPosition, \.storedOrder] {
            self[keyPath: series].beginRound()
        }
        let each = Double(size.holdings)
        var world = BenchWorld(size: size.holdings)
        world.step()
        let empty = process_heap_bytes()
        world.addPositions()
        world.step()
        let held = process_heap_bytes()
        world.addOrders()
        world.step()
        let ordered = process_heap_bytes()
        position.add(Double(held) / each - Double(empty) / each)
        order.add(Double(ordered) / each - Double(held) / each)
        var store = BenchStore()
        let before = process_heap_bytes()
        for number in 0..<size.holdings { store.take(world.position(number)) }
        let stored = process_heap_bytes()
        for number in 0..<size.holdings { store.take(world.order(number)) }
        let both = process_heap_bytes()
        storedPosition.add(Double(stored) / each - Double(before) / each)
        storedOrder.add(Double(both) / each - Double(stored) / each)
        BenchSink.take(store.count + world.engine.book.orders.count)
    }
}
