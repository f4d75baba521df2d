public import Console
public import SafetyEngine

extension DeskConfiguration {
    /// The variable that overrides [cap] most (FEATURES row C1).
    public static let capVariable = "MAX_POSITIONS_ALLOWED"

    /// Reads the configuration of a desk from the same file as `Configuration.load`, all or nothing.
    ///
    /// - Parameters:
    ///   - named: The value of `--config`.
    ///   - state: The state directory.
    ///   - environment: Where ESTOP_CONFIG, XDG_CONFIG_HOME, HOME and MAX_POSITIONS_ALLOWED come from.
    ///   - builtIn: The rules that the engine has by itself.
    /// - Throws: `ConfigurationRefusal` for a file that was named and is not there, one that cannot be read, and any key
    ///   that is unknown, of another unit or impossible: unlike a halt, a desk does not start on half of what was meant.
    public static func load(
        named: String?,
        state: String,
        environment: Environment = .process,
        builtIn: [Rule] = Rule.defaults
    ) throws(ConfigurationRefusal) -> ConfigurationReading {
        let source: Configuration.Source?
        do {
            source = try Configuration.source(named: named, state: state, environment: environment)
        } catch {
            throw ConfigurationRefusal([error])
        }
        return try read(source?.bytes ?? [], file: source?.file, environment: environment, builtIn: builtIn)
    }

    /// Reads the bytes of a file.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - file: The file's name; nil: there is none.
    ///   - environment: Where MAX_POSITIONS_ALLOWED comes from.
    ///   - builtIn: The rules that the engine has by itself.
    /// - Throws: `ConfigurationRefusal` with everything that is wrong.
    public static func read(
        _ bytes: [UInt8],
        file: String?,
        environment: Environment = .process,
        builtIn: [Rule] = Rule.defaults
    ) throws(ConfigurationRefusal) -> ConfigurationReading {
        var reader = SettingReader(file: file, builtIn: builtIn)
        do {
            reader.read(try TOML(bytes))
        } catch {
            throw ConfigurationRefusal([ConfigurationError(file: file, line: error.line, error.message)])
        }
        reader.read(environment)
        return try reader.reading()
    }

    /// What changes from one configuration to another, one line to a key: `[cap] most: 8 -> 6`. Of secrets only what may
    /// be seen is in it.
    ///
    /// - Parameters:
    ///   - old: What held.
    ///   - new: What holds now.
    ///   - builtIn: The rules that the engine has by itself.
    public static func differences(
        from old: DeskConfiguration,
        to new: DeskConfiguration,
        builtIn: [Rule] = Rule.defaults
    ) -> [String] {
        func draft(_ configuration: DeskConfiguration) -> Draft {
            var console = Configuration()
            console.desk.name = configuration.engine.deskName
            console.desk.isPaper = configuration.engine.isPaper
            return Draft(configuration, console, builtIn: builtIn)
        }
        return Differences.lines(from: draft(old), to: draft(new))
    }
}

/// What changes from one draft to another.
enum Differences {
    static func lines(from old: Draft, to new: Draft, where isAsked: (Setting) -> Bool = { _ in true }) -> [String] {
        var lines: [String] = []
        let places = SettingTable.places(old)
        let paths = Set(places.map(\.path))
        for place in places + SettingTable.places(new).filter({ !paths.contains($0.path) }) where isAsked(place.setting)
        {
            let setting = place.setting
            guard setting.written(old, place.name) != setting.written(new, place.name) else { continue }
            let before = setting.shown(old, place.name) ?? "none"
            let after = setting.shown(new, place.name) ?? "none"
            let table = TOMLText.path(Array(place.path.dropLast()))
            let key = TOMLText.key(place.path.last ?? "")
            lines.append("[\(table)] \(key): \(before) -> \(before == after ? "another that looks the same" : after)")
        }
        for table in ["supervisors", "notify", "rules"] {
            let (before, after) = (old.names(in: [table]), new.names(in: [table]))
            if before != after, before.sorted() == after.sorted() {
                lines.append("[\(table)]: another order: \(after.joined(separator: ", "))")
            }
        }
        return lines
    }
}
