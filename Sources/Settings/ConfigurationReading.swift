public import Console
import SafetyEngine

/// An estop.toml that was read and found right, as a whole: the switch's part, the desk's part, and where each value is from.
public struct ConfigurationReading: Sendable, Equatable {
    /// The part that the small executable reads too.
    public let console: Configuration
    /// Everything behind the switch.
    public let desk: DeskConfiguration
    /// The file that was read; nil: none is there, the defaults hold.
    public var file: String? { console.file }
    let builtIn: [Rule]
    let origins: [[String]: ConfigurationValue.Origin]

    var draft: Draft { Draft(desk, console, builtIn: builtIn) }

    /// Every value that holds, in the order of `estop config example`.
    public var values: [ConfigurationValue] {
        let draft = draft
        return SettingTable.places(draft).compactMap { place in
            let origin = origins[place.path] ?? .standard
            guard let shown = place.setting.shown(draft, place.name) ?? turnedOff(place.path) else { return nil }
            return ConfigurationValue(
                table: TOMLText.path(Array(place.path.dropLast())),
                key: TOMLText.key(place.path.last ?? ""),
                value: shown,
                unit: place.setting.unit(draft, place.name),
                origin: origin
            )
        }
    }

    /// A threshold that the file takes away has no value, and still holds: it is off.
    func turnedOff(_ path: [String]) -> String? { origins[path] == nil ? nil : "\"off\"" }

    /// What another reading changes, as `DeskConfiguration.differences(from:to:)` says it, the switch's part too.
    public func differences(to other: ConfigurationReading) -> [String] {
        Differences.lines(from: draft, to: other.draft)
    }

    /// What of another reading's changes takes effect only when the host starts again.
    public func differencesAtStart(to other: ConfigurationReading) -> [String] {
        Differences.lines(from: draft, to: other.draft) { $0.isForStart }
    }

    /// What a running host goes on with: the other reading, but for what takes effect only when the host starts.
    public func live(_ other: ConfigurationReading) -> DeskConfiguration {
        var draft = other.draft
        for setting in SettingTable.all where setting.isForStart { setting.copy(self.draft, "", &draft) }
        return draft.result
    }
}

/// One value of a configuration, as `estop config show` has it.
public struct ConfigurationValue: Sendable, Equatable {
    /// Where a value is from.
    public enum Origin: Sendable, Equatable {
        /// Nobody said anything else.
        case standard
        /// This line of the file.
        case file(line: Int)
        /// This variable of the environment.
        case variable(String)
    }

    /// Its table, as in the file: `exits.stop_loss`.
    public let table: String
    /// Its name.
    public let key: String
    /// The value as TOML; of secrets only what may be seen.
    public let value: String
    /// What it has to be.
    public let unit: String
    /// Where it is from.
    public let origin: Origin
}

/// An estop.toml that is refused as a whole; whatever ran before goes on.
public struct ConfigurationRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in the order of the file; at least one thing.
    public let problems: [ConfigurationError]

    init(_ problems: [ConfigurationError]) { self.problems = problems }

    /// The first problem, and how many more there are, in one line and safe to print.
    public var message: String {
        let first = problems.first?.message ?? "the configuration is refused"
        return problems.count > 1 ? "\(first) (and \(problems.count - 1) more: estop config check)" : first
    }

    /// The message.
    public var description: String { message }
}
