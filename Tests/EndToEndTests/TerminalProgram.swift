import Emulator
import Foundation
import Glibc
import Testing

/// A program on a pseudo-terminal, and a terminal at the other end: an emulator that answers.
final class TerminalProgram {
    let pid: pid_t
    private(set) var master: Int32
    private(set) var slave: Int32
    /// The settings before the program had the terminal.
    let before: termios
    var emulator: Emulator
    /// Everything that it wrote.
    var output: [UInt8] = []
    var answers = true
    private(set) var status: Int32?

    init(
        _ sandbox: Sandbox,
        _ program: String = "estop-desk",
        _ arguments: [String] = ["dashboard"],
        width: Int = 120,
        height: Int = 40,
        environment: [String: String] = [:]
    ) throws {
        var ends: (master: Int32, slave: Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&ends.master, &ends.slave, &name, nil, &size) == 0)
        (master, slave) = ends
        for end in [master, slave] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        var settings = termios()
        tcgetattr(slave, &settings)
        before = settings
        emulator = Emulator(width: width, height: height)

        let template = sandbox.process(program, arguments)
        var variables = template.environment ?? [:]
        variables.merge(["TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": ""]) { $1 }
        variables.merge(environment) { $1 }
        if variables["NO_COLOR"] == "" { variables["NO_COLOR"] = nil }
        pid = try TerminalProgram.start(
            [template.executableURL?.path ?? program] + arguments,
            variables,
            terminal: String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        )
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            var ignored: Int32 = 0
            waitpid(pid, &ignored, 0)
        }
        hangUp()
    }

    /// Takes the terminal away, as when the link drops. Once: the numbers are somebody else's at once.
    func hangUp() {
        for end in [slave, master] where end >= 0 { close(end) }
        (master, slave) = (-1, -1)
    }

    /// POSIX_SPAWN_SETSID, which the C library's header shows to GNU programs only.
    private static let newSession: Int16 = 0x80

    /// In a session of its own, of which the terminal is the controlling one.
    private static func start(_ words: [String], _ variables: [String: String], terminal: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for standard: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, standard, terminal, O_RDWR, 0) }
        var defaults = sigset_t()
        var mask = sigset_t()
        sigfillset(&defaults)
        sigemptyset(&mask)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK) | TerminalProgram.newSession
        )
        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, &environment)
        try #require(result == 0, "\(words[0]): \(String(cString: strerror(result)))")
        return pid
    }

    /// Reads what there is, at most `limit` bytes, and answers what is asked. False when nothing came in time.
    @discardableResult
    func pump(ms: Int32 = 20, limit: Int = 65_536) -> Bool {
        var polled = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, ms) > 0 else { return false }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = read(master, &bytes, limit)
        guard count > 0 else { return false }
        output += bytes[..<count]
        emulator.feed(bytes[..<count])
        if answers, !emulator.replies.isEmpty { type(emulator.replies) }
        emulator.replies = []
        return true
    }

    func type(_ bytes: [UInt8]) {
        #expect(write(master, bytes, bytes.count) == bytes.count)
    }

    func type(_ text: String) { type(Array(text.utf8)) }

    /// Plays the terminal until a condition holds.
    func wait(_ what: String, seconds: Double = 20, until condition: () -> Bool) throws {
        let end = Date().addingTimeInterval(seconds)
        while !condition() {
            guard Date() < end else {
                let last = String(decoding: output.suffix(400), as: UTF8.self).debugDescription
                throw Sandbox.TimedOut(
                    description: "not within \(seconds) s: \(what); last: \(last), screen:\n\(emulator.text)"
                )
            }
            pump()
        }
    }

    /// Waits for the first whole screen.
    func waitForScreen() throws {
        try wait("the screen") { shows("UTC") && (shows("halts") || emulator.height < 2) }
    }

    func shows(_ text: String) -> Bool { emulator.text.contains(text) }

    /// Whether the cursor stands behind a shell's prompt.
    func isAt(_ prompt: String) -> Bool {
        let row = emulator.text(row: emulator.cursor.row)
        return !emulator.isAlternate && row.trimmingCharacters(in: .whitespaces) == prompt
    }

    /// Plays the terminal until nothing has come for a while.
    func rest(ms: Int32 = 150) { while pump(ms: ms) {} }

    func resize(width: Int, height: Int) {
        var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
        emulator.resize(width: width, height: height)
    }

    /// Whether it has ended; its status is kept.
    func hasEnded() -> Bool {
        if status != nil { return true }
        var now: Int32 = 0
        guard waitpid(pid, &now, WNOHANG) == pid else { return false }
        status = now
        return true
    }

    func waitForEnd(seconds: Double = 10) throws {
        try wait("the end", seconds: seconds) { hasEnded() }
        rest(ms: 20)
    }

    /// Whether a signal ended it.
    var signal: Int32? { status.flatMap { $0 & 0x7f == 0 ? nil : $0 & 0x7f } }
    /// With which status it exited.
    var exit: Int32? { status.flatMap { $0 & 0x7f == 0 ? ($0 >> 8) & 0xff : nil } }

    var settings: termios {
        var now = termios()
        tcgetattr(slave, &now)
        return now
    }

    /// What is not as it was before the program had the terminal.
    func leftovers() -> [String] {
        var left: [String] = []
        var now = settings
        var then = before
        if memcmp(&now, &then, MemoryLayout<termios>.size) != 0 { left.append("settings") }
        if emulator.isAlternate { left.append("alternate screen") }
        if !emulator.isCursorShown { left.append("no cursor") }
        if emulator.bracketsPastes { left.append("paste brackets") }
        if emulator.hasApplicationKeys || emulator.hasApplicationKeypad { left.append("application keys") }
        if emulator.style != Style() { left.append("attributes") }
        if !emulator.modes.isEmpty { left.append("modes \(emulator.modes)") }
        if !emulator.titles.isEmpty || emulator.title != "" { left.append("title \(emulator.title)") }
        if !emulator.unknown.isEmpty { left.append("unknown: \(emulator.unknown)") }
        return left
    }
}
