import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// Supervisors of a real host: late, stalled, dead, and brought back.
@Suite(.serialized) struct EngineSupervisorTests {
    private func supervisor(_ name: String, _ view: EngineView) -> Supervisor? {
        view.supervisors.first { $0.name == name }
    }

    @Test func aScriptThatStopsBeatingIsLateThenStalledThenWellAgain() throws {
        let desk = try EngineDesk()
        try desk.trade()
        #expect(try desk.run("beat", "nightly", "--interval", "1s").status == 0)
        try desk.wait("it is known") { supervisor("nightly", $0)?.health == .ok }
        try desk.wait("it is late") { supervisor("nightly", $0)?.health == .late }
        try desk.wait(forAlert: "HEARTBEAT_LATE/nightly")
        try desk.wait("it stalled") { supervisor("nightly", $0)?.health == .stalled }
        try desk.wait(forAlert: "HEARTBEAT_STALLED/nightly")
        #expect(try desk.run("supervisors").output.contains("STALLED"))
        try desk.wait(forLog: "heartbeat check failed: nightly stalled")
        let health = try desk.run("health")
        #expect(health.status == 3 && health.output.contains("supervisor nightly: STALLED"))
        #expect(try desk.run("beat", "nightly", "--interval", "10m").status == 0)
        try desk.wait("it is well again") { view in
            supervisor("nightly", view)?.health == .ok && view.alerts.allSatisfy { $0.subject != "nightly" }
        }
        try desk.wait(forLog: "nightly recovered by itself")
        #expect(try desk.run("supervisors", "forget", "nightly").status == 0)
    }

