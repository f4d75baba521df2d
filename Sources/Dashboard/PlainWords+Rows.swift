import KillSwitch
import SafetyEngine

/// The sentences about whatever comes in rows: gates, supervisors, alerts, positions, orders, venues.
extension PlainWords {
    // MARK: - Gates

    func gates(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        if let problem = new.gatesProblem {
            return old.gatesProblem == nil ? [PlainLine(.alarm, .gate, "gates UNKNOWN: \(problem)")] : []
        }
        let rows = RowChanges(old.gates, new.gates) { "\($0.slot) \($0.pid) \($0.name)" }
        let isSameWord = old.word == new.word
        var lines: [PlainLine] = []
        if old.gatesProblem != nil { lines.append(PlainLine(.news, .gate, "gates can be read again")) }
        for gate in rows.added {
            let scope = gate.scope.isEmpty ? "global" : gate.scope
            lines.append(PlainLine(.news, .gate, "gate \(gate.name) opened, pid \(gate.pid), scope \(scope)"))
            if !gate.alive { lines.append(died(gate, acknowledged: false, new)) }
        }
        for (was, gate) in rows.kept where was.alive && !gate.alive {
            lines.append(died(gate, acknowledged: isSameWord && was.acknowledged, new))
        }
        for gate in rows.removed where gate.alive {
            lines.append(PlainLine(.news, .gate, "gate \(gate.name) closed"))
        }
        guard new.refuses, new.word != nil else { return lines }
        let seen = rows.added.filter { $0.alive && $0.acknowledged }
        let since = rows.kept.filter { was, gate in
            gate.alive && gate.acknowledged && !(isSameWord && was.acknowledged)
        }
        // A look tells when it happened only where the look before it saw the same halt, or the halt is news itself.
        let isTimely = isSameWord || (new.sinceAgeMs ?? .max) <= 1_500
        return lines + acknowledged(since.map(\.new.name), new, isTimely: isTimely)
            + acknowledged(seen.map(\.name), new, isTimely: (new.sinceAgeMs ?? .max) <= 1_500)
    }

    private func died(_ gate: DeskSnapshot.Gate, acknowledged: Bool, _ desk: DeskSnapshot) -> PlainLine {
        let how = desk.refuses ? (acknowledged ? "after it acknowledged" : "without acknowledging") : "without closing"
        return PlainLine(.bad, .gate, "gate \(gate.name) died \(how), pid \(gate.pid)")
    }

    /// One line a gate; one for all when a look finds many.
    private func acknowledged(_ names: [String], _ desk: DeskSnapshot, isTimely: Bool) -> [PlainLine] {
        // The look tells that it had happened by then; long after the halt that says nothing.
        let within =
            !isTimely
            ? ""
            : (desk.changeAgeMs ?? desk.sinceAgeMs).flatMap { $0 < 60_000 ? " within \(PlainText.span($0))" : nil }
                ?? ""
        if names.count > 8 {
            let list = PlainText.list(names, most: 8)
            return [PlainLine(.news, .gate, "\(names.count) gates acknowledged\(within): \(list)")]
        }
        return names.map { PlainLine(.news, .gate, "gate \($0) acknowledged\(within)") }
    }

    // MARK: - Supervisors

    func supervisors(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let rows = RowChanges(old.supervisors, new.supervisors, id: \.name)
        // A gate that closes takes its supervisor with it, and has a line of its own.
        let gates = Set(old.gates.map(\.name))
        return rows.added.filter { $0.health != .ok }.map(supervisor)
            + rows.kept.filter { $0.old.health != $0.new.health }.map { supervisor($0.new) }
            + rows.kept.flatMap { recovery($0.old, $0.new) }
            + rows.removed.filter { $0.name != "host" && !gates.contains($0.name) }
            .map { PlainLine(.warning, .supervisor, "supervisor \($0.name) is not expected to beat any more") }
    }

