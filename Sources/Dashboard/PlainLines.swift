import KillSwitch
public import SafetyEngine

/// Says a desk in lines: how it stands, then one line for each change. A value; it looks at no clock.
///
/// Invariants (DashboardTests/PlainLinesTests): the same desk again says nothing, however much older it is; nothing is
/// called gone, closed or resolved on the word of a source that is not live; the gravest comes first.
public struct PlainReport: Sendable {
    /// What has been said: the rows of sources that are not live stay as they were last.
    private var said: DeskSnapshot?

    /// A report of which nothing was said yet.
    public init() {}

    /// The desk in full, from where changes go on.
    ///
    /// - Parameters:
    ///   - snapshot: the last one that came.
    ///   - elapsedMs: how long ago that was.
    ///   - wallMs: Unix time in milliseconds.
    public mutating func standing(_ snapshot: DeskSnapshot, elapsedMs: UInt64 = 0, wallMs: Int64) -> [PlainLine] {
        let now = PlainReport.aged(snapshot, elapsedMs)
        said = now
        return PlainStanding(desk: now, wallMs: wallMs).lines
    }

    /// What has changed since the last call; everything, at the first.
    ///
    /// - Parameters:
    ///   - snapshot: the last one that came; the same one again when none has come since.
    ///   - elapsedMs: how long ago that was.
    ///   - wallMs: Unix time in milliseconds.
    public mutating func changes(_ snapshot: DeskSnapshot, elapsedMs: UInt64 = 0, wallMs: Int64) -> [PlainLine] {
        guard let old = said else { return standing(snapshot, elapsedMs: elapsedMs, wallMs: wallMs) }
        var new = PlainReport.aged(snapshot, elapsedMs)
        let words = PlainWords(today: Age.utc(wallMs).date, wallMs: wallMs)
        guard new.isKnown else {
            var kept = old
            kept.freshness = new.freshness
            kept.link = new.link
            said = kept
            return words.link(old, new) + words.freshness(old, new)
        }
        // A desk on another machine that was not heard before: all of it is news.
        if let link = old.link, link.silentMs == nil {
            return standing(snapshot, elapsedMs: elapsedMs, wallMs: wallMs)
        }
        if new.gatesProblem != nil { new.gates = old.gates }
        new.alerts.keepLost(from: old.alerts, id: \.id)
        new.positions.keepLost(from: old.positions, id: \.id)
        new.orders.keepLost(from: old.orders, id: \.identity)
        new.venues.keepLost(from: old.venues, id: \.id)
        said = new
        var lines = words.link(old, new) + words.freshness(old, new)
        lines += words.mode(old, new) + words.steps(old, new) + words.record(old, new) + words.host(old, new)
        lines += words.latches(old, new) + words.gates(old, new) + words.supervisors(old, new)
        lines += words.engine(old, new)
        lines += words.readings(old, new) + words.alerts(old, new) + words.venues(old, new)
        lines += words.orders(old, new) + words.positions(old, new) + words.notices(old, new)
        if let mark = new.mark { lines = lines.map { PlainLine($0.gravity, $0.topic, "\(mark) \($0.text)") } }
        // Swift's sort keeps the order of equals.
        return lines.sorted { $0.gravity < $1.gravity }
    }

    private static func aged(_ snapshot: DeskSnapshot, _ elapsedMs: UInt64) -> DeskSnapshot {
        var now = snapshot
        now.freshness = snapshot.freshness.later(by: elapsedMs)
        return now
    }
}

extension DeskSnapshot {
    /// Whether what it says may be taken as news: late is news, not connected is not.
    var isKnown: Bool {
        switch freshness {
        case .live, .stale: true
        case .never, .lost: false
        }
    }

    /// The word for what is permitted.
    var status: Status { Status.of(self, freshness: freshness, unansweredHalt: false) }

    /// Whether the page's word permits nothing.
    var refuses: Bool { word.map { !$0.mode.permitsAnything } ?? true }
}

extension Reading {
    /// What is missing from a source that is not live is not gone: it is kept as it was.
    mutating func keepLost(from old: Reading, id: (Row) -> String) {
        if freshness.isLive { return }
        let present = Set(rows.map(id))
        rows += old.rows.filter { !present.contains(id($0)) }
    }
}

extension Order {
    /// What makes it the same order in the next reading.
    var identity: String { "\(venue)/\(account)/\(clientID)" }

    /// Whether it needs somebody: too old, or nobody can say what became of it.
    var hangs: Bool {
        switch state {
        case .filled, .canceled, .rejected, .expired: false
        case .unknown: true
        case .new, .submitted, .acknowledged, .partiallyFilled: stuckAfterMs > 0 && ageMs >= stuckAfterMs
        }
    }
}

extension Freshness {
    /// Which of the four it is, without its age: a change of it is news.
    var kind: Int {
        switch self {
        case .never: 0
        case .live: 1
        case .stale: 2
        case .lost: 3
        }
    }
}
