import Foundation
import Testing

@testable import KillSwitch

/// Halting and resuming by real processes.
@Suite(.serialized) struct HaltTests {
    @Test func everyReasonOfManyProcessesIsInTheHistoryAndOneResumeClearsThemAll() throws {
        let sandbox = try Sandbox()
        // A desk that ran: where none ever did, a halt says so and exits 1.
        try sandbox.killSwitch().ensurePages(mayStart: true)
        try sandbox.estop("halt", "first")
        let (writers, each) = Sandbox.isLong ? (64, 40) : (16, 10)
        let script = "for i in $(seq \(each)); do \"$0\" halt \"w$1-$i\" --wait 0 >/dev/null || exit 1; done"
        let running = try (0..<writers).map { writer in
            let process = sandbox.process("/bin/sh", ["-c", script, "\(Sandbox.products)/estop", "\(writer)"])
            process.standardError = FileHandle.nullDevice
            try process.run()
            return process
        }
        for process in running {
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        let history = try #require(JSON(try sandbox.estop("history", "--json").output)?.array)
        let reasons = Set(history.compactMap { $0["change"]?.string == "halt" ? $0["reason"]?.string : nil })
        #expect(reasons.filter { $0.hasPrefix("w") }.count == writers * each)
        #expect(try sandbox.resume().status == 0)
        #expect(try sandbox.killSwitch().observe().latches.isEmpty)
    }

    @Test func lookingChangesNothing() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        try sandbox.estop("halt", "look at me", "--scope", "venue=x")
        host.terminate()
        host.waitUntilExit()
        let before = fingerprint(sandbox.state)
        for arguments in [["status"], ["status", "--json"], ["check"], ["gates"], ["gates", "--json"], ["history"]] {
            try sandbox.run("estop", arguments)
        }
        #expect(fingerprint(sandbox.state) == before)
    }

    private func fingerprint(_ path: String) -> [String] {
        let names = ["."] + ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        return names.map { name in
            var status = stat()
            lstat("\(path)/\(name)", &status)
            return "\(name) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) "
                + "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        }
    }

    @Test func aBrandNewPaperDeskPermitsPaperAndAStopFileEndsIt() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        #expect(try sandbox.estop("check", "--scope", "venue=paper").status == 0)
        #expect(try sandbox.estop("check").status == 1)
        _ = FileManager.default.createFile(atPath: sandbox.state + "/EMERGENCY_STOP", contents: Data("fat finger".utf8))
        try sandbox.wait("the stop file halts") { try sandbox.killSwitch().observe().word?.mode == .halted }
        try sandbox.wait("the stop file is recorded") {
            try sandbox.killSwitch().observe().latches.contains {
                $0.reason == "stop file: fat finger" && $0.source == .file
            }
        }
        #expect(try sandbox.estop("check", "--scope", "venue=paper").status == 1)
        let refused = try sandbox.resume("r", "--override", "stop-file=please")
        #expect(refused.status == 1 && refused.error.contains("stop-file"))
        #expect(try sandbox.resume().status == 0)
        #expect(try sandbox.estop("check", "--scope", "venue=paper").status == 0)
    }

