import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// A host that is killed, and the next one: nothing that matters is forgotten, and a replay decides the same again.
@Suite(.serialized) struct EngineRestartTests {
    private let configuration = """
        [cap]
        most = 3
        [rules.QUEUE_DEPTH]
        metric = "queue_depth"
        over = 100
        kill = true

        """

    @Test func aKilledHostForgetsNothing() throws {
        let desk = try EngineDesk(configuration)
        try desk.trade()
        let opened =
            #""symbol":"OLD-USD","side":"long","quantity":"1","entry_price":"100","opened_at":"2026-01-01T00:00:00Z""#
        try desk.ingest(
            Line.connected(),
            Line.position("BTC-USD", "1", entry: "100"),
            Line.position("TINY-USD", "1", entry: "0.4"),
            Line.venue("position", opened),
            Line.price("BTC-USD", "100"),
            Line.price("TINY-USD", "0.4"),
            Line.price("OLD-USD", "100"),
            Line.metric("queue_depth", "101")
        )
        try desk.ingest(Line.price("BTC-USD", "107"))
        let before = try desk.wait("all of it is known") { view in
            view.dust.contains { $0.symbol == "TINY-USD" } && view.positions.count == 3
                && view.proposals.contains { $0.rule == "TIME_EXIT" }
                && view.breakers.contains { $0.name == "QUEUE_DEPTH" && $0.isTripped }
                && view.positions.contains { $0.symbol == "BTC-USD" && $0.price?.description == "107" }
        }
        try desk.run("alerts", "acknowledge", "QUEUE_DEPTH/queue_depth")
        try desk.run("alerts", "silence", "DUST", "known", "--for", "1h")
        // What was decided last is on disk before the power goes.
        try desk.ingest(Line.metric("other", "1"))
        desk.crash()
        try desk.serve()
        let after = try desk.view()
        let alert = try #require(after.alerts.first { $0.rule == "QUEUE_DEPTH" })
        #expect(alert.raisedMs == before.alerts.first { $0.rule == "QUEUE_DEPTH" }?.raisedMs)
        #expect(alert.acknowledgedBy == Identity.current().name)
        #expect(after.silences.first?.reason == "known")
        #expect(after.dust.map(\.symbol) == ["TINY-USD"])
        #expect(after.dust.first?.since == before.dust.first?.since)
        #expect(after.breakers.contains { $0.name == "QUEUE_DEPTH" && $0.isTripped })
        #expect(after.positions.map(\.id) == before.positions.map(\.id))
        #expect(
            after.positions.map { $0.entryPrice?.description } == before.positions.map { $0.entryPrice?.description }
        )
        for (old, new) in zip(before.positions, after.positions) {
            if let held = old.heldMs { #expect(new.heldMs ?? 0 >= held, "\(new.id)") }
        }
        #expect(after.proposals.contains { $0.rule == "TIME_EXIT" && $0.position.contains("OLD-USD") })
        #expect(desk.mode == .halted)
        // 5 % below the peak that was seen before the crash, and above what was paid: only a trailing stop that remembers.
        // As a venue tells prices: again and again.
        var trailed = after
        for _ in 0..<10 where !trailed.proposals.contains(where: { $0.rule == "TRAILING" }) {
            try desk.ingest(Line.price("BTC-USD", "101.5"))
            Clock.sleep(milliseconds: 1_500)
            trailed = try desk.view()
        }
        #expect(trailed.proposals.contains { $0.rule == "TRAILING" }, "\(trailed.positions), \(trailed.proposals)")
        #expect(trailed.proposals.first { $0.rule == "TRAILING" }?.reason.contains("107") ?? false)
        #expect(trailed.proposals.allSatisfy { $0.rule != "STOP_LOSS" })
        try desk.stop()
        let check = try desk.run("replay", "--check")
        #expect(check.status == 0 && check.output.hasSuffix("the same again\n"), "\(check.output)\(check.error)")
    }

    /// With what only the host writes: beats of gates, halts, effects of the paper venue.
    @Test func aPaperDeskWithBotsIsKilledAndGoesOn() throws {
        let desk = try EngineDesk(bots: 3)
        try desk.serve()
        let before = try desk.wait("orders are open", seconds: 60) { $0.openOrders > 0 && $0.supervisors.count >= 4 }
        try desk.sandbox.wait("beats are journaled") {
            try desk.sql(
                "SELECT 1 FROM events WHERE kind = 'host' AND CAST(body AS TEXT) LIKE '%paper-momentum%' LIMIT 3"
            ).array?.count == 3
        }
        desk.crash()
        try desk.serve()
        let after = try desk.wait("its bots beat again", seconds: 60) { view in
            view.supervisors.count { $0.name.hasPrefix("paper-") && $0.health == .ok } == 3
        }
        #expect(after.atMs > before.atMs)
        #expect(Set(after.venues.map(\.id)) == Set(before.venues.map(\.id)))
        let halt = try desk.run("halt", "drill", "--wait", "15s")
        #expect(halt.status == 0, "\(halt.output)\(halt.error)")
        try desk.wait("the orders are gone") { $0.cancels?.doneAfterMs != nil }
        try desk.stop()
        let check = try desk.run("replay", "--check")
        #expect(check.status == 0 && check.output.hasSuffix("the same again\n"), "\(check.output)\(check.error)")
    }

    @Test func aReplayNamesTheFirstDecisionThatIsNotTheSame() throws {
        let desk = try EngineDesk(configuration)
        try desk.trade()
        try desk.ingest(Line.metric("queue_depth", "101"))
        try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        try desk.sandbox.wait("it is journaled") {
            try desk.sql("SELECT 1 FROM decisions WHERE kind = 'halt'").array?.isEmpty == false
        }
        try desk.stop()
        let same = try desk.json("replay", "--check")
        #expect(same["same"] == .bool(true))
        #expect(same["events"]?.integer ?? 0 > 1 && same["decisions"]?.integer ?? 0 > 1)
        try desk.sql("UPDATE decisions SET body = replace(CAST(body AS TEXT), 'global', 'nowhere') WHERE kind = 'halt'")
        let other = try desk.run("replay", "--check")
        #expect(
            other.status == 1 && other.error.contains("nowhere") && other.error.contains("decision "),
            "\(other.error)"
        )
    }

    @Test func aReplayOnAScreenIsMarkedAndKHaltsTheRealDesk() throws {
        let desk = try EngineDesk()
        try desk.trade()
        try desk.ingest(Line.connected(), Line.position("BTC-USD", "2", entry: "100"), Line.price("BTC-USD", "101"))
        try desk.wait("it is held") { !$0.positions.isEmpty }
        let screen = try TerminalProgram(desk.sandbox, "estop", ["replay", "--speed", "1000"])
        try screen.wait("the mark") { screen.shows("REPLAY") && screen.shows("K halts the REAL desk") }
        try screen.wait("what was held then") { screen.shows("BTC-USD") }
        screen.type("K")
        try screen.wait("the real desk is halted") { desk.mode == .halted }
        screen.type("q")
        try screen.wait("the end") {
            screen.type("q")
            return screen.hasEnded()
        }
    }
}
