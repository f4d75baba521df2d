internal import KillSwitch

/// The command line of a halt, read so that it never refuses: whatever is not understood halts everything.
///
/// Invariants (ConsoleTests/HaltWordsTests):
/// - any words are read; nothing throws;
/// - an unknown or misspelt option, mode or scope gives a halt of everything, and a problem that says so;
/// - every word that is not an option is part of the reason, quoted or not.
public struct HaltWords: Sendable {
    /// What was understood: the state directory, the configuration, `--json`, `--wait`, `--mode` and `--scope`.
    public private(set) var arguments = Arguments()
    /// Why trading is halted; nil: no reason was given.
    public private(set) var reason: String?
    /// What was not understood, each in a sentence with what it did instead.
    public private(set) var problems: [String] = []
    /// Whether something was not understood that may have said what to halt: then everything is halted.
    public private(set) var haltsEverything = false

    private var parts: [String] = []
    private var given: [String] = []
    private var optionsEnded = false
    private let names: [String]
    private let options: [CommandTable.Option]

    /// Reads the words.
    ///
    /// - Parameters:
    ///   - words: The arguments without the program's name, the command's own name included.
    ///   - command: The halting command.
    ///   - table: The table that it stands in.
    public init(_ words: [String], of command: CommandTable.Command, in table: CommandTable) {
        names = command.names
        options = table.options + command.options
        arguments.command = command.name
        read(words)
        let words = parts.joined(separator: " ")
        let text = (given + (words.isEmpty ? [] : [words])).joined(separator: ": ")
        reason = text.allSatisfy(\.isWhitespace) ? nil : text
        // Help is for who asks for nothing else: whoever gave a reason or a scope meant a halt.
        if arguments.flag("help") || arguments.flag("version"), reason != nil || !problems.isEmpty {
            problem("--help stands beside other words")
            arguments.flags.subtract(["help", "version"])
        }
        arguments.wantsHelp = arguments.flag("help")
        arguments.topic = [command.name]
        if haltsEverything {
            arguments.values["scope"] = nil
            arguments.values["mode"] = nil
        }
    }

    /// Whether a command line halts: its first word that is no option, nor an option's value, is a name of `command`. An
    /// unknown option may have a value, so that `--stat DIR halt` halts.
    ///
    /// - Parameters:
    ///   - words: The arguments without the program's name.
    ///   - command: The halting command.
    ///   - takesValue: The options that have a value and may stand before a command, with their dashes.
    ///   - flags: Those that have none.
    public static func halts(
        _ words: [String],
        _ command: CommandTable.Command,
        takesValue: [String],
        flags: [String]
    ) -> Bool {
        halting(words, command, takesValue: takesValue, flags: flags) != nil
    }

    /// The same words with the command's own name in its place, as `init` reads them; nil: they do not halt. `HALT`, `--halt`
    /// and a quoted `"halt exchange is down"` are meant as the command, too.
    public static func halting(
        _ words: [String],
        _ command: CommandTable.Command,
        takesValue: [String],
        flags: [String]
    ) -> [String]? {
        var at = 0
        while at < words.count, words[at].hasPrefix("-"), meant(words[at], command) == nil {
            let option = words[at]
            at += 1
            guard at < words.count, option != "--", !option.contains("="), !flags.contains(option) else { continue }
            // The value of an option, be it known or not.
            let isName = meant(words[at], command) != nil
            if takesValue.contains(option) || (!words[at].hasPrefix("-") && !isName) { at += 1 }
        }
        guard at < words.count, let named = meant(words[at], command) else { return nil }
        return Array(words[..<at]) + named + Array(words[(at + 1)...])
    }

    /// What one word is where it is meant as the command: its name, and what else was quoted with it; nil: it is not.
    private static func meant(_ word: String, _ command: CommandTable.Command) -> [String]? {
        var rest = word.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !rest.isEmpty else { return nil }
        let first = rest.removeFirst()
        let parts = first.drop { $0 == "-" }.split(separator: "=", maxSplits: 1)
        guard let name = parts.first?.lowercased(), command.names.contains(name) else { return nil }
        // Only an option has a value: `halt=x` is some other word.
        guard parts.count == 1 || first.hasPrefix("-") else { return nil }
        let value = parts.dropFirst().map { String($0) }
        return [name] + value + rest
    }

