import CTerminal
import Dashboard

/// How a role looks: colours as curses numbers them (-1: the terminal's own) and attributes.
struct Look: Equatable {
    var foreground: Int32 = -1
    var background: Int32 = -1
    var attributes: Int32 = 0

    init(_ foreground: Int32 = -1, on background: Int32 = -1, _ attributes: Int32 = 0) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }
}

/// Roles to looks. Three tables in one: 256 colours, 16 (of which only the first eight are used, so that eight are
/// enough), and none. The words carry the meaning; this only makes them quicker to find.
struct Theme {
    /// What the terminal has, and the operator wants.
    enum Depth: Equatable {
        case mono
        case sixteen
        case many
    }

    private let looks: [Look]

    init(_ depth: Depth) {
        looks = Role.allCases.map { role in
            let (many, sixteen, mono) = Theme.row(role)
            return switch depth {
            case .many: many
            case .sixteen: sixteen
            case .mono: Look(-1, on: -1, mono)
            }
        }
    }

    /// The depth for so many colours.
    static func depth(colors: Int, mono: Bool) -> Depth {
        if mono || colors < 8 { return .mono }
        return colors >= 256 ? .many : .sixteen
    }

    subscript(role: Role) -> Look { looks[Int(role.rawValue)] }

    private static func row(_ role: Role) -> (many: Look, sixteen: Look, mono: Int32) {
        let bold = Int32(TERM_BOLD)
        let dim = Int32(TERM_DIM)
        let under = Int32(TERM_UNDERLINE)
        let reverse = Int32(TERM_REVERSE)
        return switch role {
        case .text, .dialog: (Look(), Look(), 0)
        case .mark: (Look(16, on: 226, bold), Look(0, on: 3, bold), reverse | under | bold)
        case .border: (Look(240), Look(), dim)
        case .borderFocused: (Look(39, on: -1, bold), Look(6, on: -1, bold), bold)
        case .levelInfo: (Look(38), Look(6), 0)
        case .levelWarning: (Look(172, on: -1, bold), Look(3, on: -1, bold), bold)
        case .levelCritical: (Look(203, on: -1, bold), Look(1, on: -1, bold), bold | under)
        case .levelEmergency: (Look(231, on: 160, bold), Look(7, on: 1, bold), reverse | bold)
        case .selected: (Look(39, on: -1, bold), Look(6, on: -1, bold), bold)
        case .dim: (Look(244), Look(), 0)
        case .label: (Look(246), Look(6), 0)
        case .title, .dialogTitle: (Look(-1, on: -1, bold), Look(-1, on: -1, bold), bold)
        case .titleFocused: (Look(39, on: -1, bold | under), Look(6, on: -1, bold | under), bold | under)
        case .trading: (Look(34, on: -1, bold), Look(2, on: -1, bold), bold)
        case .paper: (Look(38, on: -1, bold), Look(6, on: -1, bold), bold | under)
        case .reduceOnly: (Look(178, on: -1, bold), Look(3, on: -1, bold), bold | under)
        case .halting: (Look(16, on: 208, bold), Look(0, on: 3, 0), reverse | under)
        case .halted: (Look(231, on: 160, bold), Look(7, on: 1, bold), reverse | bold)
        case .unknown: (Look(231, on: 127, bold), Look(7, on: 5, bold), reverse | bold)
        case .good: (Look(34), Look(2), 0)
        case .warning, .notice: (Look(172, on: -1, bold), Look(3, on: -1, bold), bold)
        case .bad: (Look(203, on: -1, bold), Look(1, on: -1, bold), bold)
        case .stale, .lost: (Look(242, on: -1, dim), Look(-1, on: -1, dim), dim)
        case .key: (Look(-1, on: -1, bold), Look(-1, on: -1, bold), bold)
        case .focused: (Look(39, on: -1, bold | under), Look(6, on: -1, bold | under), bold | under)
        case .field: (Look(-1, on: -1, under), Look(-1, on: -1, under), under)
        }
    }
}