    @Test func whoStallsIsStartedAgainWithBackoffUpToALimit() throws {
        let desk = try EngineDesk()
        let calls = desk.sandbox.root + "/calls"
        try desk.configure(
            """
            [supervisors.scalper]
            interval = "500ms"
            restart = ["/bin/sh", "-c", "date +%s%N >> \(calls); exit 0"]
            backoff = "500ms"
            most_restarts = 2

            """
        )
        try desk.trade()
        let view = try desk.wait("it is left alone", seconds: 60) { view in
            supervisor("scalper", view)?.recovery.contains { $0.kind == .leftAlone } ?? false
        }
        let scalper = try #require(supervisor("scalper", view))
        #expect(scalper.health == .stalled && scalper.restarts == 2)
        let kinds = scalper.recovery.map(\.kind)
        #expect(kinds == [.detected, .alerted, .asked, .done, .asked, .done, .leftAlone], "\(kinds)")
        let times = try String(contentsOfFile: calls, encoding: .utf8).split(separator: "\n").compactMap { UInt64($0) }
        #expect(times.count == 2)
        // Twice the wait before the second, and the time that a restarted one has.
        if let first = times.first, let last = times.last { #expect(last - first >= 1_000_000_000) }
        let asked = scalper.recovery.filter { $0.kind == .asked }.map(\.afterMs)
        #expect(asked.first ?? 0 >= 500)
        try desk.wait(forAlert: "HEARTBEAT_STALLED/scalper")
    }

    @Test func aRestartBringsItBackAndEveryStepIsTimed() throws {
        let desk = try EngineDesk()
        let program = "\(Sandbox.products)/estop-desk"
        try desk.configure(
            """
            [supervisors.feeder]
            interval = "1s"
            restart = ["\(program)", "beat", "feeder", "--state", "\(desk.state)", "--interval", "1h"]
            backoff = "200ms"
            most_restarts = 5

            """
        )
        try desk.trade()
        try desk.wait(forLog: "feeder recovered after 1 restart")
        let steps = try #require(supervisor("feeder", try desk.view())).recovery
        #expect(steps.contains { $0.kind == .asked } && steps.contains { $0.kind == .beating })
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.kind == .lastBeat || $0.afterMs <= $1.afterMs })
    }

    @Test func aDrillShowsHowLongFindingAndRecoveringTakes() throws {
        let desk = try EngineDesk()
        try desk.trade()
        let words = ["run", "--name", "grid", "--interval", "500ms", "--", "/bin/sleep", "600"]
        let bot = desk.sandbox.process("estop-desk", words)
        bot.standardOutput = FileHandle.nullDevice
        bot.standardError = FileHandle.nullDevice
        try bot.run()
        defer {
            bot.terminate()
            bot.waitUntilExit()
        }
        try desk.wait("it beats") { supervisor("grid", $0)?.lastBeatAgeMs != nil }
        let drill = try desk.run("supervisors", "drill", "grid", "--pause", "3s")
        #expect(drill.status == 0, "\(drill.output)\(drill.error)")
        let seen = drill.output.split(separator: "\n").compactMap { $0.split(separator: "  ").last.map(String.init) }
        for what in ["LATE", "STALLED", "detected: STALLED", "OK", "beating again"] {
            #expect(seen.contains { $0.hasPrefix(what) }, "\(what): \(drill.output)")
        }
        #expect(seen.first?.hasPrefix("stopped ") ?? false)
        #expect(drill.output.hasSuffix("missed, and back\n"))
        #expect(try desk.json("audit").array?.contains { $0["what"]?.string == "drill" } ?? false)
        let short = try desk.run("supervisors", "drill", "grid", "--pause", "100ms")
        #expect(short.status == 1 && short.output.contains("not missed"), "\(short.output)")
        let nobody = try desk.run("supervisors", "drill", "nobody", "--crash")
        #expect(nobody.status == 1 && nobody.error.contains("no open gate is called nobody"))
        #expect(try desk.run("supervisors", "drill", "grid", "--pause", "1s", "--crash").status == 64)
        let killed = try desk.run("supervisors", "drill", "grid", "--crash", "--wait", "4s")
        #expect(killed.status == 1 && killed.output.contains("DEAD"), "\(killed.output)\(killed.error)")
        #expect(killed.output.contains("missed, and not back"))
    }

    @Test func aDrillDoesNotTouchTheHost() throws {
        let desk = try EngineDesk(bots: 1)
        try desk.serve()
        try desk.wait("its bot beats") { supervisor("paper-momentum", $0)?.lastBeatAgeMs != nil }
        for way in [["--crash"], ["--pause", "1s"]] {
            let drill = try desk.sandbox.run("estop", ["supervisors", "drill", "paper-momentum"] + way)
            #expect(
                drill.status == 1 && drill.error.contains("runs in the host itself"),
                "\(drill.output)\(drill.error)"
            )
        }
        #expect(desk.host?.isRunning ?? false)
        #expect(try desk.view().evaluationAgeMs < 3_000)
    }

    @Test func whoseProcessIsGoneIsDeadAtOnce() throws {
        let desk = try EngineDesk()
        try desk.trade()
        let bot = desk.sandbox.process("estop-desk", ["run", "--name", "grid", "--", "/bin/sleep", "600"])
        bot.standardOutput = FileHandle.nullDevice
        bot.standardError = FileHandle.nullDevice
        try bot.run()
        defer {
            bot.terminate()
            bot.waitUntilExit()
        }
        try desk.wait("it beats") { supervisor("grid", $0)?.lastBeatAgeMs != nil }
        // The process behind the gate, not the one that people see: nothing is closed in order.
        let gate = try #require(try desk.sandbox.killSwitch().observe().openGates.first { $0.name == "grid" })
        kill(pid_t(gate.pid), SIGKILL)
        try desk.wait("it is dead") { supervisor("grid", $0)?.health == .dead }
        let alert = try desk.wait(forAlert: "HEARTBEAT_DEAD/grid")
        #expect(alert.level == .critical)
        try desk.wait(forLog: "supervisor thread grid died")
        #expect(try desk.run("supervisors").output.contains("DEAD"))
    }

    /// A program under `estop run` that is killed, or that is ended; and one that only beats and says who it is.
    @Test func whoDiesIsDeadAndWhoIsEndedIsMissed() throws {
        let desk = try EngineDesk()
        try desk.trade()
        let script = "trap 'exit 0' TERM; echo $$ > '\(desk.sandbox.root)/'$1; while :; do sleep 0.1; done"
        func start(_ name: String) throws -> Process {
            let run = ["run", "--name", name, "--interval", "500ms", "--", "/bin/sh", "-c", script, "sh", name]
            let bot = desk.sandbox.process("estop-desk", run)
            bot.standardOutput = FileHandle.nullDevice
            bot.standardError = FileHandle.nullDevice
            try bot.run()
            try desk.wait("\(name) beats") { supervisor(name, $0)?.lastBeatAgeMs != nil }
            return bot
        }
        let (killed, ended) = (try start("killed"), try start("ended"))
        let lone = desk.sandbox.process("/bin/sleep", ["600"])
        try lone.run()
        defer { for one in [killed, ended, lone] where one.isRunning { one.terminate() } }
        let beat = #"{"v":1,"type":"heartbeat","source":"bot:lone","name":"lone","interval_ms":600000"#
        try desk.ingest(beat + #","pid":\#(lone.processIdentifier)}"#)
        try desk.wait("lone beats") { supervisor("lone", $0)?.lastBeatAgeMs != nil }
        let pid = try String(contentsOfFile: desk.sandbox.root + "/killed", encoding: .utf8)
        kill(try #require(pid_t(pid.dropLast())), SIGKILL)
        ended.terminate()
        kill(lone.processIdentifier, SIGKILL)
        try desk.wait("the killed are dead") { view in
            supervisor("killed", view)?.health == .dead && supervisor("lone", view)?.health == .dead
        }
        _ = try desk.wait(forAlert: "HEARTBEAT_DEAD/lone")
        ended.waitUntilExit()
        try desk.wait("the other one is missed") { supervisor("ended", $0)?.health == .stalled }
        #expect(try desk.run("supervisors", "forget", "ended").status == 0)
    }
}
