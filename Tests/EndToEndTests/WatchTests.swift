import Foundation
import Testing

@testable import KillSwitch
@testable import estop_desk

/// `estop watch --plain` as real processes: what it says, and that typing halts whatever becomes of what it says.
@Suite(.serialized) struct WatchTests {
    /// A watch with a pipe for standard input and a file for what it says.
    private final class Watch {
        let process: Process
        private let input = Pipe()
        private let path: String
        private let sandbox: Sandbox

        init(_ sandbox: Sandbox, _ options: String..., input given: Any? = nil, terminal: Terminal? = nil) throws {
            self.sandbox = sandbox
            process = sandbox.process(
                "estop",
                ["watch"] + options,
                environment: ["TERM": terminal == nil ? "xterm" : "dumb"]
            )
            path = sandbox.root + "/said-\(UInt32.random(in: 0 ... .max))"
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            process.standardInput = given ?? terminal?.side ?? input
            process.standardOutput = terminal?.side ?? FileHandle(forWritingAtPath: path)
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

        func type(_ line: String) { try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }

        func closeInput() { try? input.fileHandleForWriting.close() }

        var lines: [String] {
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        /// How many lines have that in them.
        func count(_ text: String) -> Int { lines.filter { $0.contains(text) }.count }

        func wait(for text: String) throws {
            do {
                try sandbox.wait("'\(text)' is said") { count(text) > 0 }
            } catch {
                throw Sandbox.TimedOut(description: "\(error); it said:\n\(lines.joined(separator: "\n"))")
            }
        }

        /// Its exit status, once it has ended.
        func status() throws -> Int32 {
            try sandbox.wait("the watch ends") { !process.isRunning }
            return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        }
    }

    /// A terminal: the side of the person, and that of the program.
    private final class Terminal {
        let person: Int32
        let side: FileHandle

        init() throws {
            person = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            // What unlockpt and ptsname do.
            var locked: Int32 = 0
            var number: Int32 = -1
            guard person >= 0, ioctl(person, 0x4004_5431, &locked) == 0, ioctl(person, 0x8004_5430, &number) == 0 else {
                throw Sandbox.TimedOut(description: "no terminal can be had")
            }
            let name = "/dev/pts/\(number)"
            side = FileHandle(fileDescriptor: open(name, O_RDWR | O_NOCTTY | O_CLOEXEC), closeOnDealloc: true)
            _ = fcntl(person, F_SETFL, O_NONBLOCK)
        }

        deinit { close(person) }

        func type(_ text: String) { _ = text.withCString { write(person, $0, strlen($0)) } }

        /// What the program has written since the last time.
        func shown() -> String {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = read(person, &bytes, bytes.count)
            return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : ""
        }
    }

    private func halts(_ sandbox: Sandbox) throws -> [Record] {
        try sandbox.killSwitch().observe().fold.records.filter { $0.change == .halt }
    }

    @Test func typingHaltHaltsAndTheStepsAreSaid() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let gate = try Gate(state: sandbox.state, name: "bot", scope: "venue=paper")
        #expect(gate.permits())
        let watch = try Watch(sandbox, "--plain")
        try watch.wait(for: "type halt and press Enter")
        #expect(watch.count("mode PAPER") == 1 && watch.count("1 gate open: bot") == 1)
        watch.type("Halt! losses run away")
        try sandbox.wait("the page is halted") { try sandbox.killSwitch().observe().word?.mode == .halted }
        try watch.wait(for: "halt: on disk after")
        #expect(!gate.permits())
        try watch.wait(for: "halt: verified after")
        try watch.wait(for: "mode HALTED since")
        #expect(watch.count("gate bot acknowledged within") == 1)
        #expect(watch.count("halt: on the page after") == 1)
        let record = try #require(try halts(sandbox).last)
        // Nobody sits at a pipe.
        #expect(record.reason == "losses run away" && record.source == .cli)
        watch.type("status")
        watch.type("resume")
        watch.type("what now")
        watch.type("quit")
        #expect(try watch.status() == 0)
        #expect(watch.count("estop deactivate REASON") == 1 && watch.count("there is no word what") == 1)
        #expect(watch.count("desk paper") == 2)
    }

    @Test func aGateThatOpensAndClosesIsOneLineEach() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let watch = try Watch(sandbox, "--plain")
        try watch.wait(for: "type halt and press Enter")
        var gate: Gate? = try Gate(state: sandbox.state, name: "visitor", scope: "venue=paper")
        try watch.wait(for: "gate visitor opened")
        #expect(gate?.permits() ?? false)
        gate = nil
        try watch.wait(for: "gate visitor closed")
        #expect(watch.count("gate visitor") == 2, "\(watch.lines)")
    }

