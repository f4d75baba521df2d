import CTerminal

/// How a role looks: colours as curses numbers them (-1: the terminal's own) and attributes.
struct Look: Equatable, Sendable {
    var foreground: Int32 = -1
    var background: Int32 = -1
    var attributes: Int32 = 0

    init(_ foreground: Int32 = -1, on background: Int32 = -1, _ attributes: Int32 = 0) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }
}

/// The attributes by their names in theme files. Blinking is not one of them: nothing on this screen blinks.
enum LookAttribute: String, CaseIterable {
    case bold
    case dim
    case underline
    case reverse

    /// Its bit for `term_put`.
    var bit: Int32 {
        switch self {
        case .bold: Int32(TERM_BOLD)
        case .dim: Int32(TERM_DIM)
        case .underline: Int32(TERM_UNDERLINE)
        case .reverse: Int32(TERM_REVERSE)
        }
    }
}
