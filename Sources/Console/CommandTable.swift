/// The one table of commands: arguments are read by it and the help is generated from it, so neither can promise
/// what the other does not keep.
public struct CommandTable: Sendable {
    /// The program's name, as it stands in help and errors.
    public var program: String
    /// What the program is, in one line.
    public var summary: String
    /// Options that every command takes, before or after its name.
    public var options: [Option]
    /// The commands, in the order of the help.
    public var commands: [Command]
    /// The command that is meant where none is named; its options may stand without its name.
    public var implied: String?

    /// Creates a table.
    ///
    /// - Parameters:
    ///   - program: The program's name.
    ///   - summary: What the program is, in one line.
    ///   - options: Options that every command takes.
    ///   - commands: The commands, in the order of the help.
    ///   - implied: The name of the command that is meant where none is named.
    public init(
        program: String = "estop",
        summary: String,
        options: [Option] = CommandTable.globalOptions,
        commands: [Command],
        implied: String? = nil
    ) {
        self.program = program
        self.summary = summary
        self.options = options
        self.commands = commands
        self.implied = implied
    }

    /// What every command of estop takes: `--state DIR`, `--config FILE`, `--json`, `--help` (`-h`).
    public static let globalOptions: [Option] = [
        Option("state", .text("DIR"), summary: "the desk's state directory (or ESTOP_STATE)"),
        Option("config", .text("FILE"), summary: "the configuration (or ESTOP_CONFIG)"),
        Option("json", summary: "print JSON"),
        Option("help", short: "h", summary: "show this help"),
    ]
}

extension CommandTable {
    /// A command, and who carries it out.
    public struct Entry: Sendable {
        /// The command.
        public let command: Command
        /// Carries it out, and gives its exit status.
        public let run: @Sendable (Arguments) -> Int32

        /// Creates an entry.
        public init(_ command: Command, _ run: @escaping @Sendable (Arguments) -> Int32) {
            self.command = command
            self.run = run
        }
    }

    /// One command.
    public struct Command: Sendable {
        /// The name that `Arguments.command` bears: one word, or several as in `operator add`.
        public var name: String
        /// Other names for it, of equal rank.
        public var aliases: [String]
        /// What it does, in one line.
        public var summary: String
        /// What stands after the name, in order; required ones first, a rest last.
        public var positionals: [Positional]
        /// Its own options.
        public var options: [Option]
        /// More lines for its own help, such as exit statuses.
        public var discussion: [String]

        /// Creates a command.
        ///
        /// - Parameters:
        ///   - name: One word, or several as in `operator add`.
        ///   - aliases: Other names for it.
        ///   - summary: What it does, in one line.
        ///   - positionals: What stands after the name, in order; required ones first, a rest last.
        ///   - options: Its own options.
        ///   - discussion: More lines for its own help.
        public init(
            _ name: String,
            aliases: [String] = [],
            summary: String,
            positionals: [Positional] = [],
            options: [Option] = [],
            discussion: [String] = []
        ) {
            self.name = name
            self.aliases = aliases
            self.summary = summary
            self.positionals = positionals
            self.options = options
            self.discussion = discussion
        }

        var names: [String] { [name] + aliases }
    }

    /// Something that a command takes without a dash, by its place.
    public struct Positional: Sendable {
        /// Whether it has to be there.
        public enum Kind: Sendable {
            /// Has to be there, and not empty.
            case required
            /// May be missing; an empty one counts as missing, so that a script's empty variable never refuses a halt.
            case optional
            /// Has to be there, as one word or several: whatever follows it belongs to it, quoted or not. Stands last.
            case words
            /// May be missing, else as `words`.
            case optionalWords
            /// At least one word after `--`, passed on as they are.
            case rest
        }

        /// Its name in help and errors, in capitals: `REASON`.
        public var name: String
        /// Whether it has to be there.
        public var kind: Kind

        /// Creates a positional.
        ///
        /// - Parameters:
        ///   - name: Its name in help and errors, in capitals.
        ///   - kind: Whether it has to be there.
        public init(_ name: String, _ kind: Kind = .required) {
            self.name = name
            self.kind = kind
        }
    }

    /// Something that a command takes with two dashes.
    public struct Option: Sendable {
        /// What its value has to be. Values are checked while the arguments are read: a command never starts on a bad one.
        public enum Kind: Sendable {
            /// Takes no value.
            case flag
            /// Any text but an empty one; named in help as here.
            case text(String)
            /// A duration such as `2s`, `250ms`, `5m`, `1h` or `0`.
            case duration
            /// A whole number in a range.
            case integer(ClosedRange<Int>)
            /// One of these words.
            case choice([String])
            /// `KEY=VALUE`, both not empty; named in help as here.
            case pair(String)

            /// Whether it takes no value.
            public var isFlag: Bool { if case .flag = self { true } else { false } }
        }

        /// Its name without the dashes.
        public var name: String
        /// A single letter for it, if any.
        public var short: Character?
        /// What its value has to be.
        public var kind: Kind
        /// Whether it may stand more than once.
        public var isRepeatable: Bool
        /// Whether the command refuses to start without it.
        public var isRequired: Bool
        /// What it is for, in one line.
        public var summary: String

        /// Creates an option.
        ///
        /// - Parameters:
        ///   - name: Its name without the dashes.
        ///   - short: A single letter for it, if any.
        ///   - kind: What its value has to be.
        ///   - repeatable: Whether it may stand more than once.
        ///   - required: Whether the command refuses to start without it.
        ///   - summary: What it is for, in one line.
        public init(
            _ name: String,
            short: Character? = nil,
            _ kind: Kind = .flag,
            repeatable: Bool = false,
            required: Bool = false,
            summary: String
        ) {
            self.name = name
            self.short = short
            self.kind = kind
            isRepeatable = repeatable
            isRequired = required
            self.summary = summary
        }

        /// How it may be typed, with its dashes.
        public var spellings: [String] { ["--\(name)"] + (short.map { ["-\($0)"] } ?? []) }

        /// What stands for the value in help and errors; nil for a flag.
        var placeholder: String? {
            switch kind {
            case .flag: nil
            case .text(let name), .pair(let name): name
            case .duration: "TIME"
            case .integer: "N"
            case .choice(let words): words.joined(separator: "|")
            }
        }

        /// How to type it, as in `--wait TIME`.
        var usage: String { placeholder.map { "--\(name) \($0)" } ?? "--\(name)" }
    }
}
