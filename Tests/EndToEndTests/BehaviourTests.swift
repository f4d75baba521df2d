import Emulator
import Foundation
import Glibc
import KillSwitch
import Testing

/// How the dashboard behaves on a terminal: the real executable on a pseudo-terminal.
@Suite(.serialized)
struct BehaviourTests {
    // MARK: - Leaving

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSYS])
    func theTerminalIsCleanAfterASignal(_ number: Int32) throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox)
        try program.waitForScreen()
        try program.wait("a title") { !program.emulator.title.isEmpty }
        #expect(program.emulator.isAlternate && program.emulator.bracketsPastes)
        #expect(kill(program.pid, number) == 0)
        try program.waitForEnd()
        #expect(program.signal == number)
        #expect(program.leftovers() == [])
    }

    @Test(arguments: ["xterm-256color", "tmux-256color", "vt100"])
    func theTerminalIsCleanAfterQ(_ terminal: String) throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox, environment: ["TERM": terminal])
        try program.waitForScreen()
        // The title comes behind the first frame.
        if terminal != "vt100" { try program.wait("a title") { !program.emulator.title.isEmpty } }
        program.type("q")
        try program.waitForEnd()
        #expect(program.exit == 0)
        #expect(terminal != "vt100" || program.emulator.title.isEmpty)
        #expect(program.leftovers() == [])
    }

    @Test func aTerminalThatGoesAwayEndsItAndLeavesTheModeAlone() throws {
        let sandbox = try Sandbox()
        let killSwitch = try sandbox.killSwitch()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let before = killSwitch.observe().word
        let program = try TerminalProgram(sandbox)
        try program.waitForScreen()
        // As when the link drops: reads fail from now on. No signal helps: it is ignored.
        program.hangUp()
        try sandbox.wait("its end", seconds: 10) { program.hasEnded() }
        #expect(killSwitch.observe().word == before)
    }

    @Test func controlZStopsItAndForegroundBringsItBack() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(
            sandbox,
            "/bin/bash",
            ["--norc", "--noprofile", "-i"],
            environment: ["PS1": "ready> ", "HISTFILE": "/dev/null", "DESK": "\(Sandbox.products)/estop-desk"]
        )
        try program.wait("a prompt") { program.shows("ready>") }
        program.type("bind 'set enable-bracketed-paste off'; \"$DESK\" dashboard\n")
        try program.waitForScreen()
        let settings = program.settings
        #expect(settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
        program.type("\u{1a}")
        try program.wait("the shell") { program.shows("Stopped") && program.isAt("ready>") }
        #expect(!program.emulator.bracketsPastes && program.emulator.isCursorShown)
        #expect(program.emulator.titles.isEmpty && program.emulator.title.isEmpty)
        #expect(program.emulator.style == Style())
        program.type("fg\n")
        try program.wait("the screen again") { program.emulator.isAlternate && program.shows("halts") }
        let back = program.settings
        #expect(back.c_lflag == settings.c_lflag && back.c_oflag == settings.c_oflag)
        program.type("q")
        try program.wait("the shell") { program.isAt("ready>") }
        program.type("exit\n")
        try program.waitForEnd()
        #expect(program.leftovers() == [])
    }

    // MARK: - Where it runs

    @Test func flowControlIsOffAndControlSFreezesNothing() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox)
        try program.waitForScreen()
        #expect(program.settings.c_iflag & tcflag_t(IXON | IXOFF) == 0)
        program.type("\u{13}?")
        try program.wait("the help") { program.shows("This help") }
    }

    @Test func withoutColoursNoColourIsSent() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox, environment: ["NO_COLOR": "1"])
        try program.waitForScreen()
        program.type("K")
        try program.wait("the halt") { program.shows("HALT") }
        program.rest()
        let colours = program.output.split(separator: 0x1b).filter { part in
            guard part.first == UInt8(ascii: "["), let end = part.firstIndex(where: { $0 >= 0x40 && $0 != 0x5b })
            else { return false }
            let numbers = String(decoding: part[(part.startIndex + 1)..<end], as: UTF8.self).split(separator: ";")
            return part[end] == UInt8(ascii: "m")
                && numbers.contains { (30...49).contains(Int($0) ?? 0) && $0 != "39" && $0 != "49" }
        }
        #expect(colours.isEmpty)
        #expect(program.emulator.unknown == [])
    }

    @Test func inTheCLocaleNothingButASCIIIsSent() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox, environment: ["LC_ALL": "C"])
        try program.waitForScreen()
        program.type("?")
        try program.wait("the help") { program.shows("This help") }
        program.type("\u{1b}")
        program.type("K")
        try program.wait("the halt") { program.shows("HALT") }
        program.rest()
        #expect(program.output.allSatisfy { $0 < 0x80 })
    }

    @Test(arguments: ["xterm-unheard-of", ""])
    func anUnknownTerminalStartsAndIsSpokenOf(_ terminal: String) throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox, environment: ["TERM": terminal])
        try program.wait("what it says") {
            program.shows("TERM=\(terminal.isEmpty ? "(none)" : terminal) cannot be used here")
        }
        program.type("q")
        try program.waitForEnd()
        #expect(program.exit == 0)
    }

    @Test func aDumbTerminalGetsPlainLines() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let program = try TerminalProgram(sandbox, environment: ["TERM": "dumb"])
        try program.wait("plain lines") { program.shows("TERM=dumb") && program.shows("mode ") }
        #expect(!program.output.contains(0x1b))
        program.type("halt\n")
        try program.wait("the halt") { program.shows("HALT") && (try? sandbox.killSwitch().observe().mode) == .halted }
        kill(program.pid, SIGTERM)
        try program.waitForEnd()
    }

    @Test(arguments: [(20, 5), (10, 3), (2, 1), (1, 1)])
    func itStartsAtAnySizeAndGrows(_ width: Int, _ height: Int) throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox, width: width, height: height)
        try program.wait("something") { program.emulator.text.contains { !$0.isWhitespace } }
        program.resize(width: 120, height: 40)
        try program.waitForScreen()
        #expect(program.emulator.unknown == [])
        program.type("q")
        try program.waitForEnd()
        #expect(program.leftovers() == [])
    }

    // MARK: - Links

    @Test func manyKeysAtOnceCostFewBytesAndNoneIsLost() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox)
        try program.waitForScreen()
        program.type("?")
        try program.wait("the help") { program.shows("This help") }
        program.rest()
        let before = program.output.count
        program.type(String(repeating: "\u{1b}[B", count: 500))
        // The keys behind them come out at the end: all were taken.
        program.type("\u{1b}[15~q\tq")
        try program.waitForEnd()
        let count = program.output.count - before
        #expect(count < 10_000, "\(count) bytes")
    }

    @Test func aTerminalThatIsNotReadForSixSecondsHasLittleToCatchUpWith() throws {
        let sandbox = try Sandbox()
        let killSwitch = try sandbox.killSwitch()
        let program = try TerminalProgram(sandbox)
        try program.waitForScreen()
        program.rest()
        // Not read for so long: keys in between, each of which would be a frame.
        for _ in 0..<60 {
            program.type("\t?\u{1b}[B")
            usleep(100_000)
        }
        program.type("K")
        try sandbox.wait("the halt") { killSwitch.observe().word?.mode == .halted }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let backlog = read(program.master, &bytes, bytes.count)
        #expect((1..<16_000).contains(backlog), "\(backlog) bytes")
        program.emulator.feed(bytes[..<max(0, backlog)])
        program.type(program.emulator.replies)
        program.emulator.replies = []
        try program.wait("the state") { program.shows("HALT") }
    }

    /// A link that carries 4,800 bytes a second, with buffers that never end. The terminal answers when it has read the
    /// question: then nothing may have been painted behind it.
    @Test func onASlowLinkNothingIsPaintedBehindAFrameThatHasNotArrived() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox)
        program.answers = false
        let question = Array("\u{1b}[5n".utf8)
        var link: [UInt8] = []
        var behind = 0
        var asked = 0
        let end = Date().addingTimeInterval(6)
        var nextKey = Date().addingTimeInterval(1)
        while Date() < end {
            // All that was written is taken at once, and arrives at its pace.
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = read(program.master, &bytes, bytes.count)
            if count > 0 { link += bytes[..<count] }
            let arriving = Array(link.prefix(48))
            link.removeFirst(arriving.count)
            program.emulator.feed(arriving)
            if !program.emulator.replies.isEmpty {
                asked += 1
                behind = max(behind, link.count)
                program.type(program.emulator.replies)
                program.emulator.replies = []
            }
            if Date() > nextKey {
                program.type("\t")
                nextKey = Date().addingTimeInterval(0.03)
            }
            // At most one question is under way.
            let questions = link.indices.filter { link[$0...].starts(with: question) }.count
            #expect(questions <= 1)
            usleep(10_000)
        }
        #expect(asked > 2)
        #expect(behind == 0, "\(behind) bytes behind a question")
        // Nor in front of it: what is under way at rest is a clock.
        try program.wait("what was painted last") {
            program.type(program.emulator.replies)
            program.emulator.replies = []
            program.emulator.feed(link)
            link = []
            return program.shows("halts")
        }
        #expect(program.emulator.unknown == [])
    }

    @Test func aTerminalThatNeverAnswersIsDrawnOnAllTheSame() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox)
        program.answers = false
        try program.waitForScreen()
        for _ in 0..<4 {
            program.type("?")
            try program.wait("the help", seconds: 10) { program.shows("This help") }
            program.type("q")
            try program.wait("no help", seconds: 10) { !program.shows("This help") }
        }
        #expect(program.emulator.questions <= 4)
    }
}
