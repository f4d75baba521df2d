/// What a cell means. Views speak of roles, never of colours: the terminal's theme maps each to colours and attributes.
///
/// The one table of them: themes, golden frames and views take their vocabulary from here.
public enum Role: UInt8, Sendable, CaseIterable {
    /// Plain text.
    case text
    /// What matters less: separators, steps not begun.
    case dim
    /// A word that names the value beside it.
    case label
    /// A pane's title.
    case title
    /// The title of the pane that has the focus.
    case titleFocused
    /// The lines around panes.
    case border
    /// The lines around the pane that has the focus.
    case borderFocused
    /// What says that this is not the real desk.
    case mark
    /// The bar of a desk that trades.
    case trading
    /// The bar of a desk in paper mode.
    case paper
    /// The bar of a desk that may only reduce.
    case reduceOnly
    /// The bar of a halt that is asked for and not yet verified.
    case halting
    /// The bar of a verified halt.
    case halted
    /// The bar when nothing can be said.
    case unknown
    /// Done, acknowledged, beating.
    case good
    /// Pending, late, worth a look.
    case warning
    /// Failed, dead, not acknowledged.
    case bad
    /// An alert worth knowing.
    case levelInfo
    /// An alert worth a look.
    case levelWarning
    /// An alert that needs an operator now.
    case levelCritical
    /// An alert that says trading is in danger.
    case levelEmergency
    /// The row that the cursor is on.
    case selected
    /// Past its limit.
    case stale
    /// From before the connection was lost.
    case lost
    /// What the operator ought to know.
    case notice
    /// A name of a key.
    case key
    /// What a dialog is drawn on.
    case dialog
    /// The frame and title of a dialog.
    case dialogTitle
    /// What a dialog's focus is on.
    case focused
    /// Text being typed.
    case field

    /// Its name in theme files: `title-focused`.
    public var name: String {
        var name = ""
        for character in "\(self)" {
            if character.isUppercase { name.append("-") }
            name.append(contentsOf: character.lowercased())
        }
        return name
    }

    /// One letter for golden frames, so that styles are reviewed without a theme.
    public var letter: Character {
        switch self {
        case .text: "."
        case .dim: "d"
        case .label: "l"
        case .title: "t"
        case .titleFocused: "T"
        case .border: "r"
        case .borderFocused: "B"
        case .mark: "D"
        case .trading: "L"
        case .paper: "P"
        case .reduceOnly: "R"
        case .halting: "I"
        case .halted: "H"
        case .unknown: "U"
        case .good: "g"
        case .warning: "w"
        case .bad: "b"
        case .levelInfo: "i"
        case .levelWarning: "W"
        case .levelCritical: "C"
        case .levelEmergency: "E"
        case .selected: "S"
        case .stale: "s"
        case .lost: "x"
        case .notice: "n"
        case .key: "k"
        case .dialog: "m"
        case .dialogTitle: "M"
        case .focused: "F"
        case .field: "f"
        }
    }
}
