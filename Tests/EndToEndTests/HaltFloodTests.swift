import Foundation
import Testing

@testable import KillSwitch

/// A flood of halts by somebody without a token costs the desk little, and nothing of it is lost.
@Suite(.serialized) struct HaltFloodTests {
    @Test func aFloodOverHTTPIsAFewRecordsThatCountAllOfIt() throws {
        let api = try APIDesk(bots: 0)
        let count = Sandbox.isLong ? 20_000 : 400
        let flood = "\(api.base)/api/trading/halt?[1-\(count)]"
        let answers = try api.sandbox.run(
            "/usr/bin/curl",
            ["-s", "-o", "/dev/null", "-w", "%{http_code}\\n", "-X", "POST", "-d", #"{"reason": "flood"}"#, flood]
        )
        #expect(answers.output.split(separator: "\n").filter { $0 == "200" }.count == count, "\(answers.error)")
        // A real halt beside it has a record of its own at once.
        #expect(try api.sandbox.estop("halt", "exchange is down", "--wait", "0").status == 0)
        try api.sandbox.wait("all of it is on record") {
            let seen = try api.sandbox.killSwitch().observe()
            return seen.fold.reachesWord && seen.latches.reduce(0) { $0 + $1.count } == count + 1
        }
        let seen = try api.sandbox.killSwitch().observe()
        #expect(seen.fold.records.count < count / 4, "\(seen.fold.records.count) records")
        #expect(seen.shownLatches.map(\.count) == [count, 1])
        #expect(seen.shownLatches.last?.reason == "exchange is down")
        let status = try api.sandbox.estop("status")
        #expect(status.output.contains("\(count) times, last "), "\(status.output)")
        let json = try #require(JSON(try api.sandbox.estop("status", "--json").output))
        #expect(json["latches"]?.array?.count == 2 && json["latches"]?.array?[0]["count"]?.integer == Int64(count))
    }

    @Test func aFloodOfOneScopeLeavesTheDeskTradingElsewhere() throws {
        let api = try APIDesk(bots: 0)
        let flood = "\(api.base)/api/trading/halt?[1-60]"
        let body = #"{"reason": "flood", "scope": "venue=kraken,account=main"}"#
        _ = try api.sandbox.run("/usr/bin/curl", ["-s", "-o", "/dev/null", "-X", "POST", "-d", body, flood])
        try api.sandbox.wait("all of it is on record") {
            let seen = try api.sandbox.killSwitch().observe()
            return seen.fold.reachesWord && seen.latches.reduce(0) { $0 + $1.count } == 60
        }
        let seen = try api.sandbox.killSwitch().observe()
        #expect(seen.word?.mode == .paper && seen.entries.count == 1)
        #expect(try api.sandbox.estop("check", "--scope", "venue=paper").status == 0)
        #expect(try api.sandbox.estop("status").output.components(separatedBy: "HALTED venue=kraken").count == 2)
    }

    @Test func aStopFileThatIsWrittenAndTouchedIsOneReason() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let file = sandbox.state + "/EMERGENCY_STOP"
        try sandbox.run("/bin/sh", ["-c", "echo fat finger > '\(file)'; touch '\(file)'; echo more >> '\(file)'"])
        try sandbox.wait("it is recorded") {
            let seen = try sandbox.killSwitch().observe()
            return seen.latches.contains { $0.source == .file } && seen.fold.reachesWord
        }
        try sandbox.run("/bin/sh", ["-c", "touch '\(file)'"])
        try sandbox.estop("halt", "afterwards", "--wait", "0")
        let seen = try sandbox.killSwitch().observe()
        #expect(seen.latches.filter { $0.source == .file }.count == 1, "\(seen.latches)")
    }

    @Test func whatATerminalObeysReachesNeitherStandardErrorNorJSON() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let evil = "a\u{1b}]0;x\u{7}b\u{9b}2Jc\u{202e}d"
        try evil.write(toFile: sandbox.state + "/EMERGENCY_STOP", atomically: true, encoding: .utf8)
        try sandbox.wait("the host says it") { sandbox.hostLog.contains("stop file: a") }
        for text in [
            sandbox.hostLog, try sandbox.estop("status", "--json").output,
            try sandbox.estop("history", "--json").output,
            (try? String(contentsOfFile: sandbox.state + "/kill_switch.json", encoding: .utf8)) ?? "",
        ] {
            #expect(!text.unicodeScalars.contains { [0x1b, 0x07, 0x9b, 0x202e].contains($0.value) }, "\(text)")
        }
    }

    @Test func haltsAndResumesAreLinesOfTheDesksLog() throws {
        let api = try APIDesk(bots: 0)
        _ = try api.curl(["-X", "POST", api.base + "/api/trading/halt", "-d", #"{"reason": "fire", "user_id": "ann"}"#])
        #expect(try api.sandbox.resume("found and fixed").status == 0)
        try api.sandbox.wait("both are in the log") {
            let log = (try? String(contentsOfFile: api.sandbox.state + "/logs/estop.log", encoding: .utf8)) ?? ""
            return log.contains("HALT (global) by ann (unproved) (api): fire")
                && log.contains("RESUME (global) to paper by") && log.contains("found and fixed")
        }
    }
}
