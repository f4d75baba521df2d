import Console
import Glibc
import KillSwitch

/// The desk behind a screen, as far as the process that stays beside the screen has to know it: how to halt it by a key and
/// by a line while there is no screen.
struct ScreenDesk {
    /// The options of the screen that name the desk, for commands about the same.
    private let options: [String]
    /// The state directory; nil: a recorded desk, or one on another machine, which only the screen itself can halt.
    private let path: String?

    private static let screens = ["dashboard", "watch", "replay"]
    /// What makes plain text of a screen, or an answer.
    private static let plain = [
        "--plain", "--json", "--script", "--frame", "--size", "--roles", "--check", "--help", "-h", "--version",
    ]

    /// Whether these arguments of estop-desk show a screen.
    static func isScreen(_ words: [String]) -> Bool {
        guard !words.contains(where: { word in plain.contains { word == $0 || word.hasPrefix("\($0)=") } }) else {
            return false
        }
        guard let name = Commands.firstWord(words) else { return true }
        return screens.contains(name)
    }

    init(_ words: [String]) {
        let named = ["--state", "--config"].compactMap { name in
            ScreenDesk.value(name, words).map { [name, $0] }
        }
        options = named.flatMap { $0 }
        let isElsewhere = words.contains("--demo") || ScreenDesk.value("--url", words) != nil
        path = isElsewhere ? nil : try? StateLocation.choose(option: ScreenDesk.value("--state", words)).path
    }

    private static func value(_ name: String, _ words: [String]) -> String? {
        for (place, word) in words.enumerated() {
            if word == name, place + 1 < words.count { return words[place + 1] }
            if word.hasPrefix("\(name)=") { return String(word.dropFirst(name.count + 1)) }
        }
        return nil
    }

    /// One line on the terminal, whatever its settings are.
    func say(_ text: String) { Output.error.write("\(text)\n") }

    // MARK: - Keys

    /// Looks at what is typed for so long. K and Ctrl-K halt; other keys were meant for a screen that is not there any more.
    /// Of a desk that is not here nothing is read: its screen finds the keys when it is there again.
    func haltOnKeys(milliseconds: Int32) {
        guard let path else {
            if milliseconds > 0 { Clock.sleep(milliseconds: UInt64(milliseconds)) }
            return
        }
        var scan = KeyScan()
        let until = Clock.boottime() + UInt64(milliseconds) * 1_000_000
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while true {
            let now = Clock.boottime()
            let rest = until > now ? Int32(clamping: (until - now) / 1_000_000 + 1) : 0
            var polled = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, rest) > 0 else {
                if errno == EINTR, rest > 0 { continue }
                return
            }
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            guard count > 0 else { return }
            for byte in bytes[..<count] where scan.halts(byte) { halt(path) }
        }
    }

    /// The page first, then the record.
    private func halt(_ path: String) {
        do {
            let directory = try StateDirectory(path)
            let pulled = HaltHandle(directory).pull()
            say(pulled.onPage ? "estop: K: HALTED on the page" : "estop: K: the halt is NOT on the page")
            let request = HaltRequest(reason: "Emergency halt", source: .keyboard)
            let killSwitch = KillSwitch(directory, settings: DeskSettings())
            let report = Deadline.run(milliseconds: 1_000) { killSwitch.record(pulled, request) }
            if report?.durable != true { say("estop: NOT ON DISK: the host records it when the disk is back") }
        } catch {
            say("estop: K: NOT HALTED: \(error)")
        }
    }

    // MARK: - Lines

    /// Reads lines until somebody leaves: the screen is not started again by itself.
    func lines(_ program: String, _ words: [String], crashes: Int) -> Int32 {
        say("estop: the screen crashed \(crashes) times within a minute and is not started again by itself.")
        guard path != nil else {
            say("estop: plain lines instead.")
            return become(program, ["watch", "--plain"] + words.filter { !ScreenDesk.screens.contains($0) })
        }
        say("estop: type halt and press Enter to halt all trading. Other words: status, screen (try it again), quit.")
        while let line = readLine(strippingNewline: true) {
            var rest = line.drop { !$0.isLetter }
            var word = ScreenDesk.take(&rest)
            if word == "estop" { word = ScreenDesk.take(&rest) }
            switch word {
            case "halt", "stop", "kill", "activate", "k":
                let reason = String(rest.drop { !$0.isLetter && !$0.isNumber })
                _ = Commands.run(["halt"] + options + (reason.isEmpty ? [] : [reason]))
            case "status": _ = Commands.run(["status"] + options)
            case "screen": return become(program, words)
            case "quit", "exit", "q": return 1
            case "": break
            default: say("estop: type halt, status, screen or quit")
            }
        }
        return 1
    }

    private static func take(_ rest: inout Substring) -> String {
        let word = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(word.count).drop { $0 == " " }
        return word.lowercased()
    }

    /// Goes on as a process that stays beside a screen again, or as plain lines.
    private func become(_ program: String, _ words: [String]) -> Int32 {
        if let screen = ScreenParent(program, words) { return screen.run() }
        unsetenv(CrashPlace.parentVariable)
        var arguments = (["estop-desk"] + words).map { strdup($0) } + [nil]
        execv(program, &arguments)
        say("estop: \(program) cannot be started: \(String(cString: strerror(errno))). Halting: estop halt")
        return 127
    }
}

/// Tells a pressed K from the letter in what a terminal sends by itself or somebody pastes.
struct KeyScan {
    private enum State {
        case plain
        case escape
        /// Behind ESC [, with what came of it.
        case control([UInt8])
        /// Behind ESC ] and its like, until its end.
        case string
        case stringEscape
        case shifted
    }

    private var state = State.plain
    private var isPasting = false

    /// Whether this byte is a K that somebody pressed, or Ctrl-K.
    mutating func halts(_ byte: UInt8) -> Bool {
        switch state {
        case .plain:
            if byte == 0x1b { state = .escape }
            return !isPasting && (byte == UInt8(ascii: "K") || byte == 0x0b)
        case .escape:
            switch byte {
            case UInt8(ascii: "["): state = .control([])
            case UInt8(ascii: "O"): state = .shifted
            case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"): state = .string
            case 0x1b: break
            default: state = .plain
            }
        case .control(let text):
            guard (0x40...0x7e).contains(byte) else {
                state = text.count < 64 ? .control(text + [byte]) : .plain
                break
            }
            state = .plain
            if byte == UInt8(ascii: "~") {
                if text == Array("200".utf8) { isPasting = true }
                if text == Array("201".utf8) { isPasting = false }
            }
        case .string:
            if byte == 0x07 { state = .plain }
            if byte == 0x1b { state = .stringEscape }
        case .stringEscape: state = byte == UInt8(ascii: "\\") ? .plain : .string
        case .shifted: state = .plain
        }
        return false
    }
}
