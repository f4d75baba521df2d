import Emulator
import Foundation
import Glibc
import Testing

/// The emulator that other tests rely on: against what the standards say, and against tmux where there is one.
struct EmulatorTests {
    func screen(_ text: String, width: Int = 8, height: Int = 3) -> Emulator {
        var emulator = Emulator(width: width, height: height)
        emulator.feed(Array(text.utf8))
        return emulator
    }

    @Test(
        arguments: [
            ("ab\u{1b}[2;3HX", ["ab", "  X"]), ("12345678X", ["12345678", "X"]), ("12345678\rX", ["X2345678"]),
            ("abcd\u{1b}[1;2H\u{1b}[2X", ["a  d"]), ("abcd\u{1b}[1;2H\u{1b}[2P", ["ad"]),
            ("abcd\u{1b}[1;2H\u{1b}[2@", ["a  bcd"]), ("a\r\nb\r\nc\r\nd", ["b", "c", "d"]),
            ("a\r\nb\u{1b}[1;1H\u{1b}[L", ["", "a", "b"]), ("a\r\nb\u{1b}[1;1H\u{1b}[M", ["b"]),
            ("a\r\nb\r\nc\u{1b}[1;2r\u{1b}[2;1H\nX", ["b", "X", "c"]), ("-\u{1b}[4b", ["-----"]),
            ("ab\u{1b}[1;1H\u{1b}[4hX\u{1b}[4lY", ["XYb"]), ("\u{1b}(0qx\u{1b}(Bq", ["─│q"]), ("a\tb", ["a      b"]),
            ("漢x\u{1b}[1;2HY", [" Yx"]), ("1234567漢", ["1234567", "漢"]), ("e\u{301}x", ["e\u{301}x"]),
            ("abc\u{1b}[1;2H\u{1b}[K", ["a"]), ("abc\u{1b}[1;2H\u{1b}[1K", ["  c"]), ("abc\u{1b}[2J", [""]),
            ("a\u{1b}[?1049hb\u{1b}[?1049l", ["a"]),
        ] as [(String, [String])]
    )
    func sequencesDoWhatTheStandardsSay(_ text: String, _ rows: [String]) {
        let emulator = screen(text)
        #expect(emulator.unknown == [])
        for row in 0..<3 {
            let wanted = row < rows.count ? rows[row] : ""
            #expect(trimmed(emulator.text(row: row)) == wanted, "row \(row)")
        }
    }

    @Test func looksAreWhatWasSaid() {
        let emulator = screen(
            "\u{1b}[1;2;4;7;38;5;203;48;5;16mA\u{1b}[22;24;27;39;49mB\u{1b}[31;44mC\u{1b}[92mD\u{1b}[mE"
        )
        #expect(emulator[0, 0].style.flags == [.bold, .dim, .underline, .reverse])
        #expect(emulator[0, 0].style.foreground == 203 && emulator[0, 0].style.background == 16)
        #expect(emulator[0, 1].style == Style() && emulator[0, 4].style == Style())
        #expect(emulator[0, 2].style.foreground == 1 && emulator[0, 2].style.background == 4)
        #expect(emulator[0, 3].style.foreground == 10)
    }

    @Test func whatItDoesNotKnowItSays() {
        #expect(screen("\u{1b}[5y").unknown == ["CSI 5y"])
        #expect(screen("\u{1b}[?77h").unknown == ["CSI ?77h"])
        #expect(screen("\u{1b}]52;c;x\u{07}").unknown == ["OSC 52;c;x"])
        #expect(!screen("\u{01}").unknown.isEmpty)
    }

    static let installedTmux: String? = ["/usr/bin/tmux", "/usr/local/bin/tmux"].first { access($0, X_OK) == 0 }

    /// Random sequences, as programs send them; both screens must show the same text.
    @Test(.enabled(if: installedTmux != nil), arguments: 1...6 as ClosedRange<UInt64>)
    func itAgreesWithTmux(_ seed: UInt64) throws {
        var source = Seeded(state: seed)
        let text = (0..<400).map { _ in EmulatorTests.sequence(&source) }.joined()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("estop-tmux-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("text").path
        let socket = directory.appendingPathComponent("socket").path
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let emulator = screen(text, width: 40, height: 12)
        let ours = (0..<12).map { trimmed(emulator.text(row: $0)) }
        let server = "LC_ALL=C.UTF-8 TERM=xterm SHELL=/bin/sh tmux -u -S '\(socket)' -f /dev/null"
        let pane = "stty raw -echo; cat \(file); tmux -S \(socket) wait-for -S done; sleep 60"
        defer { _ = output(of: "\(server) kill-server") }
        _ = output(of: "\(server) new-session -d -x 40 -y 12 '\(pane)'; \(server) wait-for done")
        // What was written before the signal may still be on its way through the server.
        var theirs: [String] = []
        for _ in 0..<100 where theirs != ours {
            theirs = output(of: "\(server) capture-pane -p").split(separator: "\n", omittingEmptySubsequences: false)
                .prefix(12).map { trimmed(String($0)) }
            theirs += Array(repeating: "", count: 12 - theirs.count)
        }
        #expect(theirs == ours, "seed \(seed)")
        #expect(emulator.unknown == [])
    }

    /// What a command of the shell prints.
    private func output(of command: String) -> String {
        // A worker's thread blocks signals, and its children would.
        var none = sigset_t()
        var kept = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &kept)
        defer { pthread_sigmask(SIG_SETMASK, &kept, nil) }
        guard let pipe = popen("(\(command)) 2>&1 </dev/null", "r") else { return "" }
        defer { pclose(pipe) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        var text: [UInt8] = []
        while case let count = fread(&bytes, 1, bytes.count, pipe), count > 0 { text += bytes[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Where terminals differ (half a wide character erased, REP beyond the end of a line, lines
    /// inserted outside the region that scrolls) nothing goes.
    private static func sequence(_ source: inout Seeded) -> String {
        let count = Int.random(in: 1...9, using: &source)
        let place = "\u{1b}[\(Int.random(in: 1...8, using: &source));\(Int.random(in: 1...40, using: &source))H"
        switch Int.random(in: 0..<20, using: &source) {
        case 0..<7: return place + "abcdefghijklmno".prefix(count)
        case 7:
            let column = 2 * Int.random(in: 0...15, using: &source) + 1
            return "\u{1b}[\(Int.random(in: 9...12, using: &source));\(column)H漢字"
        case 8: return place + "e\u{301}"
        case 9: return place + "ab\rc"
        case 10: return place + "\n\nx"
        case 11: return place + "\u{1b}[\(count)\("ABCDGd".randomElement(using: &source) ?? "A")\u{1b}[K"
        case 12: return place + "\u{1b}[\(Int.random(in: 0...2, using: &source))K"
        case 13, 14: return place + "\u{1b}[\(count)\("X@P".randomElement(using: &source) ?? "X")"
        case 15:
            return "\u{1b}[\(Int.random(in: 4...5, using: &source));3H"
                + "\u{1b}[\(count)\("LM".randomElement(using: &source) ?? "L")"
        case 16: return "\u{1b}[\(Int.random(in: 1...4, using: &source));\(Int.random(in: 5...8, using: &source))r"
        case 17: return place + "\r-\u{1b}[\(count)b"
        case 18: return place + "\u{1b}[4hxy\u{1b}[4l"
        default: return place + "\u{1b}M"
        }
    }

    func trimmed(_ row: String) -> String {
        var row = row
        while row.last == " " { row.removeLast() }
        return row
    }
}
