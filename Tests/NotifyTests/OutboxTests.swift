import SafetyEngine
import Settings
import Testing

@testable import Notify

struct OutboxTests {
    private static func subjects(_ step: Outbox.Step) -> [String] { step.attempts.map(\.entry.notification.subject) }

    @Test func aNotificationGoesToEveryTargetAndLeavesWhenDelivered() {
        var outbox = Outbox.to("a", "b")
        outbox.take(.sample(), at: 10)
        expectEqual(outbox.takeChanges(), [.write(1), .write(2)])
        let step = outbox.step(at: 10)
        #expect(step.attempts.map(\.target.name) == ["a", "b"])
        expectEqual(outbox.step(at: 11).attempts.isEmpty, true)
        outbox.finish(step.attempts[0].entry, .delivered, at: 20, wall: 1_020)
        outbox.finish(step.attempts[1].entry, .delivered, at: 20, wall: 1_020)
        expectEqual(outbox.takeChanges(), [.remove(1), .remove(2)])
        #expect(outbox.lanes.map(\.delivered) == [1, 1])
        #expect(outbox.lanes.map(\.lastDeliveredAt) == [1_020, 1_020])
        expectEqual(outbox.step(at: 30).wakeAt, nil)
    }

    @Test(arguments: [
        (Alert.Level.warning, Notification.Kind.raised, "ORDER_STUCK", true), (.info, .raised, "ORDER_STUCK", false),
        (.critical, .raised, "OTHER", false), (.critical, .resolved, "ORDER_STUCK", false),
        (.critical, .acknowledged, "ORDER_STUCK", false), (.critical, .unacknowledged, "ORDER_STUCK", true),
        (.emergency, .escalated, "ORDER_STUCK", true), (.emergency, .halted, "cli", false), (.info, .test, "T", true),
    ])
    func aTargetIsToldWhatItAskedFor(level: Alert.Level, kind: Notification.Kind, rule: String, wanted: Bool) {
        var target = DeskConfiguration.Notify.Target.webhook("a", "http://a")
        target.rules = ["ORDER_STUCK"]
        target.tellsResolved = false
        #expect(target.wants(.sample(kind: kind, level: level, rule: rule)) == wanted)
        target.rules = []
        target.tellsResolved = true
        #expect(target.wants(.sample(kind: kind, level: level, rule: rule)) == (level >= .warning || kind == .test))
    }

