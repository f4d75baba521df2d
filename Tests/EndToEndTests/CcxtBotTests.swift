import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// A bot that trades through ccxt at a small Kraken, halted while an order is on its way: estop never says verified while the
/// server has an open order, and says it once it has none.
@Suite(.serialized) struct CcxtBotTests {
    /// What is true at the server.
    private struct Truth: Decodable {
        var open: [String]
        var on_the_way: [String]
        var count: Int { open.count + on_the_way.count }
    }

    /// The server, the bot and the feed, ended together.
    private final class Venue {
        let desk: EngineDesk
        let base: String
        private var running: [Process] = []

        init(_ desk: EngineDesk, landingDelay: String) throws {
            self.desk = desk
            let file = desk.sandbox.root + "/port"
            let server = desk.sandbox.process(
                "/usr/bin/python3",
                [Venue.script("kraken_server.py"), file, landingDelay]
            )
            try server.run()
            running.append(server)
            try desk.sandbox.wait("the server listens") { FileManager.default.fileExists(atPath: file) }
            base = "http://127.0.0.1:" + (try String(contentsOfFile: file, encoding: .utf8))
        }

        deinit {
            for process in running where process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
        }

        private static func script(_ name: String) -> String {
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/python/" + name
        }

        private func python(_ task: String) -> Process {
            let sources =
                URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().path + "/Sources/Python"
            let process = desk.sandbox.process(
                TestTool.ccxt.path,
                [Venue.script("kraken_bot.py"), task, base],
                environment: ["PYTHONPATH": sources, "PYTHONDONTWRITEBYTECODE": "1"]
            )
            process.standardError = FileHandle.nullDevice
            return process
        }

        func trade() throws {
            let bot = python("trade")
            try bot.run()
            running.append(bot)
        }

        func feed() throws {
            let feed = python("feed")
            let ingest = desk.sandbox.process("estop-desk", ["ingest"])
            let pipe = Pipe()
            feed.standardOutput = pipe
            ingest.standardInput = pipe
            ingest.standardOutput = FileHandle.nullDevice
            try ingest.run()
            try feed.run()
            running += [feed, ingest]
        }

        func truth() throws -> Truth {
            let ran = try desk.sandbox.run("/usr/bin/curl", ["-sS", "--max-time", "10", base + "/test/state"])
            return try JSONDecoder().decode(Truth.self, from: Data(ran.output.utf8))
        }

        func cancelAll() throws {
            _ = try desk.sandbox.run("/usr/bin/curl", ["-sS", "--max-time", "10", "-X", "POST", base + "/test/cancel"])
        }
    }

    @Test(TestTool.ccxt.isThere, .timeLimit(.minutes(10)))
    func noHaltIsVerifiedWhileAnOrderIsOpenOrOnItsWayAndEachIsOnceNoneIs() throws {
        let desk = try EngineDesk(orders: "watched")
        try desk.serve()
        let venue = try Venue(desk, landingDelay: "0.4")
        try venue.feed()
        try venue.trade()
        try desk.wait("the feed lists orders") { view in view.venues.contains { $0.name == "kraken" } }
        for round in 1...(Sandbox.isLong ? 10 : 3) {
            try desk.sandbox.wait("it trades") {
                try desk.sandbox.resume(
                    "round \(round)",
                    "--override",
                    "orders-gone=the test knows what is open",
                    "--override",
                    "venues=the same",
                    "--override",
                    "feeds=there are no prices",
                    "--override",
                    "reconciled=the same"
                ).status == 0
            }
            try desk.sandbox.wait("an order is on its way") { try !venue.truth().on_the_way.isEmpty }
            let halted = try desk.run("halt", "round \(round)", "--wait", "1500ms")
            #expect(halted.status == 1, "\(halted.output)\(halted.error)")
            #expect(halted.output.contains("gates: 1 of 1 acknowledged"), "\(halted.output)")
            #expect(halted.output.contains("orders: NOT "), "\(halted.output)")
            // The order that was on its way rests now: nobody may call this halt verified.
            let until = Clock.boottime() + 2_500_000_000
            while Clock.boottime() < until {
                let before = try desk.sandbox.killSwitch(paper: false).observe().effective
                let truth = try venue.truth()
                #expect(before == nil || truth.count == 0, "verified at \(before ?? ""), and open: \(truth)")
            }
            #expect(try venue.truth().open.isEmpty == false)
            try venue.cancelAll()
            try desk.sandbox.wait("the halt is verified") {
                try desk.sandbox.killSwitch(paper: false).observe().effective != nil
            }
            #expect(try venue.truth().count == 0)
        }
    }
}
