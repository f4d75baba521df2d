extension Configuration {
    /// The bytes that a configuration may have.
    static let fileLimit = 256 * 1024

    /// Reads the configuration of a desk; an empty file is none: `--config FILE`, else ESTOP_CONFIG, else `estop.toml` in the state directory,
    /// else `$XDG_CONFIG_HOME/estop/estop.toml` (by default `~/.config/...`), else the defaults.
    ///
    /// - Parameters:
    ///   - named: The value of `--config`.
    ///   - state: The state directory.
    ///   - environment: Where ESTOP_CONFIG, XDG_CONFIG_HOME and HOME come from.
    /// - Throws: `ConfigurationError` when a file that was named does not exist, or one that exists cannot be used: one
    ///   that cannot be read never counts as absent.
    public static func load(
        named: String?,
        state: String,
        environment: Environment = .process
    ) throws(ConfigurationError) -> Configuration {
        guard let source = try source(named: named, state: state, environment: environment) else {
            return Configuration()
        }
        return try Configuration(bytes: source.bytes, file: source.file)
    }

    /// Where the HTTP API is served unless `[api] port` says otherwise.
    public static let usualAPIPort: UInt16 = 5_000

    /// Where the HTTP API of a desk is served on loopback, as far as its configuration can be read.
    ///
    /// - Parameters: as of `load`.
    public static func apiPort(named: String?, state: String, environment: Environment = .process) -> UInt16 {
        guard let source = try? source(named: named, state: state, environment: environment),
            let document = try? TOML(source.bytes),
            case .integer(let port) = document.entries.last(where: { $0.path == ["api", "port"] })?.value
        else { return usualAPIPort }
        return UInt16(exactly: port) ?? usualAPIPort
    }

    /// A file that was found, and its bytes.
    package struct Source: Sendable, Equatable {
        package var file: String
        package var bytes: [UInt8]
    }

    /// The first file that is there; nil: none is, and none was named.
    ///
    /// - Throws: as `load`.
    package static func source(
        named: String?,
        state: String,
        environment: Environment
    ) throws(ConfigurationError) -> Source? {
        if let named { return try read(named, why: "--config names it: name a file that exists") }
        if let file = environment["ESTOP_CONFIG"] {
            return try read(file, why: "ESTOP_CONFIG names it: name a file that exists, or unset it")
        }
        for file in defaultFiles(state: state, environment: environment) {
            // An empty file is none: a disk that was full, or a shell that truncated it, meant nothing by it.
            if let found = try readIfThere(file), !isEmpty(found.bytes) { return found }
        }
        return nil
    }

    /// The files that `load` looks for, in order: the first that is there counts.
    package static func files(named: String?, state: String, environment: Environment) -> [String] {
        if let named = named ?? environment["ESTOP_CONFIG"] { return [named] }
        return defaultFiles(state: state, environment: environment)
    }

    /// The files that are looked for when none is named, in order.
    static func defaultFiles(state: String, environment: Environment) -> [String] {
        let own = state + (state.hasSuffix("/") ? "" : "/") + "estop.toml"
        guard let home = environment.directory("XDG_CONFIG_HOME", inHome: ".config") else { return [own] }
        return [own, "\(home)/estop/estop.toml"]
    }

    private static func isEmpty(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { [9, 10, 13, 32].contains($0) } }

    private static func read(_ file: String, why: String) throws(ConfigurationError) -> Source {
        guard let found = try readIfThere(file) else {
            throw ConfigurationError(file: file, "there is no such file, but \(why)")
        }
        guard !isEmpty(found.bytes) else { throw ConfigurationError(file: file, "the file is empty, but \(why)") }
        return found
    }

    /// The bytes of a file; nil: there is none. One that cannot be read never counts as absent.
    package static func readIfThere(_ file: String) throws(ConfigurationError) -> Source? {
        do {
            return Source(file: file, bytes: try BoundedFile.read(file, limit: fileLimit))
        } catch {
            switch error {
            case .missing: return nil
            case .refused(let problem): throw ConfigurationError(file: file, problem)
            }
        }
    }
}

extension Environment {
    /// A directory of the XDG Base Directory Specification: the variable, unless relative, else its default in HOME.
    package func directory(_ name: String, inHome fallback: String) -> String? {
        if let directory = self[name], directory.hasPrefix("/") { return directory }
        guard let home = self["HOME"], home.hasPrefix("/") else { return nil }
        return home == "/" ? "/\(fallback)" : "\(home)/\(fallback)"
    }
}
