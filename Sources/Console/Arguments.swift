/// What the command line says, once `CommandTable.parse` has accepted it: every value is of its option's kind, every
/// required one is there.
public struct Arguments: Sendable, Equatable {
    /// The command's name in the table, whatever alias was typed; nil: no command, which is the dashboard.
    public internal(set) var command: String?
    /// The words after `--` of a command that takes a rest.
    public internal(set) var rest: [String] = []
    /// Whether help is asked for: nothing else may be done then, and required values may be missing.
    public internal(set) var wantsHelp = false

    var positionals: [String: String] = [:]
    var values: [String: [String]] = [:]
    var flags: Set<String> = []
    /// The words that name the command whose help is asked for: a whole name or its beginning.
    var topic: [String] = []

    /// The process's arguments without the program's name.
    ///
    /// Bytes that are not UTF-8 arrive as U+FFFD: a halt's reason may be damaged, but never refuses the halt.
    public static var ofProcess: [String] { Array(CommandLine.arguments.dropFirst()) }

    /// The positional of that name (`REASON`); nil when it was not given or is empty.
    public func positional(_ name: String) -> String? { positionals[name] }

    /// Whether the flag of that name (without dashes) was given.
    public func flag(_ name: String) -> Bool { flags.contains(name) }

    /// The value of an option that stands at most once.
    public func value(_ name: String) -> String? { values[name]?.last }

    /// The values of a repeatable option, in order.
    public func values(_ name: String) -> [String] { values[name] ?? [] }

    /// The milliseconds of a duration.
    public func duration(_ name: String) -> UInt64? { value(name).flatMap(DurationText.milliseconds(_:)) }

    /// The whole number of an option.
    public func integer(_ name: String) -> Int? { value(name).flatMap { Int($0) } }

    /// The `KEY=VALUE` pairs of an option, in order, split at the first `=`.
    public func pairs(_ name: String) -> [(key: String, value: String)] {
        values(name).compactMap { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            return (String(parts[0]), String(parts[1]))
        }
    }

    /// `--state DIR`.
    public var state: String? { value("state") }
    /// `--config FILE`.
    public var config: String? { value("config") }
    /// `--json`.
    public var json: Bool { flag("json") }
}
