import KillSwitch

/// The contents of operators.failures: wrong attempts since the last accepted one, by name, and what is still owed.
///
/// An attempt counts as wrong from before it is checked until it is found right, and owes its delay until that was
/// slept: ending the process at any moment, to escape the delay, gains nothing. Names are stored as digests, because
/// people type passphrases where names belong; those of nobody count like all others, so the delay tells nothing.
struct FailureCounts: Sendable, Equatable {
    static let name = "operators.failures"
    /// The names that are kept; beyond that the one with the fewest attempts goes.
    static let capacity = 64
    /// From here on the delay stays the same.
    static let greatest = 1_000_000

    struct Entry: Sendable, Equatable {
        var key: String
        var count: Int
        /// Whether the last attempt did not come to its end.
        var isUnfinished: Bool
    }

    private(set) var entries: [Entry] = []
    /// Whether the file was unreadable: all names then count as if they had failed often.
    private(set) var isLost = false

    init() {}

    /// Reads the contents; what cannot be read never counts as no failures.
    init(bytes: [UInt8]?) {
        guard let bytes, let json = JSON(bytes: bytes), json["version"]?.integer == 1,
            let list = json["failures"]?.array, list.count <= FailureCounts.capacity
        else {
            isLost = true
            return
        }
        for element in list {
            guard let key = element["name"]?.string, let count = element["count"]?.integer,
                (1...Int64(FailureCounts.greatest)).contains(count),
                case .bool(let isUnfinished) = element["unfinished"]
            else {
                entries = []
                isLost = true
                return
            }
            entries.append(Entry(key: key, count: Int(count), isUnfinished: isUnfinished))
        }
        // A lost file stays lost for the names that were not seen since.
        isLost = json["lost"] == .bool(true)
    }

    /// 1 s, 2 s, 4 s ... at most 30 s, in milliseconds.
    static func delay(after attempts: Int) -> UInt64 {
        guard attempts > 0 else { return 0 }
        return attempts > 5 ? 30_000 : 1000 << UInt64(attempts - 1)
    }

    /// The attempts so far of a name.
    func count(of key: String) -> Int { entries.first { $0.key == key }?.count ?? (isLost ? 5 : 0) }

    /// The delay that an earlier attempt did not sleep.
    func owed(by key: String) -> UInt64 {
        entries.contains { $0.key == key && $0.isUnfinished } ? FailureCounts.delay(after: count(of: key)) : 0
    }

    /// Counts an attempt before it is checked.
    mutating func begin(_ key: String) {
        let count = min(count(of: key) + 1, FailureCounts.greatest)
        entries.removeAll { $0.key == key }
        if entries.count >= FailureCounts.capacity,
            let fewest = entries.indices.min(by: { entries[$0].count < entries[$1].count })
        {
            entries.remove(at: fewest)
        }
        entries.append(Entry(key: key, count: count, isUnfinished: true))
    }

    /// The attempt was wrong and its delay is over.
    mutating func finish(_ key: String) {
        for index in entries.indices where entries[index].key == key { entries[index].isUnfinished = false }
    }

    /// The attempt was right, or the name is enrolled anew.
    mutating func clear(_ key: String) {
        entries.removeAll { $0.key == key }
        isLost = false
    }

    /// The contents as text.
    var text: String {
        let list = entries.map { entry in
            JSON.object([
                JSON.Member("name", .string(entry.key)), JSON.Member("count", .integer(Int64(entry.count))),
                JSON.Member("unfinished", .bool(entry.isUnfinished)),
            ])
        }
        return JSON.object([
            JSON.Member("version", .integer(1)), JSON.Member("lost", .bool(isLost)),
            JSON.Member("failures", .array(list)),
        ]).line + "\n"
    }
}