    @Test func aFailureIsTriedAgainLaterAndLaterAndThenGivenUp() {
        var outbox = Outbox.to("a", attempts: 4)
        outbox.take(.sample(), at: 0)
        var now: Int64 = 0
        for wait: Int64 in [1_000, 2_000, 4_000] {
            let step = outbox.step(at: now)
            #expect(step.attempts.count == 1)
            outbox.finish(step.attempts[0].entry, .failed("no", retryAfterMs: nil), at: now, wall: 7)
            expectEqual(outbox.step(at: now + wait - 1).attempts.isEmpty, true)
            expectEqual(outbox.step(at: now + wait - 1).wakeAt, now + wait)
            now += wait
        }
        expectEqual(outbox.takeSaid(), [])
        #expect(outbox.lanes[0].lastError == "no" && outbox.lanes[0].lastErrorAt == 7)
        let last = outbox.step(at: now)
        outbox.finish(last.attempts[0].entry, .failed("no", retryAfterMs: nil), at: now, wall: 7)
        #expect(outbox.lanes[0].entries.isEmpty && outbox.lanes[0].givenUp == 1)
        #expect(
            outbox.takeSaid() == [
                "notify: a was not told of raised ORDER_STUCK binance/o-1, given up: was tried 4 times: no"
            ]
        )
        expectEqual(outbox.takeChanges(), [.remove(1)])
    }

    @Test func theWaitIsAtMostFiveMinutes() {
        var lane = Lane(.webhook("a", "http://a"))
        for _ in 0..<200 { lane.wait(.init([], backoffMs: 1_000), asked: nil, from: 0) }
        #expect(lane.notBefore == 300_000)
        lane.wait(.init([], backoffMs: .max), asked: nil, from: 0)
        #expect(lane.notBefore == 300_000)
    }

    @Test func aReceiverThatAsksForTimeGetsItAndLosesNoTries() {
        var outbox = Outbox.to("a", attempts: 1, giveUpMs: 1_000_000)
        outbox.take(.sample(), at: 0)
        var now: Int64 = 0
        for _ in 0..<5 {
            let step = outbox.step(at: now)
            outbox.finish(step.attempts[0].entry, .failed("HTTP 429", retryAfterMs: 120_000), at: now, wall: 0)
            // Not even something graver hurries it.
            outbox.take(.sample("grave \(now)", level: .emergency), at: now)
            expectEqual(outbox.step(at: now + 119_999).wakeAt, now + 120_000)
            now += 120_000
        }
        #expect(outbox.lanes[0].entries.count == 6)
        var lane = Lane(.webhook("a", "http://a"))
        lane.wait(.init([]), asked: .max, from: 0)
        #expect(lane.notBefore == 3_600_000)
    }

    @Test func whatWaitedTooLongIsGivenUp() {
        var outbox = Outbox.to("a", attempts: 100, giveUpMs: 5_000)
        outbox.take(.sample("old"), at: 0)
        outbox.take(.sample("young"), at: 4_000)
        let step = outbox.step(at: 4_000)
        outbox.finish(step.attempts[0].entry, .failed("no", retryAfterMs: 60_000), at: 4_000, wall: 0)
        _ = outbox.step(at: 4_999)
        #expect(outbox.lanes[0].entries.count == 2)
        _ = outbox.step(at: 5_000)
        #expect(outbox.lanes[0].entries.map(\.notification.subject) == ["young"])
        expectEqual(
            outbox.takeSaid(),
            [
                "notify: a was not told of raised ORDER_STUCK old, given up: waited too long: no"
            ]
        )
    }

    @Test func whatIsRefusedIsGivenUpAtOnceAndHoldsUpNothing() {
        var outbox = Outbox.to("a")
        outbox.take(.sample("bad"), at: 0)
        outbox.take(.sample("good"), at: 0)
        outbox.finish(outbox.step(at: 0).attempts[0].entry, .refused("HTTP 400"), at: 0, wall: 0)
        expectEqual(Self.subjects(outbox.step(at: 0)), ["good"])
        expectEqual(outbox.takeSaid().count, 1)
    }

    @Test func theGravestGoesFirstButOneAlertKeepsItsOrder() {
        var outbox = Outbox.to("a")
        outbox.take(.sample("mild", level: .warning), at: 0)
        outbox.take(.sample("rising", level: .warning), at: 0)
        outbox.take(.sample("rising", kind: .escalated, level: .emergency), at: 0)
        outbox.take(.sample("grave", level: .critical), at: 0)
        outbox.take(.sample("stop", kind: .halted, level: .emergency), at: 0)
        var order: [String] = []
        for _ in 0..<5 {
            let entry = outbox.step(at: 0).attempts[0].entry
            order.append("\(entry.notification.subject) \(entry.notification.kind.rawValue)")
            outbox.finish(entry, .delivered, at: 0, wall: 0)
        }
        #expect(order == ["stop halted", "grave raised", "mild raised", "rising raised", "rising escalated"])
    }

    @Test func somethingGraverDoesNotWaitForTheBackoff() {
        var outbox = Outbox.to("a")
        outbox.take(.sample("mild", level: .warning), at: 0)
        outbox.finish(outbox.step(at: 0).attempts[0].entry, .failed("no", retryAfterMs: nil), at: 0, wall: 0)
        outbox.take(.sample("as mild", level: .warning), at: 1)
        expectEqual(outbox.step(at: 1).attempts.isEmpty, true)
        outbox.take(.sample("grave", level: .emergency), at: 2)
        expectEqual(Self.subjects(outbox.step(at: 2)), ["grave"])
    }

    @Test func nothingVanishesWhateverHappens() {
        var random = SplitMix(state: 7)
        for _ in 0..<60 {
            var outbox = Outbox.to("a", "b", attempts: 3)
            var now: Int64 = 0
            var taken = 0
            var underWay: [OutboxEntry] = []
            var arrived = ["a": 0, "b": 0]
            for _ in 0..<400 {
                now += Int64(random.next() % 3_000)
                switch random.next() % 4 {
                case 0, 1:
                    taken += 1
                    let level = Alert.Level.allCases[1 + Int(random.next() % 3)]
                    outbox.take(.sample("\(taken)", level: level), at: now)
                case 2:
                    for (entry, _) in outbox.step(at: now).attempts {
                        #expect(!underWay.contains { $0.target == entry.target })
                        underWay.append(entry)
                    }
                default:
                    guard let entry = underWay.popLast() else { continue }
                    let outcomes: [Outcome] = [
                        .delivered, .delivered, .failed("no", retryAfterMs: nil), .failed("no", retryAfterMs: 500),
                        .refused("no"), .cancelled,
                    ]
                    let outcome = outcomes[Int(random.next() % 6)]
                    if outcome == .delivered { arrived[entry.target, default: 0] += entry.weight }
                    let before = outbox.entry(entry.number)
                    outbox.finish(entry, outcome, at: now, wall: 0)
                    if outcome != .delivered, outbox.entry(entry.number) == nil {
                        arrived[entry.target, default: 0] += before?.weight ?? 0
                    }
                }
                for lane in outbox.lanes {
                    let waiting = lane.entries.reduce(0) { $0 + $1.weight }
                    #expect(waiting + (arrived[lane.target.name] ?? 0) == taken)
                }
            }
        }
    }

    @Test func newSettingsKeepWhatWaits() {
        var outbox = Outbox.to("a", "b")
        outbox.take(.sample(), at: 0)
        outbox.configure(.init([.webhook("b", "http://new"), .webhook("c", "http://c")]))
        #expect(outbox.lanes.map(\.target.name) == ["b", "c", "a"])
        #expect(outbox.lanes.map(\.isConfigured) == [true, true, false])
        let step = outbox.step(at: 0)
        #expect(step.attempts.map(\.target.url) == ["http://new"])
        // The one that is named no more is not told, and comes back with its name.
        outbox.take(.sample("later"), at: 0)
        #expect(outbox.lanes.map(\.entries.count) == [2, 1, 1])
        outbox.configure(.init([.webhook("a", "http://a")]))
        #expect(outbox.lanes[0].entries.count == 1)
        expectEqual(outbox.step(at: 0).attempts.map(\.target.name), ["a"])
    }

    @Test func whatWaitsForNobodyIsGivenUpInTime() {
        var outbox = Outbox.to("a", giveUpMs: 1_000)
        outbox.take(.sample(), at: 0)
        outbox.configure(.init([], giveUpMs: 1_000))
        _ = outbox.step(at: 999)
        #expect(outbox.lanes.count == 1)
        _ = outbox.step(at: 1_000)
        #expect(outbox.lanes.isEmpty)
        expectEqual(outbox.takeSaid().count, 1)
    }

    @Test func afterARestartNumbersGoOnAndWhatWaitsIsNotToldTwice() {
        var first = Outbox.to("a")
        first.take(.sample(), at: 0)
        var second = Outbox(first.settings, waiting: first.lanes[0].entries)
        second.take(.sample(), at: 0)
        #expect(second.lanes[0].entries.count == 1 && second.repeated == 1)
        second.take(.sample("other"), at: 0)
        #expect(second.lanes[0].entries.map(\.number) == [1, 2])
    }

    @Test func onlyTheLastChangeOfAnEntryCounts() {
        #expect(
            Outbox.lastOfEach([.write(1), .write(2), .write(1), .remove(2)]) == [.write(1), .remove(2)]
        )
    }
}

extension OutboxEntry {
    /// How many alerts it stands for.
    fileprivate var weight: Int { notification.kind == .summary ? notification.count : 1 }
}

/// Numbers that are the same in every run.
private struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
