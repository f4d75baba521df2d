extension CommandTable {
    /// Reads the arguments by the table.
    ///
    /// Options may stand anywhere before `--`, global ones before the command too. After `--` nothing is an option.
    ///
    /// - Parameter words: The arguments without the program's name.
    /// - Throws: `UsageError` for whatever the table does not have, is missing, surplus, empty or of the wrong kind.
    public func parse(_ words: [String]) throws(UsageError) -> Arguments {
        var reading = ArgumentReading(table: self, words: words)
        return try reading.run()
    }
}

/// One pass over the words, from the left to the right, and the checks that need the whole.
private struct ArgumentReading {
    let table: CommandTable
    let words: [String]
    var at = 0
    var result = Arguments()
    var command: CommandTable.Command?
    /// The first words of a command's name of several words.
    var nameSoFar: [String] = []
    var positionals: [String] = []
    var optionsEnded = false

    init(table: CommandTable, words: [String]) {
        self.table = table
        self.words = words
    }

    var takesRest: Bool { command?.positionals.contains { $0.kind == .rest } ?? false }

    var implied: CommandTable.Command? { table.commands.first { $0.name == table.implied } }

    /// Before a command is named, those of the implied one count too; in the end only its own may have been used.
    var options: [CommandTable.Option] { table.options + ((command ?? implied)?.options ?? []) }

    mutating func run() throws(UsageError) -> Arguments {
        while at < words.count {
            let word = words[at]
            at += 1
            if optionsEnded && takesRest {
                result.rest.append(word)
            } else if optionsEnded || !word.hasPrefix("-") || word == "-" {
                try bare(word)
            } else if word == "--" {
                optionsEnded = true
            } else if word.hasPrefix("--") {
                try long(word)
            } else {
                try short(word)
            }
        }
        try settle()
        result.command = command?.name
        result.wantsHelp = result.wantsHelp || result.flags.contains("help")
        result.topic = command.map { [$0.name] } ?? nameSoFar
        try checkPaths()
        if !result.wantsHelp { try finish() }
        return result
    }

    /// Takes the implied command where none was named: always, but where only the program's own help is asked for.
    private mutating func settle() throws(UsageError) {
        let used = result.flags.union(result.values.keys)
        if let command {
            let known = Set((table.options + command.options).map(\.name))
            if let foreign = used.subtracting(known).sorted().first { throw unknownOption(foreign) }
            return
        }
        let isHelp = result.wantsHelp || used.contains("help")
        let usesImplied = used.contains { name in !table.options.contains { $0.name == name } }
        if nameSoFar.isEmpty, !isHelp || usesImplied { command = implied }
    }

    // MARK: - Words without a dash

    private mutating func bare(_ word: String) throws(UsageError) {
        if let command {
            try more(word, of: command)
            return
        }
        if nameSoFar.isEmpty, word == "help", !table.commands.contains(where: { $0.names.contains("help") }) {
            result.wantsHelp = true
            return
        }
        let name = (nameSoFar + [word]).joined(separator: " ")
        if let found = table.commands.first(where: { $0.names.contains(name) }) {
            command = found
            return
        }
        if table.commands.contains(where: { $0.names.contains { $0.hasPrefix(name + " ") } }) {
            nameSoFar.append(word)
            return
        }
        throw unknownCommand(word)
    }

    /// A word after a command's name: a name may go on (`alerts` lists, `alerts silence` does something else).
    private mutating func more(_ word: String, of found: CommandTable.Command) throws(UsageError) {
        guard positionals.isEmpty, !optionsEnded else {
            positionals.append(word)
            return
        }
        if let longer = table.commands.first(where: { $0.names.contains("\(found.name) \(word)") }) {
            command = longer
        } else if found.positionals.isEmpty, !continuations(of: found.name).isEmpty {
            nameSoFar = found.name.split(separator: " ").map(String.init)
            throw unknownCommand(word)
        } else {
            positionals.append(word)
        }
    }

    private func unknownCommand(_ word: String) -> UsageError {
        let begun = nameSoFar.joined(separator: " ")
        let known = continuations(of: begun)
        let prefix = begun.isEmpty ? "\(table.program) " : "\(table.program) \(begun) "
        let whole = begun.isEmpty ? word : "\(begun) \(word)"
        if let question = Suggestion.question(for: word, among: known, prefix: prefix) {
            return UsageError("there is no command '\(whole)': \(question)")
        }
        if begun.isEmpty {
            return UsageError("there is no command '\(whole)': type \(table.program) --help for all of them")
        }
        return UsageError("there is no command '\(whole)': type \(prefix)\(known.joined(separator: "|"))")
    }

    /// The next words of all names that begin so.
    private func continuations(of begun: String) -> [String] {
        var known: [String] = []
        for name in table.commands.flatMap(\.names) {
            guard begun.isEmpty || name.hasPrefix(begun + " ") else { continue }
            let tail = begun.isEmpty ? name[...] : name.dropFirst(begun.count + 1)
            let next = String(tail.prefix { $0 != " " })
            if !known.contains(next) { known.append(next) }
        }
        return known
    }

    // MARK: - Options

    private mutating func long(_ word: String) throws(UsageError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        guard let option = options.first(where: { $0.name == name }) else { throw unknownOption(name) }
        try take(option, inline: parts.count == 2 ? String(parts[1]) : nil)
    }

