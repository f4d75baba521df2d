import Glibc

/// The variables of the environment, as a value: tests pass their own.
public struct Environment: Sendable {
    private let fixed: [String: String]?

    /// The environment of the process, read when asked.
    public static let process = Environment(fixed: nil)

    private init(fixed: [String: String]?) { self.fixed = fixed }

    /// An environment of just these variables.
    ///
    /// - Parameter variables: Values by name.
    public init(_ variables: [String: String]) { fixed = variables }

    /// The value of a variable; nil when it is not set or empty, which a shell's unset variable easily makes it.
    public subscript(name: String) -> String? {
        let value = if let fixed { fixed[name] } else { getenv(name).map { String(cString: $0) } }
        guard let value, !value.isEmpty else { return nil }
        return value
    }
}
