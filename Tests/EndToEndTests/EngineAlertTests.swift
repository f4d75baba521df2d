import Foundation
import Operators
import SafetyEngine
import Testing

@testable import KillSwitch

/// From an event to an alert, to a halt, and what an operator does about it, on a real host.
@Suite(.serialized) struct EngineAlertTests {
    private let rule = """
        [rules.QUEUE_DEPTH]
        metric = "queue_depth"
        over = 100
        level = "critical"
        kill = true

        """

    /// Numbers of the first row.
    private func numbers(_ rows: JSON) -> [Int64] { rows.array?.first?.array?.compactMap(\.integer) ?? [] }

    @Test func aRuleOfTheOperatorsOwnAlertsAndHaltsWithinASecondAndTheRecordNamesTheAlert() throws {
        let desk = try EngineDesk(rule)
        try desk.trade()
        try desk.ingest(Line.metric("queue_depth", "100"))
        #expect(try desk.view().alerts.allSatisfy { $0.rule != "QUEUE_DEPTH" })
        try desk.ingest(Line.metric("queue_depth", "101"))
        let alert = try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        #expect(alert.level == .critical && alert.count == 1)
        try desk.sandbox.wait("trading is halted") { desk.mode == .halted }
        try desk.sandbox.wait("the halt is recorded") { try !desk.halts().isEmpty }
        let record = try #require(try desk.halts().last)
        #expect(record.source == .rule && record.scope == .global)
        #expect(record.reason.hasPrefix("QUEUE_DEPTH: "), "\(record.reason)")
        #expect(record.reason.contains("101"), "\(record.reason)")
        // By the host's own stamps.
        try desk.sandbox.wait("the decision is journaled") {
            try desk.sql("SELECT 1 FROM decisions WHERE kind = 'halt'").array?.isEmpty == false
        }
        let event = numbers(
            try desk.sql("SELECT at_ms, wall_ms FROM events WHERE kind = 'metric' ORDER BY seq DESC LIMIT 1")
        )
        let raised = numbers(
            try desk.sql("SELECT at_ms, wall_ms FROM alerts WHERE alert LIKE 'QUEUE_DEPTH%' AND change = 'raised'")
        )
        #expect(event.count == 2 && raised.count == 2)
        guard let heard = event.first, let said = raised.first, let heardWall = event.last else { return }
        #expect(said >= heard && said - heard <= 1_000)
        let halted = try #require(Clock.milliseconds(of: record.at))
        #expect(halted - heardWall <= 1_000)
        // The log says both, in words and structured.
        try desk.wait(forLog: "HALT (global) by QUEUE_DEPTH")
        #expect(
            desk.log.contains { $0.contains("| nija.alerts | CRITICAL | raised CRITICAL: QUEUE_DEPTH queue_depth: ") }
        )
        #expect(desk.structuredLog.contains { $0["fields"]?["alert"]?.string == "QUEUE_DEPTH/queue_depth" })
        try desk.sandbox.wait("the engine sees the halt") {
            try desk.run("summary").output.contains("HALTED, NOT HEALTHY")
        }
        let summary = try desk.run("summary").output
        #expect(summary.hasPrefix("test: HALTED, NOT HEALTHY ("), "\(summary)")
        #expect(summary.contains("breakers   tripped: QUEUE_DEPTH"), "\(summary)")
        let health = try desk.run("health")
        #expect(health.status == 3 && health.output.contains("alert QUEUE_DEPTH/queue_depth: CRITICAL"))
    }

    @Test func aBreakerIsResetByWhoMayAndWithAReasonAndLiftsNoLatch() throws {
        let desk = try EngineDesk(rule)
        let password = "correct horse battery"
        try desk.trade()
        let name = Identity.current().name
        try OperatorStore(directory: desk.state).add(name: name, passphrase: Passphrase(password))
        try desk.ingest(Line.metric("queue_depth", "500"))
        try desk.wait("the breaker trips") { $0.breakers.contains { $0.name == "QUEUE_DEPTH" && $0.isTripped } }
        #expect(try desk.run("breakers").output.contains("TRIPPED"))
        #expect(try desk.run("breakers", "reset", "QUEUE_DEPTH").status == 64)
        let empty = try desk.run("breakers", "reset", "QUEUE_DEPTH", " ", "--stdin", input: password + "\n")
        #expect(empty.status == 1 && empty.error.contains("a reason is needed"), "\(empty.error)\(empty.output)")
        let wrong = try desk.run("breakers", "reset", "QUEUE_DEPTH", "found it", "--stdin", input: "guess\n")
        #expect(wrong.status == 1, "\(wrong.output)")
        #expect(try desk.view().breakers.contains { $0.name == "QUEUE_DEPTH" && $0.isTripped })
        // Its cause is over first: else it trips again before anybody looks.
        try desk.ingest(Line.metric("queue_depth", "1"))
        let reset = try desk.run("breakers", "reset", "QUEUE_DEPTH", "found it", "--stdin", input: password + "\n")
        #expect(reset.status == 0, "\(reset.error)")
        let view = try desk.wait("it is reset") { $0.breakers.contains { $0.name == "QUEUE_DEPTH" && !$0.isTripped } }
        #expect(view.breakers.first { $0.name == "QUEUE_DEPTH" }?.note.contains("found it") ?? false)
        #expect(desk.mode == .halted)
        var done: JSON?
        try desk.sandbox.wait("it is in the audit") {
            done = try desk.json("audit").array?.first { $0["what"]?.string == "reset_breaker" }
            return done != nil
        }
        #expect(done?["who"]?.string == "operator:\(name)")
        #expect(done?["body"]?["reason"]?.string == "found it")
        let unknown = try desk.run("breakers", "reset", "NO_SUCH", "why", "--stdin", input: password + "\n")
        #expect(unknown.status == 1 && unknown.error.contains("NO_SUCH"), "\(unknown.output)\(unknown.error)")
    }

    @Test func anAlertIsAcknowledgedAndSilencedWithAReasonAndAnEnd() throws {
        let desk = try EngineDesk("[rules.QUEUE_DEPTH]\nmetric = \"queue_depth\"\nover = 100\n")
        try desk.serve()
        try desk.ingest(Line.metric("queue_depth", "101"))
        try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        let acknowledged = try desk.run("alerts", "acknowledge", "QUEUE_DEPTH/queue_depth", "--for", "1h")
        #expect(acknowledged.status == 0 && acknowledged.output.contains("it stays open until its cause is gone"))
        let seen = try desk.wait("it is acknowledged") { $0.alerts.contains { $0.acknowledgedBy != nil } }
        let alert = try #require(seen.alerts.first { $0.rule == "QUEUE_DEPTH" })
        #expect(alert.acknowledgedBy == Identity.current().name && alert.acknowledgedUntilMs != nil)
        let none = try desk.run("alerts", "acknowledge", "QUEUE_DEPTH/other")
        #expect(none.status == 1 && none.error.contains("QUEUE_DEPTH/other"), "\(none.output)\(none.error)")

        #expect(try desk.run("alerts", "silence", "QUEUE_DEPTH", "drill").status == 64)
        #expect(try desk.run("alerts", "silence", "QUEUE_DEPTH", "--for", "1h").status == 64)
        #expect(try desk.run("alerts", "silence", "QUEUE_DEPTH", "a drill", "--for", "1h").status == 0)
        let silenced = try desk.wait("it is silenced") { !$0.silences.isEmpty }
        let silence = try #require(silenced.silences.first)
        #expect(silence.rule == "QUEUE_DEPTH" && silence.reason == "a drill" && silence.by == Identity.current().name)
        #expect((3_500_000...3_600_000).contains(silence.endsInMs))
        #expect(silenced.alerts.contains { $0.rule == "QUEUE_DEPTH" && $0.quiet.contains("a drill") })
        let list = try desk.run("alerts").output
        #expect(list.contains("QUEUE_DEPTH/queue_depth") && list.contains("a drill"))
        #expect(try desk.run("alerts", "unsilence", "QUEUE_DEPTH").status == 0)
        try desk.wait("it is told of again") { $0.silences.isEmpty }

        try desk.ingest(Line.metric("queue_depth", "5"))
        try desk.wait("it is resolved by itself") { $0.alerts.allSatisfy { $0.rule != "QUEUE_DEPTH" } }
        // The history is the journal's, which has it a moment later.
        try desk.sandbox.wait("the history has it") {
            try desk.run("alerts", "--history").output.contains("QUEUE_DEPTH/queue_depth")
        }
        let what = try desk.json("audit").array?.compactMap { $0["what"]?.string } ?? []
        for word in ["acknowledge", "silence", "end_silence"] { #expect(what.contains(word), "\(what)") }
    }

    @Test func aWatchInPlainLinesSaysWhatTheEngineSees() throws {
        let desk = try EngineDesk("[rules.QUEUE_DEPTH]\nmetric = \"queue_depth\"\nover = 100\n")
        try desk.serve()
        let watch = desk.sandbox.process("estop", ["watch", "--plain"])
        let path = desk.sandbox.root + "/said"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let input = Pipe()
        watch.standardInput = input
        watch.standardOutput = FileHandle(forWritingAtPath: path)
        watch.standardError = FileHandle.nullDevice
        try watch.run()
        defer { if watch.isRunning { kill(watch.processIdentifier, SIGKILL) } }
        func wait(for text: String) throws {
            var said = ""
            do {
                try desk.sandbox.wait("'\(text)' is said") {
                    said = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                    return said.contains(text)
                }
            } catch { throw Sandbox.TimedOut(description: "\(error); it said:\n\(said)") }
        }
        try wait(for: "type halt and press Enter")
        try desk.ingest(Line.connected(), Line.position("BTC-USD", "2", entry: "100"), Line.price("BTC-USD", "101"))
        try wait(for: "2 BTC-USD at 100, kraken main")
        try desk.ingest(Line.metric("queue_depth", "101"))
        try wait(for: "QUEUE_DEPTH queue_depth: ")
        try desk.ingest(Line.venue("venue", #""state":"DISCONNECTED","note":"gone""#))
        try wait(for: "venue kraken main DISCONNECTED")
        try desk.ingest(Line.metric("queue_depth", "1"))
        try wait(for: "alert resolved: ")
        try input.fileHandleForWriting.close()
    }
}
