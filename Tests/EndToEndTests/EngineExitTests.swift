import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// Cap, dust, exits and normalization as commands of a real host.
@Suite(.serialized) struct EngineExitTests {
    /// Positions at a venue that no adapter reaches, worth 100 for each number.
    private func hold(_ count: Int, _ account: String = "main", in desk: EngineDesk) throws {
        var lines = [
            Line.connected(account: account),
            Line.venue("balance", #""currency":"USD","total":"1000""#, account: account),
        ]
        let rows = (1...count).map { (symbol: "S\($0)-USD", quantity: "\($0)", entry: "100") }
        lines.append(Line.positions(rows, account: account))
        for number in 1...count {
            lines.append(Line.price("S\(number)-USD", "100", account: account))
        }
        let result = try desk.run("ingest", input: lines.joined(separator: "\n"))
        #expect(result.status == 0, "\(result.error)")
    }

    @Test func theCapIsListedAndEnforcedAndADryRunChangesNothing() throws {
        let desk = try EngineDesk("[cap]\nmost = 3\nevery = \"1s\"\n")
        try desk.trade()
        try hold(5, in: desk)
        try desk.wait("what is over the cap is proposed") { $0.proposals.count == 2 }
        let list = try desk.run("cap").output
        #expect(list.contains("POSITION_CAP:kraken/main/S1-USD/long") && list.contains("S2-USD"))
        #expect(list.contains("proposed") && !list.contains("S3-USD"))
        let dry = try desk.run("cap", "enforce", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("S1-USD"))
        #expect(try desk.sql("SELECT 1 FROM decisions WHERE kind = 'effect'").array?.isEmpty ?? false)
        // A fewer number than the configured one, only said.
        let fewer = try desk.run("cap", "enforce", "--dry-run", "--max", "1")
        #expect(fewer.output.contains("S4-USD"), "\(fewer.output)")
        let plan = try desk.json("cap", "enforce", "--dry-run")
        let account = try #require(plan.array?.first)
        #expect(account["status"]?.string == "over_cap" && account["current_count"]?.integer == 5)
        #expect(account["max_allowed"]?.integer == 3 && account["excess"]?.integer == 2)
        #expect(account["sold"]?.integer == 2)
        #expect(try desk.run("cap", "enforce", "--dry-run", "--account", "nobody").status == 1)
        #expect(try desk.view().proposals.count == 2)

        #expect(try desk.run("cap", "enforce", input: "SELL\n").status == 64, "what sells needs a reason")
        let unasked = try desk.run("cap", "enforce", "too many", "--stdin", input: "yes\n")
        #expect(unasked.status == 1 && unasked.error.contains("nothing was sold"), "\(unasked.error)")
        #expect(try desk.sql("SELECT 1 FROM decisions WHERE kind = 'effect'").array?.isEmpty ?? false)
        let enforced = try desk.run("cap", "enforce", "too many", "--stdin", input: "SELL\n")
        #expect(enforced.status == 1, "nothing reaches that venue")
        #expect(enforced.output.split(separator: "\n").count { $0.hasPrefix("NOT DONE: close of ") } == 2)
        #expect(enforced.output.contains("no adapter is connected to kraken, so nothing was sent; close it by hand"))
        let row = "kraken/main: status=over_cap current_count=5 max_allowed=3 excess=2 sold=0"
        #expect(enforced.output.contains(row), "\(enforced.output)")
        let refused = try desk.wait("nobody reaches that venue") { view in
            view.proposals.allSatisfy { $0.state.contains("no adapter is connected to kraken") }
        }
        #expect(refused.positions.count == 5)
        try desk.wait(forLog: "not closed, refused: no adapter is connected to kraken")
        #expect(desk.log.contains { $0.contains("OVER CAP by 2 in kraken/main") })
        let unknown = try desk.run("cap", "enforce", "x", "--stdin", "--account", "kraken/nobody", input: "SELL\n")
        #expect(unknown.status == 1 && unknown.error.contains("kraken/nobody"), "\(unknown.output)\(unknown.error)")
    }

    @Test func whatCannotBeDoneAtAVenueIsNotCalledDone() throws {
        let desk = try EngineDesk()
        try desk.trade()
        try desk.ingest(Line.connected(), Line.position("BTC-USD", "1", entry: "100"), Line.price("BTC-USD", "96"))
        try desk.wait("the stop-loss is proposed") { !$0.proposals.isEmpty }
        let cancelled = try desk.run("orders", "cancel", "kraken", "main", "nope")
        #expect(cancelled.status == 1, "nothing was sent")
        #expect(cancelled.output.contains("NOT DONE: cancel of nope at kraken/main: no adapter is connected to kraken"))
        #expect(cancelled.output.contains("no order nope is known at kraken/main"), "\(cancelled.output)")
        let json = try desk.json("orders", "cancel", "kraken", "main", "nope")
        #expect(json["success"] == .bool(false) && json["requests"]?.array?.first?["state"]?.string == "refused")
        for word in ["reconnect", "reconcile"] {
            let ran = try desk.run(word, "--venue", "kraken")
            #expect(ran.status == 1 && ran.error.contains("no adapter is connected to kraken"), "\(ran.error)")
        }
        #expect(try desk.run("supervisors", "restart", "nobody", "it hangs").status == 1)
        let forgotten = try desk.run("beat", "nobody", "--forget")
        #expect(
            forgotten.status == 1 && forgotten.error.contains("estop supervisors forget nobody"),
            "\(forgotten.error)"
        )
        #expect(try desk.run("beat", "script").status == 0)
        try desk.wait("the script is listed") { $0.supervisors.contains { $0.name == "script" } }
        #expect(try desk.run("beat", "script", "--forget").status == 0)
        try desk.wait("the script is forgotten") { !$0.supervisors.contains { $0.name == "script" } }
        #expect(try desk.run("alerts", "acknowledge").status == 64)
        try desk.wait(forAlert: "EXIT_DUE/kraken/main/BTC-USD/long")
        #expect(try desk.run("health").status == 3, "a stop that nobody carries out is not well")
        #expect(try desk.run("alerts", "acknowledge", "--all").status == 0)
        #expect(try desk.view().alerts.allSatisfy { $0.acknowledgedBy != nil })
        let halted = try desk.run("halt", "drill")
        #expect(
            halted.error.contains("automatic exits are off while trading is halted: 1 position is"),
            "\(halted.error)"
        )
    }

    @Test func dustIsAddedRemovedAndCleared() throws {
        let desk = try EngineDesk("[cap]\nmost = 3\nevery = \"1s\"\n")
        try desk.trade()
        try hold(4, in: desk)
        try desk.wait("one is over the cap") { $0.proposals.map(\.id) == ["POSITION_CAP:kraken/main/S1-USD/long"] }
        let place = ["--venue", "kraken", "--account", "main"]
        func dust(_ words: String...) throws -> Sandbox.Result { try desk.sandbox.run("estop", ["dust"] + words) }
        let added = try dust("add", "S1-USD", "not worth it", place[0], place[1], place[2], place[3], "--value", "0.50")
        #expect(added.status == 0, "\(added.error)")
        let view = try desk.wait("it is listed, and the cap holds") { $0.dust.count == 1 && $0.proposals.isEmpty }
        #expect(view.dust.first?.reason.hasPrefix("not worth it (by ") ?? false)
        #expect(view.dust.first?.value?.description == "0.50" && view.dust.first?.valueNow?.description == "100")
        #expect(try dust().output.contains("S1-USD"))
        try desk.wait(forLog: "BLACKLISTED: S1-USD ($0.50) in kraken/main - not worth it")
        #expect(try dust("add", "S2-USD", "x", place[0], place[1], place[2], place[3], "--value", "-1").status == 64)
        #expect(try dust("add", "S2-USD").status == 64)
        #expect(try dust("remove", "S1-USD", place[0], place[1], place[2], place[3]).status == 0)
        try desk.wait("it counts again") { $0.dust.isEmpty && $0.proposals.count == 1 }
        #expect(try dust("add", "S1-USD", "x", place[0], place[1], place[2], place[3]).status == 0)
        try desk.wait("it is listed") { $0.dust.count == 1 }
        #expect(try dust("clear").status == 1)
        #expect(try dust("clear", "--yes").status == 0)
        try desk.wait("the list is empty") { $0.dust.isEmpty }
        let gone = try dust("remove", "S1-USD", place[0], place[1], place[2], place[3])
        #expect(gone.status == 1 && gone.error.contains("S1-USD"), "\(gone.output)\(gone.error)")
    }

    @Test func anExitIsShownOnAnotherVenueAndCarriedOutByOrderOnly() throws {
        let desk = try EngineDesk()
        try desk.trade()
        try desk.ingest(Line.connected(), Line.position("BTC-USD", "1", entry: "100"), Line.price("BTC-USD", "96"))
        let view = try desk.wait("the stop-loss is proposed") { !$0.proposals.isEmpty }
        let proposal = try #require(view.proposals.first)
        #expect(proposal.id == "STOP_LOSS:kraken/main/BTC-USD/long" && proposal.state == "proposed")
        #expect(try desk.run("exits").output.contains(proposal.id))
        try desk.wait(forLog: "STOP LOSS: BTC-USD long in kraken/main: ")
        #expect(try desk.run("exits", "carry-out", proposal.id).status == 64)
        let none = try desk.run(
            "exits",
            "carry-out",
            "STOP_LOSS:kraken/main/ETH-USD/long",
            "why",
            "--stdin",
            input: "SELL\n"
        )
        #expect(none.status == 1 && none.error.contains("ETH-USD"), "\(none.output)\(none.error)")
        let tried = try desk.run("exits", "carry-out", proposal.id, "the desk says so", "--stdin", input: "SELL\n")
        #expect(tried.status == 1 && tried.output.hasPrefix("NOT DONE: close of 1 BTC-USD"), "\(tried.output)")
        try desk.wait("it was tried") { $0.proposals.first?.state.contains("no adapter is connected") ?? false }
    }

    @Test func anUnknownCostBlocksExitsUntilAnOperatorSaysWhatWasPaid() throws {
        let desk = try EngineDesk()
        try desk.trade()
        try desk.ingest(
            Line.connected(),
            Line.venue("position", #""symbol":"BTC-USD","side":"long","quantity":"1""#),
            Line.price("BTC-USD", "96")
        )
        try desk.wait(forLog: "cost basis unknown: no exit is automatic")
        #expect(try desk.view().proposals.isEmpty)
        let place = ["--venue", "kraken", "--account", "main"]
        func price(_ words: String...) throws -> Sandbox.Result {
            try desk.sandbox.run("estop", ["positions", "price"] + words + place)
        }
        #expect(try price("BTC-USD", "much", "why").status == 64)
        #expect(try price("BTC-USD", "0", "why").status == 1)
        #expect(try price("ETH-USD", "100", "why").status == 1)
        let said = try price("BTC-USD", "100", "the trade's confirmation")
        #expect(said.status == 0, "\(said.error)")
        try desk.wait("the stop-loss is proposed") { $0.proposals.map(\.rule) == ["STOP_LOSS"] }
    }

    @Test func anOperatorClosesPaperPositionsWhileTheDeskIsHalted() throws {
        let desk = try EngineDesk("[exits.maximum_hold]\nenabled = false\n", bots: 0)
        try desk.serve()
        try desk.wait("the venue's positions are known") {
            !$0.positions.isEmpty && $0.positions.allSatisfy { $0.value != nil }
        }
        #expect(try desk.run("halt", "drill").status == 0)
        try desk.wait("no order is open") { $0.openOrders == 0 }
        let words = ["cap", "enforce", "drill", "--max", "1", "--account", "paper/main", "--wait", "60s", "--stdin"]
        let enforced = try desk.sandbox.run("estop", words, input: "SELL\n")
        #expect(enforced.status == 0, "\(enforced.output)\(enforced.error)")
        #expect(enforced.output.contains("done: close of"), "\(enforced.output)")
        try desk.wait("one is left", seconds: 60) { view in view.positions.count { $0.account == "main" } == 1 }
        #expect(desk.mode == .halted)
        #expect(try desk.view().positions.count { $0.account == "reserve" } == 2)
    }

    // MARK: - Normalization

    @Test func aNormalizationOfAVenueThatNobodyReachesSaysSoAndCountsRight() throws {
        let desk = try EngineDesk("[cap]\nmost = 8\nusers = [\"alice\"]\nevery = \"1h\"\n")
        try desk.trade()
        try hold(7, "alice", in: desk)
        try hold(2, in: desk)
        try desk.wait("all are valued") { $0.positions.count == 9 && $0.positions.allSatisfy { $0.value != nil } }
        let dry = try desk.json("normalize", "--dry-run")
        #expect(dry["accounts_processed"]?.integer == 2)
        #expect(dry["total_positions_before"]?.integer == 9 && dry["total_positions_after"]?.integer == 7)
        #expect(dry["cap_enforcements"]?.integer == 1 && dry["dry_run"] == .bool(true))
        #expect(try desk.sql("SELECT 1 FROM decisions WHERE kind = 'effect'").array?.isEmpty ?? false)
        #expect(!desk.log.contains { $0.contains("NORMALIZATION") }, "a dry run writes nothing, not even into the log")
        #expect(
            try desk.json("audit").array?.allSatisfy { $0["what"]?.string?.hasPrefix("normaliz") == false } ?? false
        )

        let done = try desk.sandbox.run(
            "estop",
            ["normalize", "before we go live", "--to", desk.sandbox.root, "--stdin"],
            input: "SELL\n"
        )
        #expect(done.status == 3, "\(done.output)\(done.error)")
        #expect(done.output.hasPrefix("NORMALIZATION NOT COMPLETE\nAccounts Processed: 2\n"))
        #expect(done.output.contains("Total Positions After: 9\n"))
        #expect(done.output.contains("kraken/alice: S1-USD was not sold: refused: no adapter is connected to kraken"))
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: desk.sandbox.root)
                .first { $0.hasPrefix("normalization_results_") }
        )
        #expect(name.wholeMatch(of: /normalization_results_\d{8}_\d{6}\.json/) != nil, "\(name)")
        let report = try #require(
            JSON(
                String(contentsOfFile: "\(desk.sandbox.root)/\(name)", encoding: .utf8).trimmingCharacters(
                    in: .newlines
                )
            )
        )
        let keys = [
            "accounts_processed", "total_positions_before", "total_positions_after", "dust_excluded",
            "cap_enforcements", "errors", "positions_removed", "dust_ignored", "accounts", "snapshots",
        ]
        for key in keys { #expect(report[key] != nil, "\(key)") }
        #expect(report["total_positions_after"]?.integer == 9 && report["errors"]?.array?.count == 2)
        let audit = try desk.json("audit").array?.compactMap { $0["what"]?.string } ?? []
        #expect(audit.contains("normalize") && audit.contains("normalized"))
    }

    @Test func aNormalizationSellsOnThePaperVenue() throws {
        let desk = try EngineDesk("[cap.accounts]\n\"paper/main\" = 1\n[cap]\npolicy = \"observe\"\n", bots: 0)
        try desk.serve()
        try desk.wait("the venue's positions are known") {
            !$0.positions.isEmpty && $0.positions.allSatisfy { $0.value != nil }
        }
        #expect(try desk.run("halt", "before we go live").status == 0)
        try desk.wait("no order is open") { $0.openOrders == 0 }
        let before = try desk.view().positions.count
        let folder = desk.sandbox.root + "/reports"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let done = try desk.sandbox.run(
            "estop",
            ["normalize", "go live", "--to", folder, "--stdin"],
            input: "SELL\n"
        )
        #expect(done.status == 0, "\(done.output)\(done.error)")
        #expect(done.output.contains("Total Positions Before: \(before)\nTotal Positions After: \(before - 1)\n"))
        #expect(try desk.view().positions.count == before - 1)
        let saved = try #require(done.output.split(separator: "\n").last { $0.hasPrefix("Results saved to: ") })
        let report = String(saved.dropFirst("Results saved to: ".count))
        #expect(report.hasPrefix(folder + "/normalization_results_"))
        #expect(JSON(bytes: Array(try Data(contentsOf: URL(fileURLWithPath: report))))?["accounts"] != nil)
        try desk.wait(forLog: "NORMALIZATION COMPLETE")
    }
}
