import Testing

@testable import KillSwitch

@Suite struct HaltRepeatsTests {
    private static func pull(
        _ killSwitch: KillSwitch,
        _ reason: String = "flood",
        _ scope: Scope = .global
    ) -> (HaltHandle.Pulled, HaltRequest) {
        let request = HaltRequest(scope: scope, reason: reason, source: .api, op: "", from: "http 127.0.0.1")
        return (HaltHandle(killSwitch.directory).pull(for: request), request)
    }

    @Test func aFloodCostsAFewRecordsEachOfWhichCounts() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        var recorded = 0
        let now = Clock.boottime()
        for _ in 0..<1_000 {
            let (pulled, request) = Self.pull(killSwitch)
            if repeats.take(pulled, request, peer: "http 127.0.0.1", now: now) == .record {
                repeats.wrote(request, peer: "http 127.0.0.1", isDurable: killSwitch.record(pulled, request).durable)
                recorded += 1
            }
        }
        #expect(recorded <= HaltRepeats.burst + 1)
        #expect(!killSwitch.observe().fold.reachesWord, "what is counted is not recorded yet")
        #expect(repeats.due(now: now).isEmpty && repeats.dueAt == now + HaltRepeats.interval)
        let due = repeats.due(now: now + HaltRepeats.interval)
        #expect(due.count == 1 && repeats.dueAt == nil)
        for (pulled, request) in due { #expect(killSwitch.record(pulled, request).durable) }
        let seen = killSwitch.observe()
        #expect(seen.fold.reachesWord && seen.fold.lastGeneration == seen.word?.generation)
        #expect(seen.shownLatches.map(\.count) == [1_000])
    }

