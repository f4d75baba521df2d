import SafetyEngine
import Seeds
import Testing

@testable import Journal

@Suite struct BacklogTests {
    private func event(_ order: UInt64) -> Backlog.WaitingEvent {
        Backlog.WaitingEvent(order: order, seq: Int64(order), receipt: at(1), kind: "metric", body: .bytes([]))
    }

    private func other(_ order: UInt64) -> Backlog.Waiting {
        Backlog.Waiting(order: order, content: .decision(seq: Int64(order), eventSeq: 0, receipt: at(1), halt(order)))
    }

    private func orders(_ batch: Backlog.Batch) -> [UInt64] {
        (batch.events.map(\.order) + batch.others.map(\.order)).sorted()
    }

    @Test func whatIsTakenComesOutInItsOrderWhateverFails() {
        var random = SeededRandom(seed: 4)
        for _ in 0..<200 {
            var backlog = Backlog()
            var next: UInt64 = 1
            var written: [UInt64] = []
            while written.count < 300 {
                for _ in 0..<Int.random(in: 0...20, using: &random) {
                    if Bool.random(using: &random) { backlog.add(event(next)) } else { backlog.add(other(next)) }
                    next += 1
                }
                let most = Int.random(in: 1...30, using: &random)
                let before = backlog.count
                let batch = backlog.take(most)
                #expect(batch.count == min(most, before))
                if Int.random(in: 0..<3, using: &random) == 0 {
                    backlog.putBack(batch)
                    #expect(backlog.count == before)
                } else {
                    written += orders(batch)
                    if batch.count > 0 { #expect(batch.last == written.last) }
                }
            }
            #expect(written == Array(1...UInt64(written.count)))
        }
    }

    @Test func theOldestEventsAreDroppedAndNothingElse() {
        var backlog = Backlog()
        for order in stride(from: UInt64(1), through: 99, by: 2) {
            backlog.add(event(order))
            backlog.add(other(order + 1))
        }
        #expect(backlog.trim(mostEvents: 50) == 0)
        #expect(backlog.trim(mostEvents: 10) == 40)
        let left = backlog.take(1000)
        #expect(left.events.map(\.order) == Array(stride(from: 81, through: 99, by: 2)))
        #expect(left.others.count == 50)
        #expect(backlog.isEmpty)
    }

    @Test func onlyTheNewestSnapshotWaits() {
        var backlog = Backlog()
        for order in UInt64(1)...3 {
            backlog.add(other(order * 2))
            let bytes = Backlog.SnapshotBytes(eventSeq: Int64(order), receipt: at(1), body: [])
            backlog.add(Backlog.Waiting(order: order * 2 + 1, content: .snapshot(bytes)))
        }
        #expect(backlog.take(100).others.map(\.order) == [2, 4, 6, 7])
    }
}
