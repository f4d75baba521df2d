import CFaults
import Emulator
import Foundation
import Glibc
import Testing

@testable import KillSwitch
@testable import estop

/// The small `estop` that stays while a screen is shown: what becomes of a crash, of keys and of signals.
@Suite(.serialized) struct ScreenParentTests {
    private func screen(_ sandbox: Sandbox, _ arguments: [String] = []) throws -> TerminalProgram {
        let program = try TerminalProgram(sandbox, "estop", arguments)
        try program.waitForScreen()
        return program
    }

    /// The screen's own process.
    private func child(of program: TerminalProgram) -> pid_t? {
        let path = "/proc/\(program.pid)/task/\(program.pid)/children"
        return (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { text in
            text.split(separator: " ").first.flatMap { pid_t($0) }
        }
    }

    /// Whether a thread can be sent SIGUSR2: Dispatch's own block it, though not the signals of a crash.
    private func takesSignals(_ pid: pid_t, _ thread: Int) -> Bool {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }
        let mask = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) } ?? .max
        return mask >> UInt64(SIGUSR2 - 1) & 1 == 0
    }

    /// As in /proc/PID/stat.
    private func state(of pid: pid_t) -> Character? {
        (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.split(separator: ")").last?
            .first { $0 != " " }
    }

    /// Ends the screen as a crash does, and waits until another one is shown.
    private func crash(_ program: TerminalProgram, _ number: Int32 = SIGSEGV) throws {
        let old = try #require(child(of: program))
        program.output = []
        kill(old, number)
        try program.wait("the screen is there again") {
            child(of: program).map { $0 != old } ?? false && program.emulator.isAlternate && program.shows("UTC")
        }
    }

    @Test func aScreenThatCrashedComesBackAndTheTerminalIsCleanAtTheEnd() throws {
        let sandbox = try Sandbox()
        let program = try screen(sandbox)
        try crash(program)
        let said = String(decoding: program.output, as: UTF8.self)
        #expect(said.contains("estop-desk crashed: SIGSEGV in its thread"), "\(said.prefix(600))")
        #expect(said.contains("Trading is as it was") && said.contains("estop halt --state"))
        #expect(said.contains("comes back"))
        // By whatever it died of: a kill too, which no handler sees.
        try crash(program, SIGKILL)
        program.type("q")
        try program.waitForEnd()
        #expect(program.exit == 0)
        #expect(program.leftovers().isEmpty, "\(program.leftovers())")
        let files = try FileManager.default.contentsOfDirectory(atPath: sandbox.state).filter { $0.hasPrefix("crash-") }
        #expect(files.count == 1)
        let text = try String(contentsOfFile: "\(sandbox.state)/\(try #require(files.first))", encoding: .utf8)
        #expect(text.contains("#0 0x") && text.contains("estop-desk+0x") && text.contains("memory map:"))
        let doctor = try sandbox.run("estop", ["doctor"])
        #expect(doctor.output.contains("estop-desk crashed: SIGSEGV"), "\(doctor.output)")
    }

    @Test func aKThatIsPressedWhileThereIsNoScreenHalts() throws {
        let sandbox = try Sandbox()
        let program = try screen(sandbox)
        let killSwitch = try sandbox.killSwitch()
        #expect(killSwitch.observe().mode != .halted)
        let old = try #require(child(of: program))
        // Stopped first: the key is in the terminal, and the screen dies before it can read it.
        kill(old, SIGSTOP)
        try program.wait("its parent has stopped with it") { state(of: program.pid) == "T" }
        program.type("K")
        kill(old, SIGKILL)
        kill(program.pid, SIGCONT)
        try program.wait("the halt") { killSwitch.observe().mode == .halted }
        try program.wait("the screen is there again") {
            child(of: program).map { $0 != old } ?? false && program.shows("HALT")
        }
        #expect(killSwitch.observe().latches.contains { $0.source == .keyboard })
    }

    @Test func afterThreeRestartsInAMinuteALineHalts() throws {
        let sandbox = try Sandbox()
        let program = try screen(sandbox)
        for _ in 0..<3 { try crash(program) }
        kill(try #require(child(of: program)), SIGABRT)
        try program.wait("plain lines") { String(decoding: program.output, as: UTF8.self).contains("type halt") }
        #expect(program.leftovers().filter { !$0.hasPrefix("unknown") }.isEmpty, "\(program.leftovers())")
        let killSwitch = try sandbox.killSwitch()
        program.type("halt the screen is broken\n")
        try program.wait("the halt") { killSwitch.observe().latches.contains { $0.reason == "the screen is broken" } }
        #expect(killSwitch.observe().mode == .halted)
        program.type("quit\n")
        try program.waitForEnd()
        #expect(program.exit == 1)
    }

    @Test func statusAndSignalsPassThrough() throws {
        for number in [SIGTERM, SIGHUP] {
            let sandbox = try Sandbox()
            let program = try screen(sandbox)
            let old = try #require(child(of: program))
            kill(program.pid, number)
            try program.waitForEnd()
            #expect(program.signal == number)
            #expect(kill(old, 0) == -1, "no screen is left behind")
            #expect(program.leftovers().isEmpty, "\(program.leftovers())")
        }
        // Killed without a chance: its screen ends with it and puts the terminal back.
        let sandbox = try Sandbox()
        let program = try screen(sandbox)
        let old = try #require(child(of: program))
        kill(program.pid, SIGKILL)
        try program.wait("the screen ends with its parent") { kill(old, 0) == -1 }
        try program.waitForEnd()
        #expect(program.leftovers().isEmpty, "\(program.leftovers())")
    }

    @Test func everyThreadOfAScreenSurvivesTheOverflowOfItsOwnStackLongEnoughToPutTheTerminalBack() throws {
        let sandbox = try Sandbox()
        var place = 0
        var names: [String] = []
        while true {
            let program = try TerminalProgram(
                sandbox,
                "estop-desk",
                environment: ["LD_PRELOAD": "\(Sandbox.products)/libfaults.so", "ESTOP_OVERFLOW": "1"]
            )
            try program.waitForScreen()
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
                .compactMap { Int($0) }.sorted().filter { takesSignals(program.pid, $0) }
            // The C library's and the runtime's come first, the screen's own last.
            guard place < threads.count else { break }
            let thread = threads[place]
            let name = (try? String(contentsOfFile: "/proc/\(program.pid)/task/\(thread)/comm", encoding: .utf8)) ?? "?"
            names.append(name.trimmingCharacters(in: .newlines))
            #expect(estop_faults_signal_thread(program.pid, Int32(thread), SIGUSR2) == 0)
            try program.waitForEnd()
            #expect(program.signal == SIGSEGV, "\(names.last ?? "")")
            #expect(program.leftovers().isEmpty, "\(names.last ?? ""): \(program.leftovers())")
            let text = String(decoding: program.output, as: UTF8.self)
            #expect(text.contains("crashed: SIGSEGV in its thread"), "\(names.last ?? ""): \(text.suffix(300))")
            place += Sandbox.isLong ? 1 : 3
        }
        #expect(names.count >= 3)
    }

    @Test func onlyAKeyThatWasPressedIsAHalt() {
        func halts(_ text: String) -> Bool {
            var scan = KeyScan()
            return text.utf8.reduce(false) { scan.halts($1) || $0 }
        }
        for text in ["K", "\u{0b}", "jjK", "\u{1b}[AK", "\u{1b}[0nK", "\u{1b}[200~x\u{1b}[201~K", "\u{1b}OPK"] {
            #expect(halts(text), "\(text.debugDescription)")
        }
        for text in [
            "k", "\u{1b}[200~K\u{1b}[201~", "\u{1b}[K", "\u{1b}OK", "\u{1b}]2;K\u{7}", "\u{1b}P1K\u{1b}\\", "\u{1b}K",
        ] {
            #expect(!halts(text), "\(text.debugDescription)")
        }
    }

    @Test func onlyAScreenHasAParent() {
        for words in [[], ["dashboard"], ["watch"], ["replay", "--speed", "2"], ["--state", "x"], ["--demo"]] {
            #expect(ScreenDesk.isScreen(words), "\(words)")
        }
        for words in [
            ["serve"], ["watch", "--plain"], ["--frame", "-"], ["replay", "--check"], ["--help"], ["doctor"],
        ] {
            #expect(!ScreenDesk.isScreen(words), "\(words)")
        }
    }
}