    @Test func exitStatusesAreTheContractS() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk()
        #expect(try sandbox.estop("status").status == 3)
        // Nothing ran there that could have been halted.
        #expect(try sandbox.estop("halt").status == 1)
        #expect(try sandbox.resume("no host here").status == 1)
        #expect(try sandbox.resume("go", "--override", "host=test").status == 0)
        #expect(try sandbox.estop("status").status == 0)
        #expect(try sandbox.estop("check").status == 0)
        let halted = try sandbox.estop("activate", "emergency")
        #expect(halted.status == 1 && halted.error.contains("ORDERS NOT CANCELLED"), "\(halted)")
        // Nobody can tell what is open at a venue: it is halted, and not verified.
        #expect(try sandbox.killSwitch().observe().effective == nil)
        #expect(try sandbox.estop("check").status == 1)
        for wrong in [
            ["activat"], ["resume"], ["stop", "--all"], ["kill"], ["emergency"], ["status", "now"],
        ] {
            let result = try sandbox.run("estop", wrong)
            #expect(result.status == 64 && result.error.split(separator: "\n").count == 1, "\(wrong): \(result.error)")
        }
        #expect(try sandbox.run("estop", ["resume", "r", "--stdin"], input: "yes\n").status == 1)
    }

    @Test func aResumeNeedsEveryAnswerAndTheWord() throws {
        let sandbox = try Sandbox()
        try sandbox.estop("halt", "x")
        let all = ["resume", "r", "--stdin", "--confirm", "understood,resolved,verified,safe"]
        #expect(try sandbox.run("estop", all, input: "RESUM\n").status == 1)
        #expect(try sandbox.run("estop", all, input: "").status == 1)
        let three = ["resume", "r", "--stdin", "--confirm", "understood,resolved,verified"]
        #expect(try sandbox.run("estop", three, input: "RESUME\n").status == 1)
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
        #expect(try sandbox.run("estop", all, input: "RESUME\n").status == 0)
    }

    @Test func theEnvironmentOfTheHostRestrictsTheDesk() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "5s")
        let host = try sandbox.serve(environment: ["TRADING_MODE": "paper"])
        let refused = try sandbox.resume("to live", "--override", "environment=no")
        #expect(refused.status == 1)
        #expect(try sandbox.resume("to live").error.contains("TRADING_MODE"))
        #expect(try sandbox.resume("to paper", "--mode", "paper").status == 0)
        host.terminate()
        host.waitUntilExit()
        // Any other word reads as halt, and the host that has it halts at once.
        let strange = try sandbox.serve(environment: ["TRADING_MODE": "Live"])
        defer { strange.terminate() }
        try sandbox.wait("halted by the environment") {
            try sandbox.killSwitch().observe().latches.contains { $0.source == .environment }
        }
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
    }

    @Test func aHostThatWasStoppedHaltsInsteadOfBeating() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk(limit: "500ms")
        let host = try sandbox.serve()
        defer { host.terminate() }
        #expect(try sandbox.resume().status == 0)
        kill(host.processIdentifier, SIGSTOP)
        try sandbox.wait("gates refuse") { try sandbox.estop("check").status == 1 }
        // Halting needs no host.
        #expect(try sandbox.killSwitch().observe().word?.mode == .live)
        kill(host.processIdentifier, SIGCONT)
        try sandbox.wait("the watchdog halts") {
            try sandbox.killSwitch().observe().latches.contains { $0.source == .watchdog }
        }
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
    }

    @Test func onlyOneHostRuns() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let second = try sandbox.run("estop-desk", ["serve"])
        #expect(second.status == 1 && second.error.contains("\(host.processIdentifier)"))
    }

    @Test func theHostSpeaksToTheServiceManager() throws {
        let sandbox = try Sandbox()
        let listener = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); s.settimeout(10)
            print(s.recv(1000).decode().split()[0]); print(s.recv(1000).decode())
            """
        let path = sandbox.root + "/notify"
        let python = sandbox.process("/usr/bin/python3", ["-c", listener, path])
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        try sandbox.wait("the listener") { FileManager.default.fileExists(atPath: path) }
        let host = try sandbox.serve(environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "10000000"])
        defer { host.terminate() }
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(said.contains("READY=1") && said.contains("WATCHDOG=1"), "\(said)")
    }

    @Test("a foreign process that knows only the tables", arguments: [false, true])
    func aForeignProcessIsListedAwaitedAndShownDead(inAnotherNamespace: Bool) throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/python/foreign.py"
        var arguments = ["/usr/bin/python3", script, sandbox.state, "stranger", "venue=paper", "60"]
        if inAnotherNamespace {
            guard geteuid() == 0 else { return }
            arguments = ["unshare", "--pid", "--fork", "--kill-child"] + arguments
        }
        let stranger = sandbox.process("/usr/bin/env", arguments)
        stranger.standardOutput = FileHandle.nullDevice
        stranger.standardError = FileHandle.nullDevice
        try stranger.run()
        func listed() throws -> JSON? {
            JSON(try sandbox.estop("gates", "--json").output)?.array?.first { $0["name"]?.string == "stranger" }
        }
        try sandbox.wait("the stranger checks") { (try listed()?["checks"]?.integer ?? 0) > 0 }
        let halted = try sandbox.estop("halt", "stop, stranger", "--json")
        #expect(halted.status == 0)
        #expect(JSON(halted.output)?["gates"]?["acknowledged"]?.integer == 1)
        #expect(try listed()?["acknowledged"] == .bool(true))
        kill(stranger.processIdentifier, SIGKILL)
        stranger.waitUntilExit()
        try sandbox.wait("the stranger is shown dead", seconds: 2) { try listed()?["alive"] == .bool(false) }
    }

    @Test func aBotThatDoesNotAcknowledgeIsNamed() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let gate = try Gate(state: sandbox.state, name: "deaf bot", scope: "venue=paper")
        #expect(gate.permits())
        let result = try sandbox.estop("halt", "now", "--wait", "100ms")
        #expect(result.status == 1 && result.output.contains("deaf bot"))
        #expect(!gate.permits())
        #expect(try sandbox.estop("halt", "again", "--wait", "100ms").status == 1)
        _ = gate.permits()
        try sandbox.wait("verified") { try sandbox.killSwitch().observe().effective != nil }
    }

    @Test func aDeskOfAnotherUserIsHaltedByTheStopFileOrNotAtAllButNeverSilently() throws {
        guard geteuid() == 0 else { return }
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        chmod(sandbox.root, 0o755)
        // No HTTP, which would take it: another desk may listen at the usual port.
        let configuration = sandbox.root + "/nobody.toml"
        try "[api]\nport = 0\n".write(toFile: configuration, atomically: true, encoding: .utf8)
        func asNobody() throws -> Sandbox.Result {
            try sandbox.run(
                "/usr/bin/setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", "\(Sandbox.products)/estop", "halt", "from afar"],
                environment: ["ESTOP_CONFIG": configuration]
            )
        }
        // The products may be out of nobody's reach; then there is nothing to try.
        let reach = try sandbox.run(
            "/usr/bin/setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", "\(Sandbox.products)/estop", "--version"]
        )
        guard reach.status == 0 else { return }
        #expect(try asNobody().status == 2)
        chmod(sandbox.state, 0o777)
        let halted = try asNobody()
        #expect(halted.status == 1, "\(halted)")
        try sandbox.wait("the host acts on the stop file") { try sandbox.killSwitch().observe().word?.mode == .halted }
    }

    @Test func aFullDiskHaltsAllTheSameAndIsRecordedOnceThereIsRoom() throws {
        guard geteuid() == 0 else { return }
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: true)
        let mounted = try sandbox.run(
            "/bin/mount",
            ["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", sandbox.state]
        )
        guard mounted.status == 0 else { return }
        defer { _ = try? sandbox.run("/bin/umount", ["-l", sandbox.state]) }
        let host = try sandbox.serve()
        _ = try sandbox.run("/bin/sh", ["-c", "cat /dev/zero > '\(sandbox.state)/filler' 2>/dev/null; true"])
        // The log's last block may have room for a few records still.
        var result = try sandbox.estop("halt", "no room", "--wait", "0")
        for _ in 0..<30 where result.status == 0 { result = try sandbox.estop("halt", "no room", "--wait", "0") }
        #expect(result.status == 1 && result.output.contains("NOT ON DISK"), "\(result)")
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
        try FileManager.default.removeItem(atPath: sandbox.state + "/filler")
        try sandbox.wait("the host records it") { try sandbox.killSwitch().observe().fold.reachesWord }
        host.terminate()
        host.waitUntilExit()
    }
}
