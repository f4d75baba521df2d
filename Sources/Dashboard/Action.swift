/// Everything that a key of the base screen can do. Key map, footer and help are generated from this one table.
public enum Action: String, Sendable, CaseIterable {
    /// Halt (listed here for help and footer; `HaltKey` decides it, not the key map).
    case halt
    /// Open the resume dialog.
    case resume
    /// The switch and the gates.
    case switchPane
    /// The supervisors.
    case supervisorsPane
    /// The next pane.
    case nextPane
    /// The pane before.
    case previousPane
    /// One row down.
    case down
    /// One row up.
    case up
    /// A page down.
    case pageDown
    /// A page up.
    case pageUp
    /// The first row.
    case top
    /// The last row.
    case bottom
    /// The help.
    case help
    /// Paint everything again.
    case redraw
    /// Suspend.
    case suspend
    /// What Ctrl-C says.
    case interrupt
    /// Back: close what is on top.
    case back
    /// Close what is on top; at the bottom, quit.
    case close

    /// One line for the help.
    public var description: String {
        switch self {
        case .halt: "Halt all trading at once, without a question; while typing only Ctrl-K halts"
        case .resume: "Resume: checks, questions, reason, the word"
        case .switchPane: "Focus the switch; again: the gates"
        case .supervisorsPane: "Focus the supervisors"
        case .nextPane: "Focus the next pane"
        case .previousPane: "Focus the pane before"
        case .down: "Scroll down"
        case .up: "Scroll up"
        case .pageDown: "Scroll a page down"
        case .pageUp: "Scroll a page up"
        case .top: "First row"
        case .bottom: "Last row"
        case .help: "This help"
        case .redraw: "Paint the screen again"
        case .suspend: "Suspend the dashboard (fg brings it back)"
        case .interrupt: "Says how to quit"
        case .back: "Close what is on top"
        case .close: "Close what is on top; at the bottom, quit (trading does not change)"
        }
    }

    /// The word in the footer; nil: not shown there.
    var hint: String? {
        switch self {
        case .halt: "halts"
        case .resume: "resume"
        case .help: "help"
        case .nextPane: "next pane"
        case .down: "scroll"
        case .close: "quit"
        default: nil
        }
    }

    /// The keys, in the order in which help prints them.
    public var keys: [Key] {
        switch self {
        case .halt: [.character("K"), .control("k")]
        case .resume: [.character("R")]
        case .switchPane: [.character("1")]
        case .supervisorsPane: [.character("5")]
        case .nextPane: [.tab]
        case .previousPane: [.backTab]
        case .down: [.character("j"), .down]
        case .up: [.character("k"), .up]
        case .pageDown: [.pageDown, .control("d")]
        case .pageUp: [.pageUp, .control("u")]
        case .top: [.character("g"), .home]
        case .bottom: [.character("G"), .end]
        case .help: [.character("?"), .function(1)]
        case .redraw: [.control("l")]
        case .suspend: [.control("z")]
        case .interrupt: [.control("c")]
        case .back: [.escape]
        case .close: [.character("q")]
        }
    }

    /// The action of a key; nil for a key without one.
    static func of(_ key: Key) -> Action? { byKey[key] }

    private static let byKey: [Key: Action] = {
        var actions: [Key: Action] = [:]
        for action in allCases where action != .halt {
            for key in action.keys { actions[key] = action }
        }
        return actions
    }()
}
