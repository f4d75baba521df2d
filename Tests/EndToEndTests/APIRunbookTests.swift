import Foundation
import KillSwitch
import Testing

/// Every command of the operators' five documents that asks a path of ours, as it is written there; only host, port and
/// tokens are others. The commands and what they promise are in `runbooks/commands.txt`.
@Suite struct APIRunbookTests {
    private static let hosts = [
        "http://localhost:5000", "http://localhost:8001", "http://localhost:8000", "https://methtrader.xyz",
    ]

    @Test func everyCommandOfTheRunbooksDoesWhatItSays() throws {
        let api = try APIDesk(bots: 1)
        let commands = try Runbook.all()
        try #require(commands.count == 36)
        try "silent\nmax-time = 30\ndump-header = \"\(api.sandbox.root)/head\"\n"
            .write(toFile: api.sandbox.root + "/.curlrc", atomically: true, encoding: .utf8)
        for command in commands {
            try APIRunbookTests.prepare(command, api)
            let (statuses, output) = try APIRunbookTests.run(command, api)
            let what = Comment("\(command.source): \(statuses) \(output)")
            #expect(!statuses.isEmpty && statuses.allSatisfy { $0 == command.status }, what)
            for word in command.says { #expect(output.contains(word), what) }
            for word in command.saysNot { #expect(!output.contains(word), what) }
            for key in command.keys { #expect(JSON(output)?[key] != nil, "\(key) \(what)") }
            if let isTrading = command.isTradingAfter {
                #expect(api.desk.mode?.permitsAnything == isTrading, what)
            }
        }
    }

    /// Brings the desk to where the command finds it.
    private static func prepare(_ command: Runbook, _ api: APIDesk) throws {
        guard let isTrading = command.isTradingBefore else { return }
        if isTrading {
            try api.sandbox.wait("the desk trades") {
                if api.desk.mode?.permitsAnything == true { return true }
                return try api.sandbox.resume("begin").status == 0
            }
            try api.sandbox.wait("every part is well") {
                try api.get("/api/v1/health/detailed")["healthy"] == .bool(true)
            }
        } else {
            if api.desk.mode?.permitsAnything == true { _ = try api.post("/api/trading/halt") }
            // What a resume checks besides: every order is gone, every gate has seen it.
            try api.sandbox.wait("the halt is all done") {
                try api.get("/api/v1/agents/status").json?.array?.allSatisfy { $0["status"] == .string("stopped") }
                    == true
            }
        }
    }

    /// Runs a command: the statuses of the answers, and what was printed.
    private static func run(_ command: Runbook, _ api: APIDesk) throws -> (statuses: [Int], output: String) {
        var text = command.text
        for host in hosts { text = text.replacingOccurrences(of: host, with: api.base) }
        var environment = ["CURL_HOME": api.sandbox.root, "PYTHONPATH": Runbook.directory]
        if let role = command.role {
            let token = try api.token(role)
            text = text.replacingOccurrences(of: "YOUR_JWT_TOKEN", with: token)
            environment["ADMIN_TOKEN"] = token
            environment["ESTOP_TOKEN"] = token
        }
        switch command.kind {
        case .shell:
            let ran = try api.sandbox.run("/bin/sh", ["-c", text], environment: environment)
            let head = try String(contentsOfFile: api.sandbox.root + "/head", encoding: .utf8)
            return (head.components(separatedBy: "\r\n").compactMap(status).suffix(1), ran.output)
        case .python:
            let ran = try api.sandbox.run("/usr/bin/env", ["python3", "-c", text], environment: environment)
            try #require(ran.status == 0, "\(command.source): \(ran.error)")
            return (ran.error.split(separator: "\n").compactMap { Int($0.prefix(3)) }, ran.output)
        case .named(let method, let path):
            let answer = try api.curl(["-X", method, api.base + path])
            return ([answer.status], answer.text)
        }
    }

    private static func status(_ line: String) -> Int? {
        line.hasPrefix("HTTP/1.1 ") ? Int(line.dropFirst(9).prefix(3)) : nil
    }

    /// The quotes against the documents themselves, where those are at hand.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["ESTOP_RUNBOOKS"] != nil,
            "ESTOP_RUNBOOKS is not set: it names the directory of the five documents"
        )
    )
    func everyQuoteIsVerbatim() throws {
        let home = try #require(ProcessInfo.processInfo.environment["ESTOP_RUNBOOKS"])
        for command in try Runbook.all() {
            let place = command.source.split(separator: ":").map(String.init)
            let lines = try #require(place.last).split(separator: "-").compactMap { Int($0) }
            let document = try String(contentsOfFile: home + "/" + place[0], encoding: .utf8)
                .components(separatedBy: "\n")
            try #require(lines.count == 2 && lines[0] > 0 && lines[1] <= document.count)
            #expect(Array(document[(lines[0] - 1)...(lines[1] - 1)]) == command.quote, "\(command.source)")
        }
    }

    @Test func whatSpendsIsRefusedWithoutAToken() throws {
        let api = try APIDesk(bots: 1)
        let liquidate = #"{"reason": "emergency_liquidation", "max_slippage": 0.05, "time_limit": 300}"#
        #expect(try api.post("/api/v1/emergency/liquidate_all", liquidate).status == 401)
    }
}
