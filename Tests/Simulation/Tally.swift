/// How many things of each kind happened: a simulation in which nothing happens proves nothing.
struct Tally: Sendable {
    private(set) var counts: [String: Int] = [:]

    mutating func add(_ name: String, _ count: Int = 1) { if count > 0 { counts[name, default: 0] += count } }

    mutating func add(_ other: Tally) { for (name, count) in other.counts { add(name, count) } }

    /// One line for each kind.
    var text: String {
        counts.sorted { $0.key < $1.key }.map { "  \($0.value) \($0.key)" }.joined(separator: "\n")
    }

    /// What has to happen in a hundred seeds.
    static let needed = [
        "alert raised", "alert escalated", "alert acknowledged", "alert unacknowledged", "alert resolved",
        "clean stops", "configurations", "crashes", "demanded CONSECUTIVE_LOSSES",
        "demanded DAILY_DRAWDOWN", "demanded HEARTBEAT_DEAD", "demanded HEARTBEAT_STALLED", "demanded HEAT",
        "demanded ORDER_STUCK", "demanded PLATFORM_EXPOSURE", "doubled", "effects", "full disks",
        "halts of two accounts at once", "holes", "late",
        "lost", "lost tails", "operators' actions", "operators' halts", "orders that came back", "outages", "reboots",
        "resumes", "resumes refused", "silent streams", "slices", "snapshots", "stalls", "times ahead",
        "wall clock jumps",
    ]
}
