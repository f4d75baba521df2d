import Foundation
import Testing

@testable import KillSwitch

/// `estop run` on real processes: what it leaves behind, what it acknowledges and when.
@Suite(.serialized) struct RunCommandTests {
    /// A desk that permits paper, without a host and without a dead-man limit, and bots on it.
    private struct Desk {
        let sandbox: Sandbox
        let killSwitch: KillSwitch
        /// Stands in the command line of every process of the bot.
        let mark = "bot-\(UInt32.random(in: 0 ... .max))"

        init(deadMan: UInt64 = 0) throws {
            sandbox = try Sandbox()
            killSwitch = try sandbox.killSwitch(deadMan: deadMan)
            try killSwitch.ensurePages(mayStart: true)
        }

        func file(_ name: String) -> String { "\(sandbox.root)/\(name)" }

        /// Starts `estop run` of a shell script; `up` in it tells that it runs.
        func start(_ script: String, _ options: String...) throws -> Bot {
            let process = sandbox.process(
                "estop-desk",
                ["run", "--name", "bot", "--scope", "venue=paper"] + options
                    + ["--", "/bin/sh", "-c", "up() { : > \(file("up")); }; " + script, mark]
            )
            let said = file("said-\(UInt32.random(in: 0 ... .max))")
            _ = FileManager.default.createFile(atPath: said, contents: nil)
            // Appending, or the bot and estop write over each other.
            let both = FileHandle(fileDescriptor: open(said, O_WRONLY | O_APPEND | O_CLOEXEC), closeOnDealloc: true)
            process.standardError = both
            process.standardOutput = both
            process.standardInput = FileHandle.nullDevice
            try? FileManager.default.removeItem(atPath: file("up"))
            try process.run()
            return Bot(desk: self, process: process, said: said)
        }

        func halt(_ reason: String = "test") { _ = killSwitch.halt(HaltRequest(reason: reason, source: .cli)) }

        var gate: GateSlot? { GateSlots.read(killSwitch.directory)?.first(where: \.alive) }

        /// Whether the gate that is open acknowledges the page's word; nil: none is open.
        var isAcknowledged: Bool? {
            let seen = killSwitch.observe()
            guard let word = seen.word, let gate = seen.openGates.first else { return nil }
            return gate.acknowledges(word)
        }

        /// Whether no process of the bot runs: stopped, or waiting for a vfork child that is (D).
        var areStill: Bool { processes.allSatisfy { "TDZ".contains($0.state) } }

