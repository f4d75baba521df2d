/// The last names that were used for something: the same one again is a duplicate. Exact; the oldest are forgotten.
///
/// Two halves, so that nothing is ever taken out of a set one by one: when the newer half is full it becomes the older
/// one, and what was the older one is forgotten.
///
/// Invariants (SafetyEngineTests/BookOrderTests): never more than twice `most` names; a name among the last `most` is found.
struct RecentNames: Sendable, Equatable, Codable {
    /// How many are remembered at least.
    static let most = 4_096

    private var older = Half()
    private var newer = Half()

    init() {}

    var count: Int { older.names.count + newer.names.count }

    /// Remembers a name; false: it was there already.
    mutating func insert(_ name: String) -> Bool {
        if !older.names.isEmpty, older.known.contains(name) { return false }
        guard newer.known.insert(name).inserted else { return false }
        newer.names.append(name)
        if newer.names.count >= RecentNames.most {
            older = newer
            newer = Half()
        }
        return true
    }

    /// Names in the order in which they came, and as a set.
    private struct Half: Sendable, Equatable, Codable {
        var names: [String] = []
        var known: Set<String> = []

        init() {}

        static func == (left: Half, right: Half) -> Bool { left.names == right.names }

        init(from decoder: any Decoder) throws {
            names = try decoder.singleValueContainer().decode([String].self)
            known = Set(names)
        }

        /// Only the names: a set's own order differs from process to process.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(names)
        }
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
