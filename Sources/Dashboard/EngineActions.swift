import SafetyEngine

/// What the engine's rows can have done to them: which layer or effect follows from an action on the row under the cursor.
enum EngineActions {
    /// What follows.
    enum Outcome {
        case effects([Effect])
        case layer(any Layer)
        case message(String)
    }

    /// Acknowledges the alert under the cursor.
    static func acknowledge(_ pane: Pane, row: String?, _ snapshot: DeskSnapshot) -> Outcome {
        guard pane == .alerts, let row, let alert = snapshot.alerts.rows.first(where: { $0.id == row }) else {
            return .message("choose an alert first (2), then a acknowledges it")
        }
        if let who = alert.acknowledgedBy { return .message("\(alert.rule) is acknowledged already, by \(who)") }
        return .effects([.act(.acknowledge(alert: alert.id, forMs: nil), reason: "", passphrase: "")])
    }

    /// Cancels the order under the cursor.
    static func cancelOrder(_ pane: Pane, row: String?, _ snapshot: DeskSnapshot, nowMs: UInt64) -> Outcome {
        let orders = snapshot.orders.rows
        guard pane == .orders, let row, let order = orders.first(where: { "\($0.venue)/\($0.clientID)" == row }) else {
            return .message("choose an order first (4), then c cancels it")
        }
        return .layer(
            ConfirmDialog(
                "Cancel an order",
                lines: [
                    "Asks \(order.venue) to cancel \(order.side.rawValue) \(order.quantity) \(order.symbol)"
                        + " (\(order.clientID), account \(order.account), \(order.state.rawValue), "
                        + "\(Age.text(order.ageMs)) old).",
                    "It stays in the list until the venue says that it is gone.",
                ],
                action: .cancelOrder(venue: order.venue, account: order.account, clientID: order.clientID),
                reason: "cancelled from the dashboard",
                needsPassphrase: false,
                nowMs: nowMs
            )
        )
    }

    /// Carries out what is proposed for the position under the cursor.
    static func carryOut(_ pane: Pane, row: String?, _ scene: Scene) -> Outcome {
        let snapshot = scene.snapshot
        guard pane == .positions, let row else {
            return .message("choose a position first (3), then x does what a rule proposes for it")
        }
        // It spends: not on the word of a source that is gone.
        switch scene.freshness(of: snapshot.positions) {
        case .live, .stale: break
        case .lost, .never: return .message("positions are NOT CONNECTED: nothing is closed by what was last known")
        }
        let proposals = snapshot.engine?.proposals ?? []
        let isOpen = { (state: String) in state.hasPrefix("proposed") || state.hasPrefix("refused") }
        guard let proposal = proposals.first(where: { $0.position == row && isOpen($0.state) }) else {
            return .message("no rule proposes anything for this position")
        }
        return .layer(
            ConfirmDialog(
                "Carry out an exit",
                lines: [
                    "\(proposal.rule) proposes to close \(proposal.quantity) of \(proposal.position):",
                    proposal.reason, "The order is sent to the venue at the market.",
                ],
                action: .carryOut(proposal: proposal.id),
                reason: "carried out from the dashboard: \(proposal.reason)",
                needsPassphrase: snapshot.operatorsEnrolled,
                nowMs: scene.nowMs
            )
        )
    }
}