    @Test func haltingDoesNotWaitForWhoeverReads() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let unread = Pipe()
        let process = sandbox.process("estop", ["watch", "--plain"])
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = unread
        try process.run()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        // Seven lines and more each: far beyond what a pipe holds, and beyond what is kept.
        let flood = String(repeating: "status\n", count: 3000) + "halt nobody reads\n"
        try input.fileHandleForWriting.write(contentsOf: Data(flood.utf8))
        try sandbox.wait("halted all the same") { try sandbox.killSwitch().observe().word?.mode == .halted }
        try sandbox.wait("recorded all the same") {
            try halts(sandbox).contains { $0.reason == "nobody reads" }
        }
        try input.fileHandleForWriting.write(contentsOf: Data("quit\n".utf8))
        let said = String(decoding: unread.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(said.contains("lines were dropped: nobody read them in time"))
        #expect(said.contains("halt asked for: nobody reads"))
    }

    @Test func aLastWordWithoutAnEndHaltsAndTheEndOfAPipeEndsNothing() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let words = Pipe()
        try words.fileHandleForWriting.write(contentsOf: Data("STOP".utf8))
        try words.fileHandleForWriting.close()
        let watch = try Watch(sandbox, "--plain", input: words)
        try watch.wait(for: "mode HALTED since")
        #expect(try halts(sandbox).last?.reason == "Emergency halt")
        let silent = try Watch(sandbox, "--json", input: FileHandle.nullDevice)
        try silent.wait(for: "type halt")
        #expect(try sandbox.resume().status == 0)
        try watch.wait(for: "mode PAPER since")
        try silent.wait(for: "mode PAPER since")
        for line in silent.lines {
            let json = try #require(JSON(line), "\(line)")
            #expect(json["text"]?.string != nil && json["topic"]?.string != nil && json["at"]?.string?.count == 24)
        }
        #expect(JSON(try #require(silent.lines.last { $0.contains("mode PAPER") }))?["mode"]?.string == "paper")
        for one in [watch, silent] {
            #expect(one.process.isRunning)
            kill(one.process.processIdentifier, one === watch ? SIGTERM : SIGINT)
            #expect(try one.status() == 0)
        }
    }

    @Test func whenNobodyCanReadAnyMoreItEndsButNotBeforeWhatWasTyped() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let process = sandbox.process("estop", ["watch", "--plain"])
        let input = Pipe()
        let unread = Pipe()
        process.standardInput = input
        process.standardOutput = unread
        process.standardError = FileHandle.nullDevice
        try input.fileHandleForWriting.write(contentsOf: Data("kill\n".utf8))
        try unread.fileHandleForReading.close()
        try process.run()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        // Standard input stays open: it is the closed output that ends it.
        try sandbox.wait("the watch ends") { !process.isRunning }
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
        #expect(try halts(sandbox).count == 1)
    }

    @Test func aPersonAtADumbTerminalHaltsByKeyboardAndEndsItByCtrlD() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let terminal = try Terminal()
        let watch = try Watch(sandbox, terminal: terminal)
        var shown = ""
        func see(_ text: String) throws {
            try sandbox.wait("\(text) is shown") {
                shown += terminal.shown()
                return shown.contains(text)
            }
        }
        try see("type halt and press Enter")
        terminal.type("stop it\n")
        try see("halt: on disk after")
        #expect(try halts(sandbox).last?.source == .keyboard)
        #expect(try halts(sandbox).last?.reason == "it")
        #expect(!shown.contains("\u{1b}"))
        terminal.type("\u{04}")
        #expect(try watch.status() == 0)
    }

    @Test(
        arguments: [
            ("halt", WatchWord.halt(reason: "")), ("HALT\r", .halt(reason: "")), ("Halt!", .halt(reason: "")),
            ("  stop. now", .halt(reason: "now")), ("kill - 'em all", .halt(reason: "em all")),
            ("activate \"API errors\"", .halt(reason: "API errors")), ("estop halt: why not", .halt(reason: "why not")),
            ("K", .halt(reason: "")), ("\u{1b}[31mhalt", .unknown("31mhalt")), ("halted", .unknown("halted")),
            ("please halt", .unknown("please")), ("status", .status), ("Resume reason", .resume),
            ("deactivate", .resume), ("?", .help), ("help", .help), ("q", .quit), ("exit", .quit), ("", .nothing),
            ("...", .nothing),
        ]
    ) func wordsAreUnderstoodGenerously(_ line: String, _ word: WatchWord) {
        #expect(WatchWord(line) == word)
    }

    @Test func aLineWithoutEndIsCutNotKept() throws {
        let pipe = Pipe()
        let stop = Wire()
        let long = "halt " + String(repeating: "x", count: 50_000) + "\nstatus\nla"
        try pipe.fileHandleForWriting.write(contentsOf: Data(long.utf8))
        var reader = LineReader(pipe.fileHandleForReading.fileDescriptor, stop: stop.readable)
        guard case .line(let first) = reader.next() else { throw Sandbox.TimedOut(description: "no line") }
        #expect(first.utf8.count == LineReader.limit && first.hasPrefix("halt xx"))
        #expect(reader.next() == .line("status"))
        stop.pull()
        #expect(reader.next() == .stopped)
        try pipe.fileHandleForWriting.close()
        // A child that another test starts in this moment holds the pipe, too, until its exec.
        var next = reader.next()
        try Sandbox().wait("the end is seen") {
            if next == .stopped { next = reader.next() }
            return next != .stopped
        }
        #expect(next == .line("la"))
        #expect(reader.next() == .end)
    }
}
