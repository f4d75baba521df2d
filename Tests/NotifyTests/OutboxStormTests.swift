import SafetyEngine
import Testing

@testable import Notify

struct OutboxStormTests {
    @Test func aStormBecomesOneMessageAndAnEmergencyIsNoPartOfIt() {
        var outbox = Outbox.to("a")
        for number in 0..<57 {
            outbox.take(.sample("\(number)", level: .warning, rule: number < 50 ? "ORDER_STUCK" : "API_ERROR"), at: 5)
        }
        outbox.take(.sample("grave", level: .emergency), at: 6)
        let waiting = outbox.lanes[0].entries
        #expect(waiting.count == Outbox.mostPerMinute + 2)
        #expect(waiting.last?.notification.subject == "grave")
        let summary = waiting.first { $0.notification.kind == .summary }
        #expect(summary?.notification.count == 37 && summary?.dueAt == 60_005)
        #expect(summary?.notification.rules == [.init("ORDER_STUCK", 30), .init("API_ERROR", 7)])
        var sent: [String] = []
        while let entry = outbox.step(at: 59_000).attempts.first?.entry {
            sent.append(entry.notification.subject)
            outbox.finish(entry, .delivered, at: 59_000, wall: 0)
        }
        #expect(sent == ["grave"] + (0..<20).map { "\($0)" })
        expectEqual(outbox.step(at: 59_000).wakeAt, 60_005)
        let last = outbox.step(at: 60_005).attempts.first?.entry.notification
        #expect(last?.text.hasPrefix("and 37 more since") == true)
        // The next minute begins anew.
        outbox.take(.sample("next", level: .warning), at: 60_006)
        #expect(outbox.lanes[0].entries.last?.notification.subject == "next")
    }

    @Test func haltsAreNeverSummedUp() {
        var outbox = Outbox.to("a")
        for number in 0..<100 {
            var halt = Notification.sample("\(number)", kind: .halted, level: .emergency)
            halt.alert = ""
            outbox.take(halt, at: 0)
        }
        #expect(outbox.lanes[0].entries.count == 100)
    }

    @Test func aFullQueueCountsTheMildestAndKeepsTheGravest() {
        var outbox = Outbox.to("a")
        // One alert every four seconds: never a storm.
        for number in 0..<700 { outbox.take(.sample("\(number)", level: .warning), at: Int64(number) * 4_000) }
        outbox.take(.sample("grave", level: .emergency), at: 2_800_000)
        let waiting = outbox.lanes[0].entries
        #expect(waiting.count == Outbox.mostWaiting + 1 || waiting.count == Outbox.mostWaiting)
        #expect(waiting.contains { $0.notification.subject == "grave" })
        let counted = waiting.filter { $0.notification.kind == .summary }.reduce(0) { $0 + $1.notification.count }
        let single = waiting.count { $0.notification.kind != .summary }
        #expect(counted + single == 701)
    }
}
