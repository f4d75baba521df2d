import Foundation
import Glibc
import SafetyEngine
import Testing

@testable import KillSwitch

/// The desk's log, as the runbooks search it, and the same as JSON.
@Suite(.serialized) struct EngineLogTests {
    /// What `grep` finds, as the runbooks call it.
    private func grep(_ desk: EngineDesk, _ words: String...) throws -> [String] {
        let result = try desk.sandbox.run("/bin/grep", words + [desk.state + "/logs/estop.log"])
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test func everyLineThatTheRunbooksSearchForIsThere() throws {
        let desk = try EngineDesk("[cap]\nmost = 2\nevery = \"1s\"\n")
        try desk.trade()
        var lines = [
            Line.connected(), Line.venue("balance", #""currency":"USD","total":"5000.00""#),
            Line.position("AUT-USD", "5", entry: "1"),
            Line.venue("price", #""symbol":"AUT-USD","price":null"#),
        ]
        var rows = [(symbol: "AUT-USD", quantity: "5", entry: "1")]
        for (symbol, quantity, price) in [
            ("BTC-USD", "2", "1000"), ("ETH-USD", "1", "500"), ("DUST-USD", "1", "0.5"), ("LOSS-USD", "1", "90"),
            ("GAIN-USD", "1", "120"), ("TRAIL-USD", "1", "120"),
        ] {
            let entry = ["LOSS-USD": "100", "GAIN-USD": "100", "TRAIL-USD": "112"][symbol] ?? price
            lines += [Line.position(symbol, quantity, entry: entry), Line.price(symbol, price)]
            rows.append((symbol, quantity, entry))
        }
        let old =
            #""symbol":"OLD-USD","side":"long","quantity":"1","entry_price":"10","opened_at":"2026-01-01T00:00:00Z""#
        rows.append(("OLD-USD", "1", "10"))
        lines += [Line.positions(rows), Line.venue("position", old), Line.price("OLD-USD", "10")]
        let result = try desk.run("ingest", input: lines.joined(separator: "\n"))
        #expect(result.status == 0, "\(result.error)")
        // A peak is one once it was seen.
        try desk.wait("the peak is known") { $0.positions.contains { $0.symbol == "TRAIL-USD" && $0.price != nil } }
        let then = try desk.view().atMs
        try desk.wait("an evaluation") { $0.atMs - $0.evaluationAgeMs > then }
        try desk.ingest(Line.price("TRAIL-USD", "113.5"))
        for text in [
            "TIME EXIT", "STOP LOSS", "TAKE PROFIT", "TRAILING", "OVER CAP", "Dust Cleaned: 1", "Price fetch failed",
        ] {
            try desk.wait(forLog: text)
        }
        // C6, C46 to C48
        #expect(
            try grep(desk, "Current positions:").last?.contains("| nija.enforcer | INFO | Current positions: ") ?? false
        )
        #expect(try !grep(desk, "OVER CAP").isEmpty)
        #expect(try grep(desk, "PositionCapEnforcer initialized").count == 1)
        #expect(try !grep(desk, "ENFORCE: Checking position cap").isEmpty)
        #expect(try grep(desk, "Dust blacklist loaded").count == 1)
        #expect(try grep(desk, "Continuous exit enforcer started").count == 1)
        // C14: one line for each symbol.
        #expect(try grep(desk, "BLACKLISTED").count == 1)
        // C20
        #expect(try grep(desk, "STOP LOSS").allSatisfy { $0.contains("LOSS-USD") })
        #expect(try grep(desk, "TAKE PROFIT").allSatisfy { $0.contains("GAIN-USD") })
        #expect(try grep(desk, "TRAILING").allSatisfy { $0.contains("TRAIL-USD") })
        #expect(try grep(desk, "TIME.*EXIT").allSatisfy { $0.contains("OLD-USD") })
        // C24
        #expect(try grep(desk, "adoption_status").contains { $0.contains("adoption_status=adopted tracked=true") })
        #expect(try !grep(desk, "broker_existing").isEmpty)
        #expect(try grep(desk, "Price fetch failed").contains { $0.contains("AUT-USD") })
        // C42
        for word in ["Active Positions:", "Dust Cleaned:", "Cap Enforcements:", "Total Balance:"] {
            #expect(try !grep(desk, word).isEmpty, "\(word)")
        }
        // C40: the block, line by line.
        let text = try String(contentsOfFile: desk.state + "/logs/estop.log", encoding: .utf8)
        let block =
            /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| nija\.enforcer \| INFO \| PLATFORM Account Metrics:\n  Account Type: PLATFORM\n  Active Positions: \d+\n  Dust Cleaned: \d+\n  Cap Enforcements: \d+\n  Total Balance: [^\n]+\n  Position Value: [^\n]+\n  Free Capital: [^\n]+\n  Largest Position: [^\n]+\n  Smallest Position: [^\n]+\n/
        #expect(text.firstMatch(of: block) != nil, "\(text)")
        // Beside each line there is its JSON.
        let structured = desk.structuredLog
        #expect(structured.count == text.split(separator: "\n").count { $0.contains(" | nija.") })
        let dust = try #require(structured.first { $0["event"]?.string == "dust_listed" })
        #expect(dust["logger"]?.string == "nija.enforcer" && dust["fields"]?["symbol"]?.string == "DUST-USD")
        #expect(dust["time"]?.string?.count == 24)
        for event in ["cap_checked", "cap_exceeded", "account_metrics", "adopted", "price_missing", "exit_proposed"] {
            #expect(structured.contains { $0["event"]?.string == event }, "\(event)")
        }
        // E19, F10: the end of it, of a level and of one of the three logs.
        let whole = try desk.run("logs", "--tail", "100000").output.split(separator: "\n").map(String.init)
        #expect(whole.count { $0.contains(" | nija.") } >= structured.count)
        let trading = try desk.run("logs", "--part", "trading", "--tail", "3")
        #expect(trading.status == 0 && trading.output.contains("| nija.enforcer |"), "\(trading.output)")
        let grave = try desk.run("logs", "--level", "warning", "--json").output.split(separator: "\n")
        #expect(!grave.isEmpty && grave.count <= 100)
        #expect(grave.allSatisfy { ["WARNING", "ERROR", "CRITICAL"].contains(JSON(String($0))?["level"]?.string) })
        #expect(try desk.run("logs", "--level", "loud").status == 64)
        #expect(try desk.run("logs", "--tail", "0").status == 64)
    }

    @Test func aLogIsFollowedWhileItIsWritten() throws {
        let desk = try EngineDesk()
        #expect(try desk.run("logs").status == 0, "there is none yet")
        let output = desk.sandbox.root + "/followed"
        let command = "exec \(Sandbox.products)/estop-desk logs --follow --part system > \(output)"
        let follower = desk.sandbox.process("/bin/sh", ["-c", command])
        try follower.run()
        defer {
            kill(follower.processIdentifier, SIGKILL)
            follower.waitUntilExit()
        }
        try desk.trade()
        #expect(try desk.run("beat", "nightly", "--interval", "1s").status == 0)
        try desk.sandbox.wait("it is told of") {
            (try? String(contentsOfFile: output, encoding: .utf8))?.contains("nightly stalled") ?? false
        }
    }
}