    /// What was not understood and what was done about it, for people; empty where all was understood.
    public var warnings: [String] {
        guard !problems.isEmpty else { return [] }
        return problems.map { haltsEverything ? "\($0): EVERYTHING is halted" : $0 }
    }

    // MARK: - Reading

    private mutating func read(_ words: [String]) {
        var rest = words[...]
        var isNamed = false
        while let word = rest.popFirst() {
            if optionsEnded || !HaltWords.isOption(word) {
                if !isNamed, !optionsEnded, names.contains(word) {
                    isNamed = true
                } else if !word.isEmpty {
                    parts.append(word)
                }
            } else if word == "--" {
                optionsEnded = true
            } else {
                option(word, &rest)
            }
        }
    }

    /// A lone dash and what begins like a number (`-5 %`) are words.
    private static func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), let next = word.dropFirst().first else { return false }
        return !next.isNumber && !next.isWhitespace && next != "."
    }

    private mutating func option(_ word: String, _ rest: inout ArraySlice<String>) {
        let cut = word.drop { $0 == "-" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = cut.first.map(String.init) ?? ""
        let inline = cut.count == 2 ? String(cut[1]) : nil
        let isShort = !word.hasPrefix("--")
        let exact = options.first { isShort ? $0.short.map(String.init) == name : $0.name == name }
        guard let option = exact else {
            unknown(word, name, inline, &rest)
            return
        }
        if case .flag = option.kind {
            arguments.flags.insert(option.name)
            if inline != nil { problem("--\(option.name) takes no value") }
            return
        }
        if option.name == "wait" { return wait(inline, &rest) }
        let value = inline ?? HaltWords.takeValue(&rest)
        guard let value, !value.isEmpty else {
            return problem("--\(option.name) has no value", isHarmless: option.name == "reason")
        }
        take(value, for: option)
    }

    /// How long to wait says nothing of what to halt, and a word that is no duration belongs to the reason.
    private mutating func wait(_ inline: String?, _ rest: inout ArraySlice<String>) {
        let value = inline ?? rest.first ?? ""
        guard DurationText.milliseconds(value) != nil else {
            return problem("--wait needs a duration: type one like \(DurationText.examples)", isHarmless: true)
        }
        if inline == nil { rest.removeFirst() }
        arguments.values["wait"] = [value]
    }

    private mutating func take(_ value: String, for option: CommandTable.Option) {
        switch option.name {
        case "reason":
            given.append(value)
            return
        case "scope":
            do { _ = try Scope(value) } catch { return problem("--scope: \(error.message)") }
        default:
            if case .choice(let choices) = option.kind, !choices.contains(value) {
                return problem("--\(option.name) '\(value)' is none of \(choices.joined(separator: ", "))")
            }
            if value.unicodeScalars.contains("\u{fffd}"), case .text = option.kind {
                problem("--\(option.name) '\(value)' is not UTF-8")
            }
        }
        if let before = arguments.value(option.name), before != value { problem("--\(option.name) is given twice") }
        arguments.values[option.name] = [value]
    }

    private mutating func unknown(_ word: String, _ name: String, _ inline: String?, _ rest: inout ArraySlice<String>) {
        let near = Suggestion.nearest(to: name, among: options.map(\.name))
        problem("there is no option \(word)" + (near.map { " (did you mean --\($0)?)" } ?? ""))
        // Which desk was meant is taken from a misspelt option too: another one would be halted otherwise.
        if near == "state" || near == "config", let near, arguments.value(near) == nil,
            let value = inline ?? HaltWords.takeValue(&rest)
        {
            arguments.values[near] = [value]
        }
    }

    private static func takeValue(_ rest: inout ArraySlice<String>) -> String? {
        guard let next = rest.first, !isOption(next) else { return nil }
        return rest.popFirst()
    }

    private mutating func problem(_ text: String, isHarmless: Bool = false) {
        problems.append(VisibleText.line(text))
        if !isHarmless { haltsEverything = true }
    }
}
