import SafetyEngine

/// The panes of the screen, in the order in which Tab walks through them.
public enum Pane: Int, Sendable, CaseIterable {
    /// The last halt's steps.
    case steps
    /// What keeps the desk from trading.
    case latches
    /// What rules found wrong.
    case alerts
    /// The gates.
    case gates
    /// Whoever is expected to beat.
    case supervisors
    /// What is held.
    case positions
    /// Orders that hang.
    case orders
    /// Exchanges, brokers, platforms.
    case venues
    /// The log's changes.
    case history

    /// The key that leads there, as its title shows it; empty: only Tab does.
    var key: String {
        switch self {
        case .steps, .gates: "1"
        case .alerts: "2"
        case .positions: "3"
        case .orders: "4"
        case .supervisors: "5"
        case .venues: "6"
        case .latches, .history: ""
        }
    }

    /// Its name.
    var name: String {
        switch self {
        case .steps: "Switch"
        case .latches: "Latches"
        case .alerts: "Alerts"
        case .gates: "Gates"
        case .supervisors: "Supervisors"
        case .positions: "Positions"
        case .orders: "Orders"
        case .venues: "Venues"
        case .history: "History"
        }
    }

    /// The name in the pane's title, with the key that leads there.
    var title: String { key.isEmpty ? name : "\(key) \(name)" }

    /// What is in it, in so many columns.
    func content(_ scene: Scene, width: Int) -> PaneContent {
        switch self {
        case .steps: StepsPane.content(scene, width: width)
        case .latches: LatchesPane.content(scene, width: width)
        case .alerts: AlertsPane.content(scene)
        case .gates: GatesPane.content(scene)
        case .supervisors: SupervisorsPane.content(scene)
        case .positions: PositionsPane.content(scene)
        case .orders: OrdersPane.content(scene)
        case .venues: VenuesPane.content(scene)
        case .history: HistoryPane.content(scene)
        }
    }
}