    /// What was done about one that did not beat; its health has lines of its own.
    private func recovery(_ old: Supervisor, _ new: Supervisor) -> [PlainLine] {
        let isContinued = new.recovery.map(\.kind).starts(with: old.recovery.map(\.kind))
        return new.recovery.dropFirst(isContinued ? old.recovery.count : 0).compactMap { step in
            let text = step.text.isEmpty ? "" : ": \(step.text)"
            let after = step.afterMs == 0 ? "" : ", \(PlainText.span(step.afterMs)) after it was found"
            let line = "supervisor \(new.name) \(step.kind.rawValue)\(after)\(text)"
            switch step.kind {
            case .asked, .done: return PlainLine(.warning, .supervisor, line)
            case .failed, .leftAlone: return PlainLine(.bad, .supervisor, line)
            case .lastBeat, .detected, .alerted, .beating: return nil
            }
        }
    }

    func supervisor(_ supervisor: Supervisor) -> PlainLine {
        let health = supervisor.health
        let name = "supervisor \(supervisor.name)"
        let interval = supervisor.intervalMs == 0 ? "" : " (interval \(PlainText.interval(supervisor.intervalMs)))"
        let beat = supervisor.lastBeatAgeMs.map { "last beat \(PlainText.span($0)) ago" } ?? "never beat"
        switch health {
        case .ok: return PlainLine(.news, .supervisor, "\(name) OK, it beats\(interval)")
        case .late: return PlainLine(.warning, .supervisor, "\(name) LATE, \(beat)\(interval)")
        case .stalled, .dead: return PlainLine(.bad, .supervisor, "\(name) \(health.rawValue), \(beat)\(interval)")
        }
    }

    // MARK: - Sources

    func readings(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        reading("alerts", .alert, old.alerts, new.alerts)
            + reading("positions", .position, old.positions, new.positions)
            + reading("orders", .order, old.orders, new.orders) + reading("venues", .venue, old.venues, new.venues)
    }

    private func reading<Row>(
        _ name: String,
        _ topic: PlainLine.Topic,
        _ old: Reading<Row>,
        _ new: Reading<Row>
    ) -> [PlainLine] {
        guard old.freshness.kind != new.freshness.kind else { return [] }
        let text = freshness(of: name, new.freshness, source: new.source)
        switch new.freshness {
        case .live: return [PlainLine(.news, topic, text)]
        case .stale, .never: return [PlainLine(.warning, topic, text)]
        case .lost: return [PlainLine(.bad, topic, text)]
        }
    }

    // MARK: - Alerts

    func alerts(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let rows = RowChanges(old.alerts.rows, new.alerts.rows, id: \.id)
        var lines = rows.added.map(alert)
        for (was, alert) in rows.kept {
            if was.level != alert.level {
                let how = was.level < alert.level ? "escalated" : "lowered"
                let text = "alert \(how) from \(was.level.word) to \(named(alert)): \(alert.text)"
                lines.append(PlainLine(gravity(alert.level), .alert, text))
            }
            if let who = alert.acknowledgedBy, was.acknowledgedBy != who {
                lines.append(PlainLine(.news, .alert, "alert acknowledged by \(who): \(named(alert))"))
            } else if alert.acknowledgedBy == nil, was.acknowledgedBy != nil, was.level == alert.level {
                lines.append(PlainLine(gravity(alert.level), .alert, "alert acknowledged no more: \(named(alert))"))
            }
        }
        return lines + rows.removed.map { PlainLine(.news, .alert, "alert resolved: \(named($0))") }
    }

    /// `alert EMERGENCY PLATFORM_EXPOSURE kraken: 41 % of equity at one venue; halts at 15m`.
    func alert(_ alert: Alert) -> PlainLine {
        let policy = alert.policy.isEmpty ? "" : "; \(alert.policy)"
        return PlainLine(gravity(alert.level), .alert, "alert \(named(alert)): \(alert.text)\(policy)")
    }