    @Test func theFirstHaltOfATradingDeskIsNeverCounted() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        let now = Clock.boottime()
        for _ in 0..<100 {
            let (pulled, request) = Self.pull(killSwitch)
            if repeats.take(pulled, request, peer: "p", now: now) == .record { killSwitch.record(pulled, request) }
        }
        for (pulled, request) in repeats.due(now: now, all: true) { killSwitch.record(pulled, request) }
        guard case .resumed = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        let (pulled, request) = Self.pull(killSwitch)
        #expect(repeats.take(pulled, request, peer: "p", now: now) == .record)
    }

    @Test func peersAndOthersWhoHaltInBetweenLeaveNoWordUnexplained() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        let now = Clock.boottime()
        for number in 0..<300 {
            let peer = "peer \(number % 3)"
            let (pulled, request) = Self.pull(killSwitch, "from \(peer)")
            if repeats.take(pulled, request, peer: peer, now: now) == .record { killSwitch.record(pulled, request) }
            if number % 50 == 49 { killSwitch.halt(HaltRequest(reason: "by hand", source: .cli)) }
        }
        for (pulled, request) in repeats.due(now: now, all: true) { killSwitch.record(pulled, request) }
        let seen = killSwitch.observe()
        #expect(seen.fold.reachesWord)
        let counts = Dictionary(uniqueKeysWithValues: seen.shownLatches.map { ($0.reason, $0.count) })
        #expect(counts == ["from peer 0": 100, "from peer 1": 100, "from peer 2": 100, "by hand": 6])
        guard case .resumed = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        #expect(killSwitch.observe().latches.isEmpty)
    }

    @Test func wordsThatComeOutOfOrderAreOneStretch() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        let now = Clock.boottime()
        var halts: [(HaltHandle.Pulled, HaltRequest)] = []
        for _ in 0..<HaltRepeats.burst + 1 {
            let (pulled, request) = Self.pull(killSwitch)
            if repeats.take(pulled, request, peer: "p", now: now) == .record { killSwitch.record(pulled, request) }
        }
        for _ in 0..<6 { halts.append(Self.pull(killSwitch)) }
        for index in [3, 1, 5, 0, 4, 2] {
            #expect(repeats.take(halts[index].0, halts[index].1, peer: "p", now: now) != .record)
        }
        let due = repeats.due(now: now, all: true)
        for (pulled, request) in due { killSwitch.record(pulled, request) }
        #expect(due.count <= 2 && killSwitch.observe().fold.reachesWord)
    }

    @Test func scopesFoldByTheirEntry() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        let now = Clock.boottime()
        let scope = try Scope("venue=kraken")
        var recorded = 0
        for _ in 0..<100 {
            let (pulled, request) = Self.pull(killSwitch, "scoped", scope)
            if repeats.take(pulled, request, peer: "p", now: now) == .record {
                repeats.wrote(request, peer: "p", isDurable: killSwitch.record(pulled, request).durable)
                recorded += 1
            }
        }
        for (pulled, request) in repeats.due(now: now, all: true) { killSwitch.record(pulled, request) }
        let seen = killSwitch.observe()
        #expect(recorded <= HaltRepeats.burst + 1 && seen.fold.reachesWord && seen.entries.count == 1)
        #expect(seen.word?.mode == .live && seen.shownLatches.map(\.count) == [100])
        #expect(seen.latchesWithoutEntry.isEmpty && seen.entriesWithoutLatch.isEmpty)
    }

    @Test func aNewReasonInAFloodIsNotCalledRecordedBeforeItIs() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        let now = Clock.boottime()
        for _ in 0..<50 {
            let (pulled, request) = Self.pull(killSwitch)
            guard repeats.take(pulled, request, peer: "p", now: now) == .record else { continue }
            repeats.wrote(request, peer: "p", isDurable: killSwitch.record(pulled, request).durable)
        }
        let known = Self.pull(killSwitch)
        #expect(repeats.take(known.0, known.1, peer: "p", now: now) == .counted(isReasonRecorded: true))
        for number in 0..<HaltRepeats.mostNews {
            let (pulled, request) = Self.pull(killSwitch, "news \(number)")
            #expect(repeats.take(pulled, request, peer: "p", now: now) == .record)
            repeats.wrote(request, peer: "p", isDurable: killSwitch.record(pulled, request).durable)
        }
        let new = Self.pull(killSwitch, "exchange is down")
        #expect(repeats.take(new.0, new.1, peer: "p", now: now) == .counted(isReasonRecorded: false))
        let due = repeats.due(now: now, all: true)
        #expect(due.map(\.request.reason) == ["flood", "exchange is down"])
    }

    @Test func nothingCountedIsCalledRecordedOnceTheDiskHasRefusedARecord() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        let now = Clock.boottime()
        for number in 0..<HaltRepeats.burst {
            let (pulled, request) = Self.pull(killSwitch)
            #expect(repeats.take(pulled, request, peer: "p", now: now) == .record)
            // The last one meets a full disk.
            repeats.wrote(request, peer: "p", isDurable: number < HaltRepeats.burst - 1)
        }
        let (pulled, request) = Self.pull(killSwitch)
        #expect(repeats.take(pulled, request, peer: "p", now: now) == .counted(isReasonRecorded: false))
        // Another record that is on disk proves it again.
        repeats.wrote(request, peer: "p", isDurable: true)
        let (later, again) = Self.pull(killSwitch)
        #expect(repeats.take(later, again, peer: "p", now: now) == .counted(isReasonRecorded: true))
    }

    @Test func memoryIsBoundedByPeersAndStretches() throws {
        let killSwitch = try Scratch().liveSwitch()
        var repeats = HaltRepeats()
        let now = Clock.boottime()
        var counted = 0
        for number in 0..<4_000 {
            let (pulled, request) = Self.pull(killSwitch, "reason \(number)")
            if repeats.take(pulled, request, peer: "peer \(number)", now: now) != .record { counted += 1 }
        }
        #expect(counted > 2_000, "peers beyond the bound share one allowance")
        #expect(repeats.due(now: now, all: true).count <= HaltRepeats.mostStretches * (HaltRepeats.mostPeers + 1))
    }
}
