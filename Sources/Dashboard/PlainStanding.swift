import KillSwitch
import SafetyEngine

/// A desk in a few lines: how it stands just now.
struct PlainStanding {
    let desk: DeskSnapshot
    let wallMs: Int64

    /// Rows of one kind that are said one by one; of more only the number.
    private static let most = 20

    private var words: PlainWords { PlainWords(today: Age.utc(wallMs).date, wallMs: wallMs) }

    var lines: [PlainLine] {
        var lines: [PlainLine] = []
        if let mark = desk.mark { lines.append(PlainLine(.warning, .desk, "\(mark): this is not the real desk")) }
        let paper = desk.paper ? ", a paper desk," : ""
        let place = desk.link.map { " at \($0.place)" } ?? ""
        if !place.isEmpty, desk.link?.silentMs == nil {
            lines.append(PlainLine(.news, .desk, "desk\(place), not heard yet"))
        } else {
            lines.append(PlainLine(.news, .desk, "desk \(desk.deskName)\(paper)\(place) in \(desk.directory)"))
        }
        lines += words.link(nil, desk)
        guard desk.isKnown else {
            var known = desk
            known.freshness = .live(ageMs: 0)
            return lines + words.freshness(known, desk)
        }
        if case .stale = desk.freshness {
            var fresh = desk
            fresh.freshness = .live(ageMs: 0)
            lines += words.freshness(fresh, desk)
        }
        lines.append(words.mode(desk))
        if let problem = desk.notDurable { lines.append(PlainLine(.bad, .record, "NOT ON DISK: \(problem)")) }
        lines += words.standing(desk)
        lines += capped(desk.latches, .latch, "latches") { PlainLine(.bad, .latch, "latch: \(words.latch($0))") }
        lines.append(words.host(desk))
        if desk.deadManMs == 0 { lines.append(words.deadMan(desk)) }
        lines += desk.engine.map { words.standing($0) } ?? []
        lines += gates + supervisors + alerts + venues + orders + positions + unheard
        lines += desk.notices.map { PlainLine(.warning, .notice, "notice: \($0)") }
        if !desk.operatorsEnrolled, desk.link == nil, !desk.notices.contains(where: { $0.contains("credential") }) {
            lines += words.credential(desk)
        }
        return lines
    }

    private func capped<Row>(
        _ rows: [Row],
        _ topic: PlainLine.Topic,
        _ name: String,
        _ line: (Row) -> PlainLine
    ) -> [PlainLine] {
        var lines = rows.prefix(PlainStanding.most).map(line)
        let more = rows.count - PlainStanding.most
        if more > 0 { lines.append(PlainLine(.warning, topic, "and \(more) more \(name)")) }
        return lines
    }

    private var gates: [PlainLine] {
        let open = desk.gates.filter(\.alive)
        var lines: [PlainLine] = []
        if let problem = desk.gatesProblem {
            lines.append(PlainLine(.alarm, .gate, "gates UNKNOWN: \(problem)"))
        } else if open.isEmpty {
            lines.append(PlainLine(.news, .gate, "no gate is open: no bot asks here before it trades"))
        } else if desk.refuses {
            let count = open.filter(\.acknowledged).count
            lines.append(
                PlainLine(.news, .gate, "\(count) of \(PlainText.count(open.count, "open gate")) acknowledged")
            )
        } else {
            let names = PlainText.list(open.map(\.name), most: PlainStanding.most)
            lines.append(PlainLine(.news, .gate, "\(PlainText.count(open.count, "gate")) open: \(names)"))
        }
        let dead = desk.gates.filter { !$0.alive }
        return lines
            + capped(dead, .gate, "dead gates") { PlainLine(.bad, .gate, "gate \($0.name) DEAD, pid \($0.pid)") }
    }

    private var supervisors: [PlainLine] {
        let bad = desk.supervisors.filter { $0.health != .ok }
        let well = desk.supervisors.count - bad.count
        var lines = capped(bad, .supervisor, "supervisors that do not beat", words.supervisor)
        if well > 0 { lines.append(PlainLine(.news, .supervisor, "\(PlainText.count(well, "supervisor")) OK")) }
        return lines
    }

    /// Says how fresh a source is when it is not live, then its rows.
    private func reading<Row>(
        _ name: String,
        _ topic: PlainLine.Topic,
        _ reading: Reading<Row>,
        _ rows: [PlainLine]
    ) -> [PlainLine] {
        switch reading.freshness {
        case .never: return []
        case .live: return rows
        case .stale, .lost:
            return [PlainLine(.bad, topic, words.freshness(of: name, reading.freshness, source: reading.source))] + rows
        }
    }

    private var alerts: [PlainLine] {
        let sorted = Alert.Level.allCases.reversed().flatMap { level in desk.alerts.rows.filter { $0.level == level } }
        let none = [PlainLine(.news, .alert, "no alert")]
        return reading(
            "alerts",
            .alert,
            desk.alerts,
            sorted.isEmpty ? none : capped(sorted, .alert, "alerts", words.alert)
        )
    }

    private var venues: [PlainLine] {
        reading("venues", .venue, desk.venues, capped(desk.venues.rows, .venue, "venues") { words.venue($0) })
    }

    private var orders: [PlainLine] {
        let stuck = desk.orders.rows.filter(\.hangs)
        let none = [PlainLine(.news, .order, "no order is stuck")]
        return reading(
            "orders",
            .order,
            desk.orders,
            stuck.isEmpty ? none : capped(stuck, .order, "orders", words.stuck)
        )
    }

    private var positions: [PlainLine] {
        reading("positions", .position, desk.positions, [PlainLine(.news, .position, words.held(desk))])
    }

    /// The sources that have not said anything yet: not the same as having nothing to say.
    private var unheard: [PlainLine] {
        let kinds = [
            ("alerts", desk.alerts.freshness.kind), ("positions", desk.positions.freshness.kind),
            ("orders", desk.orders.freshness.kind), ("venues", desk.venues.freshness.kind),
        ]
        let names = kinds.filter { $0.1 == Freshness.never.kind }.map(\.0)
        guard !names.isEmpty else { return [] }
        return [PlainLine(.news, .desk, "nothing received yet about \(PlainText.list(names))")]
    }
}
