/// What a piece of output means; the colour follows from it.
public enum TextRole: Sendable, CaseIterable {
    /// Nothing special.
    case plain
    /// Headings.
    case strong
    /// Less important, or stale.
    case dim
    /// As it should be.
    case good
    /// Needs a look.
    case caution
    /// Needs somebody now.
    case bad

    var code: String {
        switch self {
        case .plain: ""
        case .strong: "1"
        case .dim: "2"
        case .good: "32"
        case .caution: "33"
        case .bad: "1;31"
        }
    }
}

/// Whether output has colours, and how.
public struct TextStyle: Sendable, Equatable {
    /// Whether colours are written at all.
    public var hasColour: Bool

    /// No colours.
    public static let plain = TextStyle(hasColour: false)

    /// Creates a style.
    public init(hasColour: Bool) { self.hasColour = hasColour }

    /// The style for an output: coloured on a terminal that is not `dumb`, unless NO_COLOR is set and not empty.
    ///
    /// - Parameters:
    ///   - output: Where the text goes.
    ///   - environment: NO_COLOR and TERM.
    public init(for output: Output, environment: Environment = .process) {
        self.init(isTerminal: output.isTerminal, environment: environment)
    }

    init(isTerminal: Bool, environment: Environment) {
        hasColour = isTerminal && environment["NO_COLOR"] == nil && environment["TERM"] ?? "dumb" != "dumb"
    }

    /// The text in the colour of its role; its own control characters are made visible.
    public func paint(_ text: String, _ role: TextRole) -> String {
        let text = VisibleText.line(text)
        return hasColour && role != .plain ? "\u{1b}[\(role.code)m\(text)\u{1b}[0m" : text
    }
}
