import KillSwitch
import SafetyEngine
import Seeds

/// Hosts that end and begin.
extension Simulation {
    mutating func restart() throws {
        let isClean = random.chance(300)
        let isReboot = !isClean && random.chance(200)
        if isClean {
            try keep()
            journal.write(.max)
        }
        tally.add(isClean ? "clean stops" : isReboot ? "reboots" : "crashes")
        let before = engine
        let lost = journal.waiting.count
        if lost > 0 {
            tally.add("lost tails")
            // The next host may not know that it asked for them.
            hand.killSwitch.forgetAlerts(of: nil)
        }
        journal.crash()
        // Where events were dropped, a start may be among them, and then all of a long absence would be evaluated.
        let mayBeLong = plan.faults.mostWaiting > 1_000 && random.chance(100)
        let awayMs = mayBeLong ? random.of(60_000...10_000_000) : random.of(200...8_000)
        let backAt = nowMs + min(awayMs, 15_000)
        network.hostStopped(at: nowMs, backAt: backAt)
        world.hostStarted()
        pass(to: backAt)
        // Nobody saw what lies between: only the clocks tell of it.
        machine.leap(awayMs - min(awayMs, 15_000))
        machine.wallOffMs += Int64(awayMs - min(awayMs, 15_000))
        if isReboot { machine.reboot(at: nowMs) }
        let restored = try restore()
        if isClean, lost == 0, restored != before {
            throw Finding(.replaysEqual, "after a clean stop the engine is another one")
        }
        try begin(restored)
    }

    /// The engine of the newest snapshot and what follows it; the checks go back to the same place.
    private mutating func restore() throws -> Engine {
        let (snapshot, events, missing) = journal.restore()
        let after = snapshot?.number ?? 0
        var engine = try snapshot.map { try StoredForm.engine(from: $0.bytes) } ?? Engine(settings: settings)
        history.removeAll { $0.number > after }
        checks = snapshot?.checks ?? Checks()
        var replayed: [DiskJournal.Stored] = []
        for stored in events {
            var stored = stored
            let event = try StoredForm.event(from: stored.bytes, isInside: stored.event.body.isInside)
            guard event == stored.event else {
                throw Finding(
                    .replaysEqual,
                    "event \(stored.number) is read as another: \(StoredForm.text(stored.bytes))"
                )
            }
            let decisions = engine.apply(event, at: stored.receipt)
            let bytes = try decisions.map { try StoredForm.bytes(of: $0) }
            if missing == 0 {
                try Replay.compare(bytes, stored)
            } else {
                // With events missing before it, it may decide otherwise; the host halts for that.
                stored.decisions = bytes
            }
            replayed.append(stored)
            try checks.take(event, stored.receipt, decisions)
        }
        history += replayed
        if missing > 0 {
            tally.add("holes")
            journal.rewrite(replayed)
            hand.halt(scope: "global", .halted, "the journal lost events", at: receipt.atMs)
        }
        return engine
    }

    private mutating func begin(_ engine: Engine) throws {
        let (bootMs, wallMs) = (machine.bootMs(at: nowMs), machine.wallMs(at: nowMs))
        if let last = history.last?.receipt {
            clock = clock.next(boot: machine.boot, bootMs: bootMs, wallMs: wallMs, after: last)
        } else {
            clock = DeskClock(boot: machine.boot, bootMs: bootMs, atMs: UInt64(max(0, wallMs)), wallMs: wallMs)
        }
        turns = EngineTurns(engine: engine, atMs: clock.atMs)
        forgetLooks()
        inbox = [EngineTurns.host(.started(settings))]
    }

    /// At its end the whole journal is replayed: from the first event, and from each snapshot to the next.
    mutating func end() throws {
        try turn()
        try keep()
        try checks.compare(engine.view(at: receipt.atMs))
        tally.add("simulated seconds", nowMs / 1_000)
        for (rule, count) in checks.oracle.kept { tally.add("demanded \(rule)", count) }
        tally.add("times ahead", world.timesAhead)
        tally.add("orders that came back", world.returned)
        tally.add("silent streams", world.silences)
        tally.add("lost", network.lost)
        tally.add("late", network.late)
        tally.add("doubled", network.doubled)
        try Replay.check(history, journal.snapshots, settings: plan.settings, end: engine, fromEach: plan.seed % 4 == 0)
    }
}

extension Simulation {
    /// What went wrong, the last events before it, and the command that shows it again.
    func report(_ error: any Error) -> String {
        let last = history.suffix(12).map {
            "  \($0.number) at \($0.receipt.atMs): \(StoredForm.text($0.bytes).prefix(300))"
        }
        return """
            seed \(plan.seed), \(nowMs) ms after its start, desk time \(receipt.atMs): \(error)
            again: ESTOP_SEED=\(plan.seed) swift test --filter SimulationTests
            the last events:
            \(last.joined(separator: "\n"))
            """
    }
}