        /// The processes of the bot itself, by the mark in their command lines; states as in /proc/PID/stat.
        var processes: [(pid: pid_t, state: Character)] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return names.compactMap { name in
                guard let pid = pid_t(name), let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
                    let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat"), !line.isEmpty
                else { return nil }
                let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                guard words.contains(where: { $0.contains(mark) }), !words[0].contains("estop-desk") else { return nil }
                let text = String(decoding: stat, as: UTF8.self)
                let state = text.lastIndex(of: ")").map { text[text.index($0, offsetBy: 2)] }
                return (pid, state ?? "?")
            }
        }
    }

    /// One `estop run`; whatever the test left of it is killed.
    private final class Bot {
        let desk: Desk
        let process: Process
        private let path: String

        init(desk: Desk, process: Process, said: String) {
            self.desk = desk
            self.process = process
            path = said
        }

        deinit {
            for pid in [keeper, process.processIdentifier].compactMap({ $0 }) where process.isRunning {
                kill(pid, SIGKILL)
            }
            for (pid, _) in desk.processes { kill(pid, SIGKILL) }
        }

        var said: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

        /// The process that holds the gate.
        var keeper: pid_t? { desk.gate.map { pid_t(bitPattern: $0.pid) } }

        func waitUntilUp() throws {
            try desk.sandbox.wait("the bot runs") { FileManager.default.fileExists(atPath: desk.file("up")) }
        }

        /// The exit status, as a shell sees it.
        func end() -> Int32 {
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        }
    }

    // MARK: - Exit statuses

    @Test(arguments: [
        ("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 143), ("exec /nonexistent/x", 127),
    ])
    func theExitStatusIsTheBots(script: String, status: Int32) throws {
        let bot = try Desk().start(script)
        #expect(bot.end() == status)
        #expect(bot.desk.gate == nil)
        // Who fails, and nobody asked it to end, has died: its place among the gates stays, as one of the dead.
        #expect(bot.desk.killSwitch.observe().gates?.map(\.alive) == (status == 0 ? [] : [false]))
    }

    @Test(arguments: [("/nonexistent", 127), ("no-such-program-anywhere", 127), ("/etc/passwd", 126), ("/tmp", 126)])
    func whatCannotBeExecutedEndsAsInAShell(program: String, status: Int32) throws {
        let desk = try Desk()
        let result = try desk.sandbox.run("estop-desk", ["run", "--name", "bot", "--", program])
        // Without venue=paper in the scope nothing is permitted, and nothing is started.
        #expect(result.status == 75)
        let permitted = try desk.sandbox.run(
            "estop-desk",
            ["run", "--name", "bot", "--scope", "venue=paper", "--", program]
        )
        #expect(permitted.status == status)
        #expect(permitted.error.contains("cannot be started"))
    }

    @Test(arguments: [
        ["run", "--", "true"], ["run", "--name", "x"], ["run", "--name", "a\nb", "--", "true"],
        ["run", "--name", "x", "--scope", "nonsense", "--", "true"],
        ["run", "--name", "x", "--on-halt", "sleep", "--", "true"],
    ])
    func badArgumentsExit64InOneLine(arguments: [String]) throws {
        let result = try Desk().sandbox.run("estop-desk", arguments)
        #expect(result.status == 64)
        #expect(result.error.split(separator: "\n").count == 1)
    }

    @Test func theBotHasItsInputItsArgumentsAndItsDesk() throws {
        let desk = try Desk()
        let result = try desk.sandbox.run(
            "estop-desk",
            [
                "--state", desk.sandbox.state, "run", "--name", "bot", "--scope", "venue=paper", "--", "/bin/sh", "-c",
                "cat; echo \"$1|$2|$ESTOP_STATE\"; grep SigBlk: /proc/self/status", "sh", "--json", "a b",
            ],
            input: "from stdin\n",
            environment: ["ESTOP_STATE": "/nonexistent"]
        )
        #expect(result.status == 0)
        #expect(result.output == "from stdin\n--json|a b|\(desk.sandbox.state)\nSigBlk:\t0000000000000000\n")
    }

    // MARK: - Stop

    @Test func aHaltIsAcknowledgedOnceTheBotIsGone() throws {
        let desk = try Desk()
        let finish = desk.file("finish")
        let bot = try desk.start(
            "trap 'echo got TERM; while [ ! -e \(finish) ]; do sleep 0.02; done; exit 5' TERM; up; while :; do sleep 0.02; done"
        )
        try bot.waitUntilUp()
        try desk.sandbox.wait("the gate is seen") { desk.isAcknowledged == true }
        desk.halt("fat finger")
        try desk.sandbox.wait("SIGTERM") { bot.said.contains("got TERM") }
        for _ in 0..<20 {
            #expect(desk.isAcknowledged == false)
            Clock.sleep(milliseconds: 10)
        }
        _ = FileManager.default.createFile(atPath: finish, contents: nil)
        try desk.sandbox.wait("the acknowledgement") { desk.isAcknowledged == true }
        #expect(desk.processes.isEmpty)
        #expect(bot.end() == 5)
        #expect(bot.said.contains("bot is stopped"))
        #expect(bot.said.contains("fat finger"))
    }

    @Test func whatIgnoresSIGTERMIsKilledWithItsDaemons() throws {
        let desk = try Desk()
        let bot = try desk.start(
            "trap '' TERM; setsid sh -c 'while :; do sleep 0.1; done' \(desk.mark)-daemon & up; while :; do sleep 0.1; done",
            "--grace",
            "200ms"
        )
        try bot.waitUntilUp()
        try desk.sandbox.wait("the daemon runs") { desk.processes.count >= 2 }
        desk.halt()
        #expect(bot.end() == 137)
        #expect(desk.processes.isEmpty)
        #expect(bot.said.contains("SIGKILL"))
    }

    @Test func aStopCommandStopsTheBotInThePlaceOfSIGTERM() throws {
        let desk = try Desk()
        let finish = desk.file("finish")
        let bot = try desk.start(
            "trap 'echo got TERM' TERM; up; while [ ! -e \(finish) ]; do sleep 0.02; done; exit 5",
            "--stop-command",
            "test \"$ESTOP_STATE\" = '\(desk.sandbox.state)' && kill -0 $ESTOP_BOT_PID && : > '\(finish)'"
        )
        try bot.waitUntilUp()
        desk.halt()
        #expect(bot.end() == 5)
        #expect(!bot.said.contains("got TERM") && desk.processes.isEmpty, "\(bot.said)")
    }

    @Test func aStopCommandThatFailsIsFollowedBySIGTERM() throws {
        let desk = try Desk()
        let bot = try desk.start(
            "trap 'exit 6' TERM; up; while :; do sleep 0.02; done",
            "--grace",
            "20s",
            "--stop-command",
            "exit 3"
        )
        try bot.waitUntilUp()
        desk.halt()
        #expect(bot.end() == 6)
        let wrong = try desk.sandbox.run(
            "estop-desk",
            ["run", "--name", "bot", "--on-halt", "pause", "--stop-command", "true", "--", "true"]
        )
        #expect(wrong.status == 64 && wrong.error.contains("--stop-command"), "\(wrong.error)")
    }

    @Test func aSilentHostStopsTheBot() throws {
        let desk = try Desk(deadMan: 1_500_000_000)
        let bot = try desk.start("up; while :; do sleep 0.05; done")
        #expect(bot.end() == 143)
        #expect(bot.said.contains("no host"))
    }

    @Test func aStoppedBotIsStillEnded() throws {
        let desk = try Desk()
        let bot = try desk.start("trap 'exit 6' TERM; up; while :; do sleep 0.02; done", "--grace", "20s")
        try bot.waitUntilUp()
        for (pid, _) in desk.processes { kill(pid, SIGSTOP) }
        try desk.sandbox.wait("it is stopped") { desk.processes.allSatisfy { $0.state == "T" } }
        desk.halt()
        #expect(bot.end() == 6)
    }

    // MARK: - Pause

    @Test func aPausedBotStandsStillUntilAResume() throws {
        let desk = try Desk()
        let count = "i=0; while :; do i=$((i+1)); echo $i > \(desk.file("count")); sleep 0.01; done"
        let bot = try desk.start("setsid sh -c '\(count)' \(desk.mark)-daemon & up; sleep 1000", "--on-halt", "pause")
        try bot.waitUntilUp()
        try desk.sandbox.wait("it counts") { FileManager.default.fileExists(atPath: desk.file("count")) }
        desk.halt("hold on")
        try desk.sandbox.wait("the acknowledgement") { desk.isAcknowledged == true }
        #expect(desk.areStill)
        let counted = try String(contentsOfFile: desk.file("count"), encoding: .utf8)
        Clock.sleep(milliseconds: 100)
        #expect(try String(contentsOfFile: desk.file("count"), encoding: .utf8) == counted)
        // Somebody else's SIGCONT does not let it go on, be it to a daemon of the bot alone.
        for (pid, _) in desk.processes.reversed() {
            kill(pid, SIGCONT)
            Clock.sleep(milliseconds: 50)
        }
        try desk.sandbox.wait("it is stopped again") {
            desk.isAcknowledged == true && desk.processes.allSatisfy { $0.state == "T" || $0.state == "Z" }
        }
        #expect(try desk.sandbox.resume().status == 0)
        try desk.sandbox.wait("it counts on") {
            try String(contentsOfFile: desk.file("count"), encoding: .utf8) != counted
        }
        #expect(bot.process.isRunning)
        kill(bot.process.processIdentifier, SIGTERM)
        #expect(bot.end() == 143)
        #expect(desk.processes.isEmpty)
        #expect(bot.said.contains("paused") && bot.said.contains("hold on") && bot.said.contains("goes on"))
    }

    @Test func aPausedBotThatIsTerminatedTakesItsAcknowledgementBackUntilItIsGone() throws {
        let desk = try Desk()
        let finish = desk.file("finish")
        let bot = try desk.start(
            "trap 'while [ ! -e \(finish) ]; do sleep 0.02; done; exit 3' TERM; up; while :; do sleep 0.02; done",
            "--on-halt",
            "pause"
        )
        try bot.waitUntilUp()
        desk.halt()
        try desk.sandbox.wait("the acknowledgement") { desk.isAcknowledged == true }
        kill(bot.process.processIdentifier, SIGTERM)
        try desk.sandbox.wait("it cleans up, unacknowledged") { desk.isAcknowledged == false }
        _ = FileManager.default.createFile(atPath: finish, contents: nil)
        #expect(bot.end() == 3)
    }

    // MARK: - Starting on a halted desk

    @Test func aHaltedDeskStartsNothing() throws {
        let desk = try Desk()
        desk.halt("broken feed")
        let stopped = try desk.start("up")
        #expect(stopped.end() == 75)
        #expect(stopped.said.contains("broken feed"))
        #expect(!FileManager.default.fileExists(atPath: desk.file("up")))
        #expect(desk.killSwitch.observe().gates?.isEmpty == true)

        let paused = try desk.start("up; exit 4", "--on-halt", "pause")
        try desk.sandbox.wait("the acknowledgement") { desk.isAcknowledged == true }
        #expect(!FileManager.default.fileExists(atPath: desk.file("up")))
        #expect(try desk.sandbox.resume().status == 0)
        #expect(paused.end() == 4)
        #expect(FileManager.default.fileExists(atPath: desk.file("up")))
    }

    @Test func withNoneTheBotAsksTheGateItself() throws {
        let desk = try Desk()
        desk.halt("known")
        let bot = try desk.start(
            "up; while [ ! -e \(desk.file("finish")) ]; do sleep 0.02; done; exit 2",
            "--on-halt",
            "none"
        )
        try bot.waitUntilUp()
        try desk.sandbox.wait("the acknowledgement") { desk.isAcknowledged == true }
        _ = FileManager.default.createFile(atPath: desk.file("finish"), contents: nil)
        #expect(bot.end() == 2)
    }

    // MARK: - No orphans

    @Test(arguments: [true, false])
    func killingOneOfThemLeavesNothing(theGuard: Bool) throws {
        let desk = try Desk()
        let bot = try desk.start(
            "trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 0.1; done' \(desk.mark)-daemon & "
                + "sh -c 'while :; do sleep 0.1; done' \(desk.mark)-child & up; while :; do sleep 0.1; done"
        )
        try bot.waitUntilUp()
        try desk.sandbox.wait("all run") { desk.processes.count >= 3 }
        kill(theGuard ? bot.process.processIdentifier : try #require(bot.keeper), SIGKILL)
        #expect(bot.end() == 137)
        try desk.sandbox.wait("nothing is left", seconds: 5) { desk.processes.isEmpty }
    }

    @Test func whatTheBotLeavesBehindIsEnded() throws {
        let desk = try Desk()
        let bot = try desk.start(
            "setsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' \(desk.mark)-daemon & "
                + "sh -c 'while :; do sleep 0.1; done' \(desk.mark)-child & exit 9",
            "--grace",
            "200ms"
        )
        #expect(bot.end() == 9)
        #expect(desk.processes.isEmpty)
    }

    // MARK: - Signals and the terminal

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH])
    func signalsArePassedOn(signal: Int32) throws {
        let desk = try Desk()
        let bot = try desk.start("trap 'exit 33' \(signal); up; while :; do sleep 0.02; done")
        try bot.waitUntilUp()
        kill(bot.process.processIdentifier, signal)
        #expect(bot.end() == 33)
    }

    @Test func anInteractiveBotReadsTheTerminal() throws {
        let desk = try Desk()
        let command =
            "\(Sandbox.products)/estop-desk run --name tty --scope venue=paper -- "
            + "/bin/sh -c 'read line; echo got:$line; exit 8'"
        let result = try desk.sandbox.run("/usr/bin/script", ["-qec", command, "/dev/null"], input: "hello\n")
        #expect(result.output.contains("got:hello"))
        #expect(result.status == 8)
    }

    @Test func aHaltIsObeyedWhileNobodyReadsStandardError() throws {
        let desk = try Desk()
        let bot = desk.sandbox.process(
            "estop-desk",
            ["run", "--name", "bot", "--scope", "venue=paper", "--", "/bin/sh", "-c", "sleep 1000", desk.mark]
        )
        let pipe = Pipe()
        let full = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(full, F_SETFL, O_NONBLOCK)
        while write(full, [UInt8](repeating: 0x78, count: 4096), 4096) > 0 {}
        _ = fcntl(full, F_SETFL, 0)
        bot.standardError = pipe
        try bot.run()
        try desk.sandbox.wait("the gate is open") { desk.gate != nil }
        desk.halt()
        bot.waitUntilExit()
        #expect(bot.terminationStatus == 143)
    }
}
