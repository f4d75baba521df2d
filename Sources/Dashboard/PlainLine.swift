/// One thing to say about a desk where there is no screen: a sentence without symbols, colour or layout.
public struct PlainLine: Sendable, Equatable {
    /// How much it matters. The gravest are said first.
    public enum Gravity: Int, Sendable, CaseIterable, Comparable {
        /// Trading is not as it seems, or needs a hand now.
        case alarm
        /// Something failed or stopped.
        case bad
        /// Worth a look.
        case warning
        /// As it should be.
        case news

        /// The word in JSON.
        public var word: String {
            switch self {
            case .alarm: "alarm"
            case .bad: "bad"
            case .warning: "warning"
            case .news: "news"
            }
        }

        /// The graver one is the lesser one.
        public static func < (left: Gravity, right: Gravity) -> Bool { left.rawValue < right.rawValue }
    }

    /// What it is about, in one word for programs.
    public enum Topic: String, Sendable, CaseIterable {
        /// The desk as a whole, and how fresh all of it is.
        case desk
        /// What is permitted.
        case mode
        /// The steps of a halt.
        case halt
        /// Reasons to stay halted.
        case latch
        /// Whether it is on disk.
        case record
        /// The host.
        case host
        /// A gate.
        case gate
        /// A supervisor.
        case supervisor
        /// An alert.
        case alert
        /// A position.
        case position
        /// An order.
        case order
        /// A venue.
        case venue
        /// What the operator ought to know.
        case notice
        /// The answer to something typed.
        case answer
    }

    /// How much it matters.
    public var gravity: Gravity
    /// What it is about.
    public var topic: Topic
    /// The sentence, without the time. Nothing in it can move a cursor or turn the direction of writing.
    public let text: String

    /// Creates a line; control characters and the like in the text become question marks.
    public init(_ gravity: Gravity, _ topic: Topic, _ text: String) {
        self.gravity = gravity
        self.topic = topic
        self.text = PlainText.clean(text)
    }

    /// The sentence behind its time, as in `12:00:01 UTC mode HALTED`.
    ///
    /// - Parameter wallMs: Unix time in milliseconds.
    public func spoken(wallMs: Int64) -> String { "\(Age.utc(wallMs).time) UTC \(text)" }
}

/// Texts and times for being read out.
enum PlainText {
    /// The text with a question mark for whatever a terminal would not print as itself.
    static func clean(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var out = ""
        for character in text {
            let glyph = TextWidth.glyph(character)
            for value in [glyph.base, glyph.mark] where value != 0 {
                if let scalar = Unicode.Scalar(value) { out.unicodeScalars.append(scalar) }
            }
        }
        return out
    }

    /// A span of time: `41 ms`, `8 s`, `4 min 12 s`, `3 h 5 min`, `9 d 4 h`.
    static func span(_ ms: UInt64) -> String {
        let seconds = ms / 1000
        switch seconds {
        case 0: return "\(ms) ms"
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    /// An interval that was promised: `5 s`, `250 ms`, `1500 ms`.
    static func interval(_ ms: UInt64) -> String {
        ms % 1000 == 0 && ms > 0 ? span(ms) : "\(ms) ms"
    }

    /// The time of a halt's step: `0.02 ms`, `41 ms`, `1.3 s`, `2 min 5 s`.
    static func step(_ ms: Double) -> String {
        ms >= 60_000 && ms < 1e12 ? span(UInt64(ms)) : Age.step(ms)
    }

    /// Names one after another, of a long list only the first.
    static func list(_ names: [String], most: Int = .max) -> String {
        let shown = names.prefix(most).joined(separator: ", ")
        return names.count > most ? "\(shown) and \(names.count - most) more" : shown
    }

    /// `1 gate is`, `3 gates are`.
    static func count(_ number: Int, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }

    /// The text without its spans of time (`8 s`, `4m12s`, `250 ms`), to tell whether anything but an age changed.
    static func withoutAges(_ text: String) -> String {
        let units: Set<String> = ["ms", "s", "m", "min", "h", "d"]
        var out = ""
        var rest = text[...]
        while let first = rest.first {
            guard first.isASCII, first.isNumber else {
                // A number inside a word (grid-bot2) is a name.
                let word = rest.prefix { $0.isLetter || $0 == "_" }
                let taken = word.isEmpty ? rest.prefix(1) : rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                out += taken
                rest = rest.dropFirst(taken.count)
                continue
            }
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            let behind = rest.dropFirst(digits.count).drop { $0 == " " }
            let unit = behind.prefix { $0.isLetter }
            let isAge = units.contains(String(unit))
            out += isAge ? "#" : digits
            rest = isAge ? behind.dropFirst(unit.count) : rest.dropFirst(digits.count)
        }
        return out
    }
}

/// What two lists of rows have in common, by an identity of theirs.
struct RowChanges<Row> {
    var added: [Row] = []
    var kept: [(old: Row, new: Row)] = []
    var removed: [Row] = []

    init(_ old: [Row], _ new: [Row], id: (Row) -> String) {
        // Rows that share an identity are told apart by their order.
        func keyed(_ rows: [Row]) -> [(key: String, row: Row)] {
            var seen: [String: Int] = [:]
            return rows.map { row in
                let name = id(row)
                seen[name, default: 0] += 1
                return ("\(seen[name] ?? 0) \(name)", row)
            }
        }
        let before = keyed(old)
        let after = keyed(new)
        let known = Dictionary(before.map { ($0.key, $0.row) }) { first, _ in first }
        let present = Set(after.map(\.key))
        for (key, row) in after {
            if let old = known[key] { kept.append((old, row)) } else { added.append(row) }
        }
        removed = before.filter { !present.contains($0.key) }.map(\.row)
    }
}
