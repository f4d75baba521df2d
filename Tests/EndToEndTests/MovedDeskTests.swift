import Foundation
import Testing

@testable import KillSwitch

/// The desk that is not the desk: directories that are moved, replaced or copied under hosts and bots, and shared run
/// directories, with real processes.
@Suite(.serialized) struct MovedDeskTests {
    /// A bot in one of the three languages that prints PERMITTED and REFUSED as it goes.
    private final class Bot {
        let process: Process
        private let output: String
        let name: String

        init(_ sandbox: Sandbox, _ name: String, _ program: String, _ arguments: [String]) throws {
            self.name = name
            output = "\(sandbox.root)/\(name).out"
            _ = FileManager.default.createFile(atPath: output, contents: nil)
            process = sandbox.process(program, arguments + [name, "venue=kraken"])
            process.standardOutput = FileHandle(forWritingAtPath: output)
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        /// What it printed last.
        var last: String {
            let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").last.map(String.init) ?? ""
        }

        deinit {
            // Started on a thread that blocks SIGTERM, it blocks it too.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    private func bots(_ sandbox: Sandbox) throws -> [Bot] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Examples/Python/bot.py").standardized.path
        return [
            try Bot(sandbox, "bot-c", "example-bot-c", []), try Bot(sandbox, "bot-swift", "example-bot-swift", []),
            try Bot(sandbox, "bot-python", "/usr/bin/env", ["python3", script]),
        ]
    }

    private func resume(_ sandbox: Sandbox) throws {
        let outcome = try sandbox.killSwitch(paper: false).resume(.test())
        guard try sandbox.killSwitch().observe().word?.mode == .live else {
            throw Sandbox.TimedOut(description: "not resumed: \(outcome)")
        }
    }

    private func move(_ from: String, _ to: String) throws {
        guard rename(from, to) == 0 else { throw Sandbox.TimedOut(description: "\(from) cannot be moved") }
    }

    @Test func aDirectoryThatIsMovedUnderARunningDeskStopsItsBotsAndEndsItsHost() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "30s")
        let host = try sandbox.serve()
        defer { if host.isRunning { host.terminate() } }
        try resume(sandbox)
        let bots = try bots(sandbox)
        for bot in bots { try sandbox.wait("\(bot.name) may trade") { bot.last.hasSuffix("PERMITTED") } }
        try move(sandbox.state, sandbox.state + ".old")
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: false)
        for bot in bots { try sandbox.wait("\(bot.name) is refused") { bot.last.contains("REFUSED") } }
        try sandbox.wait("the host ends") { !host.isRunning }
        #expect(host.terminationStatus == 1)
        // The host may look between the move and the new directory: then nothing is there at all.
        let log = sandbox.hostLog
        #expect(
            (log.contains("was moved or replaced") || log.contains("removed or moved away")) && log.contains("HALTED")
        )
        let moved = try StateDirectory(sandbox.state + ".old")
        let seen = KillSwitch(moved).observe()
        #expect(seen.word?.mode == .halted && seen.fold.reachesWord)
        #expect(seen.latches.contains { $0.source == .watchdog && $0.reason.contains("moved") })
        let halt = try sandbox.estop("halt", "exchange is down")
        #expect(halt.status == 1 && halt.error.contains("NO RUNNING DESK WAS HALTED"))
        try? FileManager.default.removeItem(atPath: moved.defaultRunDirectory)
    }

    @Test func aHostWhoseDirectoryWasReplacedChangesNothingInTheOneThatIsThereNow() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "30s")
        let host = try sandbox.serve()
        defer { if host.isRunning { host.terminate() } }
        try sandbox.wait("the engine runs") { try sandbox.estop("summary").status == 0 }
        let other = sandbox.root + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        // What a host that has ended, or another one, would have left there.
        for name in ["journal.sqlite", "estop.sock"] {
            try Data("another desk's".utf8).write(to: URL(fileURLWithPath: "\(other)/\(name)"))
        }
        try move(sandbox.state, sandbox.state + ".old")
        try move(other, sandbox.state)
        try sandbox.wait("the host ends") { !host.isRunning }
        let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.state).sorted()
        #expect(names == ["estop.sock", "journal.sqlite"])
        for name in names {
            let text = try String(contentsOfFile: "\(sandbox.state)/\(name)", encoding: .utf8)
            #expect(text == "another desk's", "\(name)")
        }
        let moved = try StateDirectory(sandbox.state + ".old")
        #expect(KillSwitch(moved).observe().word?.mode == .halted)
        try? FileManager.default.removeItem(atPath: moved.defaultRunDirectory)
    }

    @Test func aHaltInACopyStopsNobodyAndNamesTheDeskThatRuns() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "30s")
        let host = try sandbox.serve()
        defer {
            host.terminate()
            host.waitUntilExit()
        }
        try resume(sandbox)
        let copy = sandbox.root + "/copy"
        try sandbox.run("/bin/cp", ["-a", sandbox.state, copy])
        let halt = try sandbox.estop("halt", "wrong place", "--state", copy)
        #expect(halt.status == 1 && halt.error.contains("NO RUNNING DESK WAS HALTED") && halt.error.contains("copy"))
        #expect(halt.error.contains(sandbox.state + " (host pid \(host.processIdentifier)"))
        #expect(try sandbox.killSwitch().observe().word?.mode == .live)
        let json = JSON(try sandbox.estop("halt", "again", "--state", copy, "--json").output)
        #expect(json?["warnings"]?.array?.contains { $0.string?.contains("copy") == true } == true)
        // Where it runs, a halt is a halt.
        #expect(try sandbox.estop("halt", "right place").error.contains("NO RUNNING DESK") == false)
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
    }

    @Test func aHaltInADirectoryWhereNoDeskEverRanStopsNobodyTheSecondTimeToo() throws {
        let sandbox = try Sandbox()
        for _ in 0..<2 {
            let halt = try sandbox.estop("halt", "typing error")
            #expect(halt.status == 1 && halt.error.contains("NO RUNNING DESK WAS HALTED"))
        }
    }

    @Test func desksThatShareARunDirectoryHavePagesOfTheirOwn() throws {
        let (first, second) = (try Sandbox(), try Sandbox())
        let shared = "/dev/shm/estop-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: shared) }
        for sandbox in [first, second] {
            try sandbox.configureLiveDesk(limit: "30s")
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: sandbox.state + "/estop.toml"))
            try file.seekToEnd()
            try file.write(contentsOf: Data("[host]\nrun_dir = \"\(shared)\"\n".utf8))
        }
        let hosts = try [first, second].map { try $0.serve() }
        defer {
            for host in hosts {
                host.terminate()
                host.waitUntilExit()
            }
        }
        try resume(second)
        #expect(try first.killSwitch().observe().word?.mode == .halted)
        #expect(try first.estop("check").status == 1)
        #expect(try second.estop("check").status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: shared).count == 2)
    }
}
