/// What is known of a list that every account gives by itself: its open orders, or its positions. The one function that
/// screens, commands, answers and metrics ask whether such a list of the whole desk is known; for one account it is the
/// account's stream (`Venue.streams`) that decides.
///
/// Invariants (SafetyEngineTests/ListingStateTests): a list is known only where every account of the desk listed it, each
/// within the limit that its stream has; nothing else that a venue reports makes a list younger.
public struct ListingState: Sendable, Equatable {
    /// One account's list.
    public struct Account: Sendable, Equatable {
        /// The account (`Venue.id`).
        public var name: String
        /// How old its list is, and whether it counts.
        public var stream: StreamAge
    }

    /// `orders` or `positions`.
    public var what: String
    /// The accounts of the desk, in the order of first sight.
    public var accounts: [Account]

    /// Accounts that never listed it.
    public var unlisted: [String] { accounts.filter { $0.stream.state == .never }.map(\.name) }

    /// Milliseconds since the oldest of the lists; nil: there is none.
    public var ageMs: UInt64? { accounts.compactMap(\.stream.ageMs).max() }

    /// Past this age a list does not count, in milliseconds: the shortest limit among the accounts.
    public var limitMs: UInt64 {
        accounts.map(\.stream.limitMs).filter { $0 > 0 }.min() ?? EngineSettings.Streams().ordersMs
    }

    /// Whether the whole desk's list is known now.
    public var isKnown: Bool { problem == nil }

    /// Why it is not known, for people; nil: it is.
    public var problem: String? {
        if accounts.isEmpty { return "no venue has reported to this desk" }
        var parts: [String] = []
        if !unlisted.isEmpty {
            let its = unlisted.count == 1 ? "its" : "their"
            parts.append("\(ListingState.named(unlisted)) never listed \(its) \(what)")
        }
        let old = accounts.filter { $0.stream.state == .stale }
        let late = old.filter(\.stream.problem.isEmpty)
        if let oldest = late.compactMap(\.stream.ageMs).max() {
            parts.append("\(ListingState.named(late.map(\.name))) last listed \(what) \(ElapsedText.of(oldest)) ago")
        }
        for account in old where !account.stream.problem.isEmpty {
            parts.append("\(account.name): \(account.stream.problem)")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private static func named(_ accounts: [String]) -> String {
        let more = accounts.count > 3 ? " and \(accounts.count - 3) more" : ""
        return accounts.prefix(3).joined(separator: ", ") + more
    }
}

extension StreamAge {
    /// Why what it reported is not known now, for people: `it never listed its positions`; nil: it is known.
    public func problem(of what: String) -> String? {
        switch state {
        case .known: nil
        case .never: "it never listed its \(what)"
        case .stale where problem.isEmpty: "it last listed its \(what) \(ElapsedText.of(ageMs ?? 0)) ago"
        case .stale: "its \(what) are not known now: \(problem)"
        }
    }
}

extension EngineView {
    /// What is known of open orders.
    public var orderListing: ListingState { listing("orders", \.orders) }

    /// What is known of positions.
    public var positionListing: ListingState { listing("positions", \.positions) }

    private func listing(_ what: String, _ stream: KeyPath<Venue.Streams, StreamAge>) -> ListingState {
        ListingState(
            what: what,
            accounts: venues.map { ListingState.Account(name: $0.id, stream: $0.streams[keyPath: stream]) }
        )
    }
}