    private func named(_ alert: Alert) -> String {
        alert.subject.isEmpty
            ? "\(alert.level.word) \(alert.rule)" : "\(alert.level.word) \(alert.rule) \(alert.subject)"
    }

    private func gravity(_ level: Alert.Level) -> PlainLine.Gravity {
        switch level {
        case .emergency: .alarm
        case .critical: .bad
        case .warning: .warning
        case .info: .news
        }
    }

    // MARK: - Positions

    func positions(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let rows = RowChanges(old.positions.rows, new.positions.rows, id: \.id)
        // What a source says at first was there before.
        if case .never = old.positions.freshness {
            return rows.added.isEmpty ? [] : [PlainLine(.news, .position, held(new))]
        }
        return rows.added.map { PlainLine(.news, .position, "position opened: \(position($0))") }
            + rows.removed.map { PlainLine(.news, .position, "position closed: \(position($0))") }
    }

    func held(_ desk: DeskSnapshot) -> String {
        let rows = desk.positions.rows
        if rows.isEmpty { return "no position is held" }
        return "\(PlainText.count(rows.count, "position")) held: \(PlainText.list(rows.map(position), most: 20))"
    }

    private func position(_ position: Position) -> String {
        let price = position.entryPrice.map { " at \($0)" } ?? ""
        return "\(position.side.rawValue) \(position.quantity) \(position.symbol)\(price), \(position.venue) "
            + position.account
    }

    // MARK: - Orders

    func orders(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let rows = RowChanges(old.orders.rows, new.orders.rows, id: \.identity)
        var lines = rows.added.filter(\.hangs).map(stuck)
        for (was, order) in rows.kept {
            if order.hangs, !was.hangs || was.state != order.state {
                lines.append(stuck(order))
            } else if was.hangs, !order.hangs {
                lines.append(PlainLine(.news, .order, "order moves again: \(named(order)), \(order.state.rawValue)"))
            }
        }
        return lines + rows.removed.filter(\.hangs).map { PlainLine(.news, .order, "order gone: \(named($0))") }
    }

    func stuck(_ order: Order) -> PlainLine {
        let note = order.note.isEmpty ? "" : "; \(order.note)"
        let state = order.state.rawValue
        return PlainLine(
            .bad,
            .order,
            "order stuck: \(named(order)), \(state) for \(PlainText.span(order.ageMs))\(note)"
        )
    }

    private func named(_ order: Order) -> String {
        let price = order.price.map { " at \($0)" } ?? " at market"
        let filled = order.filled == Decimal(0) ? "" : ", \(order.filled) filled"
        return "\(order.side.rawValue) \(order.quantity) \(order.symbol)\(price)\(filled), \(order.venue) "
            + "\(order.account), \(order.clientID)"
    }

    // MARK: - Venues

    func venues(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let rows = RowChanges(old.venues.rows, new.venues.rows, id: \.id)
        let changed = rows.kept.filter { was, venue in
            was.state != venue.state || PlainText.withoutAges(was.note) != PlainText.withoutAges(venue.note)
        }
        return rows.added.map { venue($0) }
            + changed.map { was, new in venue(new, was: was.state == new.state ? nil : was.state) }
            + rows.removed.map {
                PlainLine(.warning, .venue, "venue \($0.name) \($0.account) is not configured any more")
            }
    }

    func venue(_ venue: Venue, was: Venue.State? = nil) -> PlainLine {
        let before = was.map { ", was \($0.rawValue)" } ?? ""
        let note = venue.note.isEmpty ? "" : ": \(venue.note)"
        let text = "venue \(venue.name) \(venue.account) \(venue.state.rawValue)\(before)\(note)"
        switch venue.state {
        case .connected: return PlainLine(.news, .venue, text)
        case .degraded, .stopped: return PlainLine(.warning, .venue, text)
        case .disconnected: return PlainLine(.bad, .venue, text)
        }
    }
}
