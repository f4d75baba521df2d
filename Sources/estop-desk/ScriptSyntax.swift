import Console
import Dashboard

/// One step of a script, and where it stands.
struct ScriptStep: Equatable {
    /// What it does.
    enum Action: Equatable {
        case press(Key)
        case paste(String)
        case wait(milliseconds: UInt64)
        case size(ScreenSize)
        case frame(String)
        case expect(String)
        case expectNot(String)
    }

    var line: Int
    /// The line as written, for errors.
    var text: String
    var action: Action
}

/// The size of a screen that nobody looks at.
struct ScreenSize: Equatable {
    var columns: Int
    var rows: Int

    static let standard = ScreenSize(columns: 120, rows: 40)
    static let largest = 1000

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// Reads `120x40`; nil for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let columns = parts[0], let rows = parts[1],
            (1...ScreenSize.largest).contains(columns), (1...ScreenSize.largest).contains(rows)
        else { return nil }
        self.init(columns: columns, rows: rows)
    }
}

/// The language of scripts: one line a step, or keys with blanks between them.
enum ScriptSyntax {
    /// How often one word may press a key.
    static let mostTimes = 10_000

    static let help = [
        "A script has one step a line: keys by the names that ? prints (K, Tab, Shift-Tab, Ctrl-K, Enter, PgDn, Down*5),",
        "several with blanks between them; 'type TEXT', 'paste TEXT', 'wait 300ms', 'size 80x24', 'frame FILE';",
        "'expect TEXT' and 'expect-not TEXT' wait for 10 s until it is, or is not, on the screen. # begins a comment.",
        "On a real desk a script's K halts it. Exit status: 0; 1 when an expectation fails, 64 for a bad line.",
    ]

    /// Reads a script.
    ///
    /// - Throws: `UsageError` for the first line that is not understood: nothing has been pressed then.
    static func parse(_ script: String) throws(UsageError) -> [ScriptStep] {
        var steps: [ScriptStep] = []
        // Windows' line ends are one character of Swift's.
        let lines = script.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            let text = String(line.drop { $0 == " " || $0 == "\t" })
            if text.isEmpty || text.hasPrefix("#") { continue }
            do {
                steps += try actions(of: text).map { ScriptStep(line: index + 1, text: text, action: $0) }
            } catch {
                throw UsageError("line \(index + 1) '\(VisibleText.line(text))': \(error.message)")
            }
        }
        return steps
    }

    private static func actions(of text: String) throws(UsageError) -> [ScriptStep.Action] {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let word = parts.first.map(String.init) ?? ""
        // What is typed is kept as it stands; elsewhere blanks at the end mean nothing.
        let raw = parts.count > 1 ? String(parts[1]) : ""
        let rest = trimmed(raw)
        switch word {
        case "type": return try needed(raw, "type TEXT").map { .press(.character($0)) }
        case "paste": return [.paste(try needed(raw, "paste TEXT"))]
        case "expect": return [.expect(try needed(rest, "expect TEXT"))]
        case "expect-not": return [.expectNot(try needed(rest, "expect-not TEXT"))]
        case "frame": return [.frame(try needed(rest, "frame FILE"))]
        case "wait":
            guard let milliseconds = DurationText.milliseconds(rest) else {
                throw UsageError("type a duration like \(DurationText.examples)")
            }
            return [.wait(milliseconds: milliseconds)]
        case "size":
            guard let size = ScreenSize(rest) else { throw UsageError("type a size like 80x24") }
            return [.size(size)]
        default: return try keys(text)
        }
    }

    private static func needed(_ text: String, _ usage: String) throws(UsageError) -> String {
        guard !text.isEmpty else { throw UsageError("type \(usage)") }
        return text
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    // MARK: - Keys

    private static func keys(_ text: String) throws(UsageError) -> [ScriptStep.Action] {
        var actions: [ScriptStep.Action] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            if word == "#" { break }
            let (name, times) = try repeated(word)
            guard let key = key(named: name) else {
                let all = names.values.map(\.name).sorted().joined(separator: ", ")
                throw UsageError("there is no key '\(name)': type one character, Ctrl-X, F1 or \(all)")
            }
            actions += Array(repeating: .press(key), count: times)
        }
        return actions
    }

    /// `Down*5` is five times Down; `*` alone is a key.
    private static func repeated(_ word: Substring) throws(UsageError) -> (name: String, times: Int) {
        guard let star = word.lastIndex(of: "*"), star != word.startIndex else { return (String(word), 1) }
        let behind = word[word.index(after: star)...]
        guard let times = Int(behind), (1...mostTimes).contains(times) else {
            throw UsageError("'\(word)': type a number from 1 to \(mostTimes) behind the *")
        }
        return (String(word[..<star]), times)
    }

    /// The key that help prints so. One character is itself; names of several letters may be in any case.
    static func key(named name: String) -> Key? {
        if name.count == 1, let character = name.first { return .character(character) }
        let lower = name.lowercased()
        if let key = names[lower] { return key }
        if lower.hasPrefix("ctrl-"), lower.count == 6, let letter = lower.last, letter.isASCII {
            return letter.isLetter || "@[\\]^_".contains(letter) ? .control(letter) : nil
        }
        if lower.hasPrefix("f"), let number = Int(lower.dropFirst()), (1...63).contains(number) {
            return .function(number)
        }
        return nil
    }

    private static let names: [String: Key] = {
        let keys: [Key] = [
            .character(" "), .enter, .tab, .backTab, .escape, .backspace, .delete, .insert, .up, .down, .left, .right,
            .home, .end, .pageUp, .pageDown,
        ]
        return Dictionary(keys.map { ($0.name.lowercased(), $0) }) { first, _ in first }
    }()
}
