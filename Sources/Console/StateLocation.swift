import Glibc

/// Which state directory, and therefore which desk, a command is about.
public struct StateLocation: Sendable, Equatable {
    /// Why it is this one.
    public enum Origin: String, Sendable, CaseIterable {
        /// `--state DIR`.
        case option = "--state"
        /// The variable.
        case variable = "ESTOP_STATE"
        /// The checkout of estop that is the current directory.
        case checkout = "the checkout"
        /// `$XDG_STATE_HOME`, by default `~/.local/state`.
        case user = "the user's default"
    }

    /// The directory, from the root. It need not exist.
    public let path: String
    /// Why it is this one.
    public let origin: Origin

    /// Chooses the directory: `--state DIR`, else ESTOP_STATE, else `./state` when the current directory is a checkout of
    /// estop (it has `Package.swift` and `state/README.md`), else `$XDG_STATE_HOME/estop`, else `~/.local/state/estop`.
    ///
    /// - Parameters:
    ///   - option: The value of `--state`.
    ///   - environment: Where ESTOP_STATE, XDG_STATE_HOME and HOME come from.
    ///   - currentDirectory: Where relative paths begin; nil: that of the process.
    /// - Throws: `ConfigurationError` when nothing says which, or a relative path has nothing to begin from.
    public static func choose(
        option: String?,
        environment: Environment = .process,
        currentDirectory: String? = nil
    ) throws(ConfigurationError) -> StateLocation {
        let current = currentDirectory ?? processDirectory()
        if let option {
            return StateLocation(path: try absolute(option, current), origin: .option)
        }
        if let variable = environment["ESTOP_STATE"] {
            return StateLocation(path: try absolute(variable, current), origin: .variable)
        }
        if let current, isCheckout(current) {
            return StateLocation(path: try absolute("state", current), origin: .checkout)
        }
        guard let home = environment.directory("XDG_STATE_HOME", inHome: ".local/state") else {
            throw ConfigurationError(
                file: nil,
                "nothing says where the state directory is (HOME is not set): type --state DIR"
            )
        }
        return StateLocation(path: "\(home)/estop", origin: .user)
    }

    private static func isCheckout(_ directory: String) -> Bool {
        access("\(directory)/Package.swift", F_OK) == 0 && access("\(directory)/state/README.md", F_OK) == 0
    }

    private static func absolute(_ path: String, _ current: String?) throws(ConfigurationError) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        while path.hasPrefix("./") { path.removeFirst(2) }
        if path.hasPrefix("/") { return path }
        guard let current else {
            throw ConfigurationError(
                file: path,
                "the current directory is gone: name the state directory from the root"
            )
        }
        if path.isEmpty || path == "." { return current }
        return current == "/" ? "/\(path)" : "\(current)/\(path)"
    }

    private static func processDirectory() -> String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        let text = String(cString: path)
        // The kernel says "(unreachable)/..." for a directory outside of the root.
        return text.hasPrefix("/") ? text : nil
    }
}