    private mutating func short(_ word: String) throws(UsageError) {
        let letters = word.dropFirst()
        guard letters.count == 1, let option = options.first(where: { $0.short == letters.first }) else {
            if let option = options.first(where: { $0.name == letters.prefix { $0 != "=" } }) {
                throw UsageError("'\(word)' has one dash: type --\(option.name)")
            }
            let hint = command == nil ? "options begin with --" : "text that begins with - goes after --"
            throw UsageError("unknown option '\(word)': \(hint) (\(table.program) --help)")
        }
        try take(option, inline: nil)
    }

    private mutating func take(_ option: CommandTable.Option, inline: String?) throws(UsageError) {
        if case .flag = option.kind {
            guard inline == nil else { throw UsageError("--\(option.name) takes no value: type --\(option.name)") }
            guard result.flags.insert(option.name).inserted else { throw repeated(option) }
            return
        }
        var value = inline
        if value == nil, at < words.count, words[at] == "-" || !words[at].hasPrefix("-") {
            value = words[at]
            at += 1
        }
        guard let value else {
            var message = "--\(option.name) needs a value: type \(option.usage)"
            if at < words.count { message += " (or --\(option.name)=VALUE for one that begins with -)" }
            throw UsageError(message)
        }
        guard !value.isEmpty else { throw UsageError("--\(option.name) has an empty value: type \(option.usage)") }
        guard option.isRepeatable || result.values[option.name] == nil else { throw repeated(option) }
        try check(value, of: option)
        result.values[option.name, default: []].append(value)
    }

    private func repeated(_ option: CommandTable.Option) -> UsageError {
        UsageError("--\(option.name) is given twice: type it once")
    }

    private func check(_ value: String, of option: CommandTable.Option) throws(UsageError) {
        let wrong = "--\(option.name) '\(value)'"
        switch option.kind {
        case .flag, .text: return
        case .duration:
            guard DurationText.milliseconds(value) == nil else { return }
            throw UsageError("\(wrong) is no duration: type one like \(DurationText.examples)")
        case .integer(let range):
            if let number = Int(value), range.contains(number) { return }
            throw UsageError("\(wrong) is no whole number from \(range.lowerBound) to \(range.upperBound): type one")
        case .choice(let choices):
            guard !choices.contains(value) else { return }
            let all = choices.joined(separator: ", ")
            if let near = Suggestion.nearest(to: value, among: choices) {
                throw UsageError("\(wrong) is none of \(all): did you mean --\(option.name) \(near)?")
            }
            throw UsageError("\(wrong) is none of them: type one of \(all)")
        case .pair(let placeholder):
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw UsageError("\(wrong) is incomplete: type --\(option.name) \(placeholder)")
            }
        }
    }

    private func unknownOption(_ name: String) -> UsageError {
        if command == nil,
            let owner = table.commands.first(where: { $0.options.contains { $0.name == name } })
        {
            return UsageError("--\(name) goes after its command: type \(table.program) \(owner.name) --\(name)")
        }
        let place = command.map { " of \(table.program) \($0.name)" } ?? ""
        if let question = Suggestion.question(for: name, among: options.map(\.name), prefix: "--") {
            return UsageError("unknown option '--\(name)'\(place): \(question)")
        }
        let topic = command.map { "\(table.program) \($0.name)" } ?? table.program
        return UsageError("unknown option '--\(name)'\(place): type \(topic) --help for those there are")
    }

    // MARK: - The whole

    /// A path that arrived damaged would name another file: halting or resuming the wrong desk is worse than refusing.
    private func checkPaths() throws(UsageError) {
        for name in ["state", "config"] {
            for value in result.values(name) where value.unicodeScalars.contains("\u{fffd}") {
                throw UsageError("--\(name) '\(value)' is not UTF-8: rename the file, or reach it by a link")
            }
        }
    }

    private mutating func finish() throws(UsageError) {
        guard let command else {
            if !nameSoFar.isEmpty {
                let begun = nameSoFar.joined(separator: " ")
                let next = continuations(of: begun).joined(separator: "|")
                throw UsageError("'\(begun)' is not a whole command: type \(table.program) \(begun) \(next)")
            }
            return
        }
        let usage = "type \(table.synopsis(of: command))"
        var left = positionals[...]
        for positional in command.positionals {
            if positional.kind == .rest {
                guard !result.rest.isEmpty, result.rest.first != "" else {
                    throw UsageError("\(table.program) \(command.name) needs \(positional.name) after --: \(usage)")
                }
                continue
            }
            var text = left.popFirst() ?? ""
            if positional.kind.takesAllWords {
                text = ([text] + left).filter { !$0.isEmpty }.joined(separator: " ")
                left = []
            }
            if !text.isEmpty {
                result.positionals[positional.name] = text
            } else if positional.kind.isRequired {
                throw UsageError("\(table.program) \(command.name) needs \(positional.name): \(usage)")
            }
        }
        if let surplus = left.first { throw self.surplus(surplus, of: command) }
        for option in command.options where option.isRequired && result.values[option.name] == nil {
            throw UsageError("\(table.program) \(command.name) needs \(option.usage): \(usage)")
        }
    }

    private func surplus(_ word: String, of command: CommandTable.Command) -> UsageError {
        let start = "'\(word)' is one argument too many: type"
        if takesRest { return UsageError("\(start) -- before the program, as in \(table.synopsis(of: command))") }
        return UsageError("\(start) \(table.synopsis(of: command))")
    }
}
