/// The last names that were used for something: the same one again is a duplicate. Exact; the oldest are forgotten.
///
/// Invariants (SafetyEngineTests/BookDuplicateTests): never more than `most` names; a name among the last `most` is found.
struct RecentNames: Sendable, Equatable, Codable {
    /// How many are remembered.
    static let most = 4_096

    private var ring: [String] = []
    private var next = 0
    private var known: Set<String> = []

    init() {}

    var count: Int { ring.count }

    /// Remembers a name; false: it was there already.
    mutating func insert(_ name: String) -> Bool {
        guard known.insert(name).inserted else { return false }
        if ring.count < RecentNames.most {
            ring.append(name)
        } else {
            known.remove(ring[next])
            ring[next] = name
            next = (next + 1) % RecentNames.most
        }
        return true
    }

    /// The names, the oldest first.
    var names: [String] { Array(ring[next...]) + ring[..<next] }

    static func == (left: RecentNames, right: RecentNames) -> Bool {
        left.next == right.next ? left.ring == right.ring : left.names == right.names
    }

    /// Reads what `encode` wrote; keeps the last `most`.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        for name in try container.decode([String].self) { _ = insert(name) }
    }

    /// The oldest first: a set's own order differs from process to process.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(names)
    }
}

/// What was told of one account that counts once.
struct AccountMemory: Sendable, Equatable, Codable {
    /// Fills by the venue's word.
    var fills = RecentNames()
    /// Fills by bots' words: a venue's word of the same fill still counts.
    var claimedFills = RecentNames()
    /// Transfers.
    var transfers = RecentNames()
    /// Closed trades.
    var trades = RecentNames()
}
