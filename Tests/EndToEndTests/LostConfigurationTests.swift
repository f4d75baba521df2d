import Foundation
import Testing

@testable import KillSwitch

/// A real desk whose configuration is gone, empty, half typed or another one, with real processes.
@Suite(.serialized) struct LostConfigurationTests {
    private func stop(_ host: Process) {
        host.terminate()
        host.waitUntilExit()
    }

    /// A real desk that ran once, and was resumed.
    private func realDesk() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "30s")
        stop(try sandbox.serve())
        _ = try sandbox.killSwitch(paper: false).resume(.test())
        try #require(try sandbox.killSwitch().observe().word?.mode == .live)
        return sandbox
    }

    @Test(
        "a real desk without its configuration is halted and does not start as a paper desk",
        arguments: ["removed", "empty", "comments", "paper"]
    )
    func aLostConfigurationIsNoPaperDesk(_ how: String) throws {
        let sandbox = try realDesk()
        let file = sandbox.state + "/estop.toml"
        switch how {
        case "removed": try FileManager.default.removeItem(atPath: file)
        case "empty": try Data().write(to: URL(fileURLWithPath: file))
        case "comments": try Data("# [desk]\n".utf8).write(to: URL(fileURLWithPath: file))
        default: try Data("[desk]\npaper = true\n".utf8).write(to: URL(fileURLWithPath: file))
        }
        for _ in 0..<2 {
            let serve = try sandbox.run("estop-desk", ["serve"])
            #expect(serve.status == 1 && serve.error.contains("real desk"))
        }
        let seen = try sandbox.killSwitch().observe()
        #expect(seen.word?.mode == .halted && seen.fold.reachesWord)
        #expect(seen.latches.count { $0.source == .watchdog && $0.reason.contains("without its configuration") } == 1)
        // Nor is it resumed as one.
        let resume = try sandbox.resume("go on", "--override", "host=test")
        #expect(resume.status == 1 && resume.error.contains("estop desk convert"))
    }

    @Test func convertingARealDeskNeedsAReasonAndTheWordAndHaltsIt() throws {
        let sandbox = try realDesk()
        #expect(try sandbox.run("estop-desk", ["desk", "convert", " "], input: "PAPER\n").status == 1)
        let refused = try sandbox.run("estop-desk", ["desk", "convert", "retired", "--stdin"], input: "yes\n")
        #expect(refused.status == 1 && refused.error.contains("PAPER"))
        #expect(try sandbox.killSwitch().observe().word?.mode == .live)
        let converted = try sandbox.run("estop", ["desk", "convert", "retired", "--stdin"], input: "PAPER\n")
        #expect(converted.status == 0, "\(converted.error)")
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
        try FileManager.default.removeItem(atPath: sandbox.state + "/estop.toml")
        let host = try sandbox.serve()
        defer { stop(host) }
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
    }

    /// Gone, broken, empty, or one that says paper: a real desk's venues are as real as before.
    @Test(arguments: [nil, "[desk\nname =", "", "[desk]\npaper = true\n"])
    func aHaltOfARealDeskWithoutHostAndConfigurationIsNotVerified(_ text: String?) throws {
        let sandbox = try realDesk()
        let file = sandbox.state + "/estop.toml"
        try FileManager.default.removeItem(atPath: file)
        try text?.write(toFile: file, atomically: true, encoding: .utf8)
        let halted = try sandbox.estop("halt", "exchange is down")
        #expect(halted.status == 1 && halted.error.contains("ORDERS NOT CANCELLED"), "\(halted)")
        #expect(try sandbox.killSwitch().observe().effective == nil)
        let status = try sandbox.estop("status")
        #expect(status.status == 3 && !status.output.contains("(paper)") && !status.output.contains("verified  "))
    }

    @Test func anExampleDoesNotBecomeTheConfigurationOfARealDesk() throws {
        let sandbox = try realDesk()
        let file = sandbox.state + "/estop.toml"
        let into = try sandbox.run(
            "/bin/sh",
            ["-c", "\"$0\" config example > \"$1\"", "\(Sandbox.products)/estop", file]
        )
        #expect(into.status == 1 && into.error.contains("estop config restore"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)).isEmpty)
        // What its host ran with can be put back, though the file is empty: into its own file, not into one that other
        // desks share.
        let shared = try String(contentsOfFile: sandbox.shared + "/estop/estop.toml", encoding: .utf8)
        #expect(try sandbox.estop("config", "restore", "1").status == 0)
        #expect(try String(contentsOfFile: sandbox.shared + "/estop/estop.toml", encoding: .utf8) == shared)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("paper = false"))
        #expect(try sandbox.estop("config", "example").output.contains("[desk]"))
    }

    @Test func aReloadMakesNoPaperDeskOfARealOne() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "30s")
        let host = try sandbox.serve()
        defer { stop(host) }
        try sandbox.wait("the engine runs") { try sandbox.estop("summary").status == 0 }
        try Data("[desk]\nname = \"test\"\npaper = true\n[dead_man]\nlimit = \"30s\"\n".utf8)
            .write(to: URL(fileURLWithPath: sandbox.state + "/estop.toml"))
        try sandbox.wait("the change is refused") { sandbox.hostLog.contains("estop desk convert") }
        #expect(host.isRunning)
    }

    @Test func aHalfTypedLineKeepsNobodyFromLooking() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "30s")
        let stopFile = sandbox.root + "/STOP"
        let file = sandbox.state + "/estop.toml"
        let text = try String(contentsOfFile: file, encoding: .utf8) + "[stop_file]\npaths = [\"\(stopFile)\"]\n"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let host = try sandbox.serve()
        defer { if host.isRunning { stop(host) } }
        try sandbox.wait("the engine runs") { try sandbox.estop("summary").status == 0 }
        _ = try sandbox.killSwitch(paper: false).resume(.test())
        try #require(try sandbox.estop("check").status == 0)
        try (text + "[orders\n").write(toFile: file, atomically: true, encoding: .utf8)
        let status = try sandbox.estop("status")
        #expect(status.status == 0 && status.output.contains("TRADING") && status.output.contains("BROKEN"))
        #expect(status.output.contains("test  "))
        let json = JSON(try sandbox.estop("status", "--json").output)
        #expect(json?["mode"]?.string == "live" && json?["configuration_problem"]?.string?.contains("BROKEN") == true)
        #expect(try sandbox.estop("check").status == 0)
        for command in ["gates", "history", "alerts", "logs", "summary", "positions", "orders"] {
            let answer = try sandbox.estop(command)
            #expect(answer.status == 0 && answer.error.contains("BROKEN"), "\(command): \(answer.error)")
        }
        // The stop files of the configuration that the host runs by still count.
        _ = FileManager.default.createFile(atPath: stopFile, contents: nil)
        #expect(try sandbox.estop("check").status == 1)
        stop(host)
        // Without a host nobody knows what the configuration meant: looking works, permitting does not.
        #expect(try sandbox.estop("status").output.contains("no host runs"))
        #expect(try sandbox.estop("check").status == 1)
        #expect(try sandbox.estop("history").status == 0)
    }
}
