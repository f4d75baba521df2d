extension CommandTable {
    /// The exit statuses of a command that describes none of its own.
    static let usualExitStatus =
        "Exit status: 0 done; 1 not done, and it says why; \(UsageError.exitStatus) the arguments are wrong."

    /// How to type a command: its name, what has to follow and what may.
    func synopsis(of command: Command) -> String {
        var words = [program, command.name]
        for positional in command.positionals where positional.kind != .rest {
            words.append(positional.kind.isRequired ? positional.name : "[\(positional.name)]")
        }
        for option in command.options {
            let dots = option.isRepeatable ? "..." : ""
            words.append((option.isRequired ? option.usage : "[\(option.usage)]") + dots)
        }
        for positional in command.positionals where positional.kind == .rest {
            words.append("-- \(positional.name)...")
        }
        return words.joined(separator: " ")
    }

    /// The help that the arguments ask for: of a command, of a group such as `operator`, or of the program.
    public func help(for arguments: Arguments) -> String {
        if let command = commands.first(where: { $0.name == arguments.command }) { return help(of: command) }
        let begun = arguments.topic.joined(separator: " ")
        let group = begun.isEmpty ? [] : commands.filter { $0.names.contains { $0.hasPrefix(begun + " ") } }
        return group.isEmpty ? help : list(group, title: "Commands of \(program) \(begun):") + "\n" + globalHelp
    }

    /// The help of the program: every command in one line.
    public var help: String {
        "\(program): \(summary)\n\n" + list(commands, title: "Commands:") + "\n" + globalHelp
            + "\n\(program) COMMAND --help says more about one.\n"
    }

    private func list(_ commands: [Command], title: String) -> String {
        let rows = commands.map { command in
            let others = command.aliases.isEmpty ? "" : " (or \(command.aliases.joined(separator: ", ")))"
            return (command.name, command.summary + others)
        }
        return "\(title)\n" + aligned(rows)
    }

    private var globalHelp: String { options.isEmpty ? "" : "Options everywhere:\n" + aligned(options.map(row)) }

    private func help(of command: Command) -> String {
        var text = "\(command.summary)\n\nUsage: \(synopsis(of: command))\n"
        if !command.aliases.isEmpty {
            text += "Also:  \(command.aliases.map { "\(program) \($0)" }.joined(separator: ", "))\n"
        }
        if !command.options.isEmpty { text += "\nOptions:\n" + aligned(command.options.map(row)) }
        let more = commands.filter { $0.name.hasPrefix(command.name + " ") }
        if !more.isEmpty { text += "\n" + list(more, title: "Further:") }
        text += "\n" + globalHelp
        if !command.discussion.isEmpty { text += "\n" + command.discussion.joined(separator: "\n") + "\n" }
        if !command.discussion.contains(where: { $0.contains("xit status") }) {
            text += "\n" + CommandTable.usualExitStatus + "\n"
        }
        return text
    }

    private func row(_ option: Option) -> (String, String) {
        let short = option.short.map { "-\($0), " } ?? ""
        return (short + option.usage, option.summary + (option.isRepeatable ? " (repeatable)" : ""))
    }

    /// Two columns; a left side too long for its column stands on a line of its own.
    private func aligned(_ rows: [(String, String)]) -> String {
        let width = min(28, rows.map { $0.0.count }.max() ?? 0)
        var text = ""
        for (left, right) in rows {
            if left.count > width {
                text += "  \(left)\n" + String(repeating: " ", count: width + 4) + "\(right)\n"
            } else {
                text += "  \(left)" + String(repeating: " ", count: width - left.count + 2) + "\(right)\n"
            }
        }
        return text
    }
}

extension CommandTable.Positional.Kind {
    /// Whether a command refuses to start without it.
    var isRequired: Bool { self == .required || self == .words }
    /// Whether it takes every word that is left.
    var takesAllWords: Bool { self == .words || self == .optionalWords }
}
