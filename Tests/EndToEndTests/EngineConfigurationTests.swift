import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// The configuration of a host that runs: taken over as a whole, or not at all.
@Suite(.serialized) struct EngineConfigurationTests {
    private func text(over: Int) -> String { "[rules.QUEUE_DEPTH]\nmetric = \"queue_depth\"\nover = \(over)\n" }

    @Test func aChangedFileIsTakenOverAndTheDifferenceIsInTheAudit() throws {
        let desk = try EngineDesk(text(over: 100))
        try desk.trade()
        try desk.ingest(Line.metric("queue_depth", "50"))
        try desk.configure(text(over: 40) + "[cap]\nmost = 6\n")
        try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        try desk.sandbox.wait("it is in the audit") {
            try desk.json("audit").array?.contains { $0["what"]?.string == "configuration_changed" } ?? false
        }
        let record = try desk.json("audit").array?.first { $0["what"]?.string == "configuration_changed" }
        let differences = record?["body"]?.array?.compactMap(\.string) ?? []
        #expect(differences.contains("[cap] most: 8 -> 6"), "\(differences)")
        #expect(differences.contains { $0.contains("QUEUE_DEPTH") && $0.contains("100 -> 40") }, "\(differences)")
    }

    @Test func anEditThatLoosensALimitWaitsForSomebodyWhileTradingGoesOn() throws {
        let desk = try EngineDesk(text(over: 100))
        try desk.trade()
        #expect(try desk.run("config", "confirm", "nothing waits").status == 1)
        try desk.configure(text(over: 1_000) + "[cap]\nmost = 6\n")
        try desk.wait(forLog: "NOT taken over, because it loosens limits while trading goes on: [rules.QUEUE_DEPTH]")
        var held: JSON?
        try desk.sandbox.wait("it is in the audit") {
            held = try desk.json("audit").array?.first { $0["what"]?.string == "configuration_held" }
            return held != nil
        }
        #expect(held?["who"]?.string?.hasPrefix("owner:") == true, "\(held?.line ?? "")")
        try desk.ingest(Line.metric("queue_depth", "500"))
        try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        #expect(try desk.run("config", "confirm").status == 64, "a reason is needed")
        let confirmed = try desk.run("config", "confirm", "agreed with risk")
        #expect(
            confirmed.status == 0 && confirmed.output.contains("QUEUE_DEPTH"),
            "\(confirmed.output)\(confirmed.error)"
        )
        try desk.wait("500 is within the limit now") { !$0.alerts.contains { $0.rule == "QUEUE_DEPTH" } }
        var who: String?
        try desk.sandbox.wait("that it was confirmed is in the audit") {
            who = try desk.json("audit").array?.first { $0["what"]?.string == "configuration_confirmed" }?["who"]?
                .string
            return who != nil
        }
        #expect(who?.hasPrefix("operator:") == true)
    }

    @Test func aRestartTakesNothingOverThatAReloadHeldBack() throws {
        // Long enough for the host to be away without a halt.
        let limit = "[dead_man]\nlimit = \"60s\"\n"
        let desk = try EngineDesk(text(over: 100) + limit)
        try desk.trade()
        try desk.configure(text(over: 1_000) + limit)
        try desk.wait(forLog: "NOT taken over, because it loosens limits while trading goes on: [rules.QUEUE_DEPTH]")
        try desk.stop()
        try desk.serve()
        try desk.sandbox.wait("it is held back again") {
            try desk.json("audit").array?.count { $0["what"]?.string == "configuration_held" } == 2
        }
        #expect(desk.mode == .live)
        try desk.ingest(Line.metric("queue_depth", "500"))
        try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        let confirmed = try desk.run("config", "confirm", "agreed with risk")
        #expect(confirmed.status == 0 && confirmed.output.contains("QUEUE_DEPTH"), "\(confirmed.error)")
        try desk.wait("500 is within the limit now") { !$0.alerts.contains { $0.rule == "QUEUE_DEPTH" } }
    }

    @Test func whatRanIsKeptAndRestored() throws {
        let desk = try EngineDesk(text(over: 100))
        try desk.serve()
        #expect(try desk.run("config", "history").output.contains("is the file now"))
        try desk.configure(text(over: 40))
        try desk.sandbox.wait("the second is kept") { try desk.json("config", "history").array?.count == 2 }
        // Nobody runs with what is refused: it is not kept.
        try desk.configure("[cap]\nmots = 6\n")
        try desk.sandbox.wait("it is refused") { desk.said.contains("the configuration is refused") }
        try desk.wait(forLog: "the configuration is refused, and the one that ran goes on")
        let refusals = try desk.json("audit").array?.filter { $0["what"]?.string == "configuration_refused" }
        #expect(refusals?.count == 1)
        let history = try #require(try desk.json("config", "history").array)
        #expect(history.map { $0["number"]?.integer } == [2, 1])
        #expect(history.allSatisfy { $0["is_current"] == .bool(false) })
        #expect(try desk.run("config", "restore", "7").status == 1)
        #expect(try desk.run("config", "restore", "first").status == 64)
        // Over 40 became over 100: that is looser, and needs what a confirmation needs.
        let unsaid = try desk.run("config", "restore", "1")
        #expect(unsaid.status == 64 && unsaid.error.contains("QUEUE_DEPTH"), "\(unsaid.error)")
        let restored = try desk.run("config", "restore", "1", "agreed with risk")
        #expect(
            restored.status == 0 && restored.output.contains("estop.toml is configuration 1 again"),
            "\(restored.error)"
        )
        let note = try desk.sandbox.killSwitch().observe().fold.records.last { $0.kind == .configuration }
        #expect(note?.reason.contains("configuration 1") == true && note?.reason.contains("agreed with risk") == true)
        #expect(note?.op.isEmpty == false)
        let file = try String(contentsOfFile: desk.state + "/estop.toml", encoding: .utf8)
        #expect(file.hasSuffix(text(over: 100)))
        #expect(try String(contentsOfFile: desk.state + "/estop.toml.replaced", encoding: .utf8).contains("mots"))
        try desk.ingest(Line.metric("queue_depth", "50"))
        try desk.sandbox.wait("it runs again, and is kept as what runs now") {
            try desk.json("config", "history").array?.count == 3
        }
        try desk.ingest(Line.metric("queue_depth", "101"))
        try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
    }

    @Test func aBadFileIsRefusedAsAWholeWithItsLine() throws {
        let desk = try EngineDesk(text(over: 100))
        try desk.trade()
        try desk.configure(text(over: 40) + "[cap]\nmots = 6\n")
        kill(try #require(desk.host).processIdentifier, SIGHUP)
        try desk.sandbox.wait("it is refused") { desk.said.contains("the configuration is refused") }
        #expect(desk.said.contains("estop.toml:10: 'cap.mots' is no key of [cap]; did you mean most?"), "\(desk.said)")
        try desk.ingest(Line.metric("queue_depth", "50"))
        try desk.ingest(Line.metric("queue_depth", "51"))
        // Long enough for a rule without "for" to speak.
        let then = try desk.view().atMs
        try desk.wait("four evaluations") { $0.atMs - $0.evaluationAgeMs >= then + 1_000 }
        #expect(try desk.view().alerts.allSatisfy { $0.rule != "QUEUE_DEPTH" })
        #expect(try desk.json("audit").array?.allSatisfy { $0["what"]?.string != "configuration_changed" } ?? false)
        // Put right, and asked for with the same signal.
        try desk.configure(text(over: 40))
        kill(try #require(desk.host).processIdentifier, SIGHUP)
        try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
        let answers = desk.said.split(separator: "\n").count { $0.contains("the configuration is what it was") }
        kill(try #require(desk.host).processIdentifier, SIGHUP)
        try desk.sandbox.wait("it is answered") {
            desk.said.split(separator: "\n").count { $0.contains("the configuration is what it was") } > answers
        }
    }
}
