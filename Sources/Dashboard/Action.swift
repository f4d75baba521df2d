/// Everything that a key of the base screen can do. Key map, footer and help are generated from this one table.
public enum Action: String, Sendable, CaseIterable {
    /// Halt (listed here for help and footer; `HaltKey` decides it, not the key map).
    case halt
    /// Open the resume dialog.
    case resume
    /// The switch and the gates.
    case switchPane
    /// The alerts.
    case alertsPane
    /// The positions.
    case positionsPane
    /// The stuck orders.
    case ordersPane
    /// The supervisors.
    case supervisorsPane
    /// The venues.
    case venuesPane
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
    /// All that is known of the row under the cursor.
    case detail
    /// Only rows with certain words.
    case filter
    /// Another order of the rows.
    case sort
    /// Acknowledge the alert under the cursor.
    case acknowledge
    /// The alerts that were resolved.
    case alertHistory
    /// Cancel the order under the cursor.
    case cancelOrder
    /// Do what a rule proposes for the position under the cursor.
    case carryOut
    /// What is being sold by an operator's order.
    case liquidation
    /// The incident of the halt.
    case incident
    /// Give another reason for the last halt of this screen.
    case reason
    /// The pane that has the focus over the whole screen, and back.
    case zoom
    /// Another theme.
    case theme
    /// Every action, by name.
    case palette
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
        case .halt: "Halt all trading at once, unasked; where text is typed, Ctrl-K does"
        case .resume: "Resume: checks, questions, reason, the word"
        case .switchPane: "Focus the switch; again: the gates"
        case .alertsPane: "Focus the alerts"
        case .positionsPane: "Focus the positions"
        case .ordersPane: "Focus the orders; those that hang are marked STUCK"
        case .supervisorsPane: "Focus the supervisors"
        case .venuesPane: "Focus the venues"
        case .nextPane: "Focus the next pane"
        case .previousPane: "Focus the pane before"
        case .down: "Next row; at the end of a pane, on to the next pane"
        case .up: "Row before; at the top of a pane, back to the pane before"
        case .pageDown: "A page down"
        case .pageUp: "A page up"
        case .top: "First row"
        case .bottom: "Last row"
        case .detail: "All that is known of this row"
        case .filter: "Show only rows with these words (!word: without it)"
        case .sort: "Sort by the next column"
        case .acknowledge: "Acknowledge this alert: seen; it stays until its cause is gone"
        case .alertHistory: "The alerts that were resolved"
        case .cancelOrder: "Cancel this order at its venue, and see whether it is gone"
        case .carryOut: "Do what an exit rule or the cap proposes for this position"
        case .liquidation: "What is sold by an operator's order, and how far it is"
        case .incident: "The incident of the halt (not part of this version)"
        case .reason: "Why this screen halted: a reason, or another one (the last one counts)"
        case .zoom: "This pane over the whole screen, and back"
        case .theme: "Choose the theme"
        case .palette: "Every action by name"
        case .help: "This help"
        case .redraw: "Paint the screen again"
        case .suspend: "Suspend the dashboard (fg brings it back)"
        case .interrupt: "Says how to quit"
        case .back: "Back: close what is on top, leave the zoom, drop the filter"
        case .close: "Close what is on top; at the bottom, quit"
        }
    }

    /// Its name in the command palette.
    public var title: String {
        switch self {
        case .halt: "halt"
        case .resume: "resume"
        case .switchPane: "switch and gates"
        case .alertsPane: "alerts"
        case .positionsPane: "positions"
        case .ordersPane: "stuck orders"
        case .supervisorsPane: "supervisors"
        case .venuesPane: "venues"
        case .nextPane: "next pane"
        case .previousPane: "previous pane"
        case .down: "down"
        case .up: "up"
        case .pageDown: "page down"
        case .pageUp: "page up"
        case .top: "first row"
        case .bottom: "last row"
        case .detail: "details"
        case .filter: "filter"
        case .sort: "sort"
        case .acknowledge: "acknowledge"
        case .alertHistory: "alert history"
        case .cancelOrder: "cancel order"
        case .carryOut: "carry out exit"
        case .liquidation: "liquidation"
        case .incident: "incident"
        case .reason: "reason of the halt"
        case .zoom: "zoom"
        case .theme: "theme"
        case .palette: "commands"
        case .help: "help"
        case .redraw: "redraw"
        case .suspend: "suspend"
        case .interrupt: "how to quit"
        case .back: "back"
        case .close: "quit"
        }
    }

    /// The word in the footer, and how soon it is left out where not all fit (the greater, the sooner); nil: never there.
    var hint: (word: String, rank: Int)? {
        switch self {
        case .halt: ("halts all", 0)
        case .resume: ("resume", 1)
        case .help: ("help", 2)
        case .close: ("quit", 3)
        case .detail: ("details", 4)
        case .nextPane: ("next pane", 5)
        case .filter: ("filter", 6)
        case .zoom: ("zoom", 7)
        case .palette: ("commands", 8)
        case .sort: ("sort", 9)
        default: nil
        }
    }

    /// Whether it does something to the pane that has the focus; the others mean the same everywhere.
    var isOfPane: Bool {
        switch self {
        case .down, .up, .pageDown, .pageUp, .top, .bottom, .detail, .filter, .sort, .zoom, .acknowledge, .cancelOrder,
            .carryOut:
            true
        default: false
        }
    }

    /// Whether it does something to the rows of a pane.
    func does(somethingTo pane: Pane) -> Bool {
        switch self {
        case .acknowledge: pane == .alerts
        case .cancelOrder: pane == .orders
        case .carryOut: pane == .positions
        default: true
        }
    }

    /// The keys, in the order in which help prints them.
    public var keys: [Key] {
        switch self {
        case .halt: [.character("K"), .control("k")]
        case .resume: [.character("R")]
        case .switchPane: [.character("1")]
        case .alertsPane: [.character("2")]
        case .positionsPane: [.character("3")]
        case .ordersPane: [.character("4")]
        case .supervisorsPane: [.character("5")]
        case .venuesPane: [.character("6")]
        case .nextPane: [.tab]
        case .previousPane: [.backTab]
        case .down: [.character("j"), .down]
        case .up: [.character("k"), .up]
        case .pageDown: [.pageDown, .control("d")]
        case .pageUp: [.pageUp, .control("u")]
        case .top: [.character("g"), .home]
        case .bottom: [.character("G"), .end]
        case .detail: [.enter]
        case .filter: [.character("/")]
        case .sort: [.character("s")]
        case .acknowledge: [.character("a")]
        case .alertHistory: [.character("A")]
        case .cancelOrder: [.character("c")]
        case .carryOut: [.character("x")]
        case .liquidation: [.character("L")]
        case .incident: [.character("I")]
        case .reason: [.character("w")]
        case .zoom: [.character("z")]
        case .theme: [.character("T")]
        case .palette: [.character(":")]
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
