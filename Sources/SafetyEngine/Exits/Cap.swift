/// Which positions of an account stay, and which are sold, so that it holds no more than it may (FEATURES rows C2 to C7).
///
/// Keeps the largest by value in the base currency and sells the smallest. Of two that are worth the same the older one
/// stays, because the newer one is what took the account over its cap (where nobody knows when it was opened: when it was
/// seen first); then the symbol that sorts first stays, then the long one.
///
/// Invariants (SafetyEngineTests/CapTests): every held position that is not dust counts, priced or not (LESSONS 17); what
/// has no value or cannot be sold is never sold; never more are sold than are over the cap; the order of the input does
/// not matter.
public enum Cap {
    /// One held position as the cap sees it.
    public struct Held: Sendable, Equatable {
        /// Which.
        public var position: PositionKey
        /// How much is held.
        public var quantity: Decimal
        /// What it is worth, in the base currency; nil: unpriced.
        public var value: Decimal?
        /// Whether its venue would sell it.
        public var isSellable: Bool
        /// When it was opened, or else seen first, in desk time.
        public var sinceMs: UInt64
        /// Whether a close of it is on its way already.
        public var isLeaving: Bool

        /// Creates a held position.
        public init(
            _ position: PositionKey,
            quantity: Decimal,
            value: Decimal?,
            isSellable: Bool = true,
            sinceMs: UInt64 = 0,
            isLeaving: Bool = false
        ) {
            self.position = position
            self.quantity = quantity
            self.value = value
            self.isSellable = isSellable
            self.sinceMs = sinceMs
            self.isLeaving = isLeaving
        }
    }

    /// What should happen to the positions of one account, dust left out.
    public static func plan(_ held: [Held], most: Int) -> CapPlan {
        let most = max(0, most)
        let stuck = held.filter { !$0.isLeaving && ($0.value == nil || !$0.isSellable) }
            .sorted { $0.position.precedes($1.position) }
        let leaving = held.filter(\.isLeaving).sorted { $0.position.precedes($1.position) }
        let ranked = held.filter { !$0.isLeaving && $0.value != nil && $0.isSellable }.sorted(by: isKeptBefore)

        var plan = CapPlan(count: held.count, most: most)
        plan.unpriced = held.count { $0.value == nil }
        plan.unsellable = held.count { !$0.isSellable }
        plan.sold = leaving.map { CapPlan.Choice($0, "its close is under way") }
        let toSell = min(ranked.count, max(0, plan.excess - leaving.count))
        let stay = ranked.count - toSell
        plan.kept = ranked.prefix(stay).enumerated().map { rank, one in
            CapPlan.Choice(one, "rank \(rank + 1) of \(ranked.count) by value")
        }
        plan.kept += stuck.map { one in
            CapPlan.Choice(
                one,
                one.value == nil ? "unpriced: counts, is not sold" : "its venue does not sell it: counts"
            )
        }
        let closes = ranked.suffix(toSell).reversed().enumerated().map { rank, one in
            CapPlan.Choice(one, "\(rank == 0 ? "the smallest" : "smallest but \(rank)") of \(ranked.count) by value")
        }
        plan.sold += closes
        plan.toSell = closes.count
        return plan
    }

    private static func isKeptBefore(_ left: Held, _ right: Held) -> Bool {
        if let a = left.value, let b = right.value, a != b { return a > b }
        if left.sinceMs != right.sinceMs { return left.sinceMs < right.sinceMs }
        return left.position.precedes(right.position)
    }
}

/// What the cap would do with one account.
public struct CapPlan: Sendable, Equatable {
    /// One position, and why it stays or goes.
    public struct Choice: Sendable, Equatable {
        /// Which.
        public var position: PositionKey
        /// How much is held.
        public var quantity: Decimal
        /// What it is worth, in the base currency; nil: unpriced.
        public var value: Decimal?
        /// Why.
        public var reason: String

        init(_ held: Cap.Held, _ reason: String) {
            position = held.position
            quantity = held.quantity
            value = held.value
            self.reason = reason
        }
    }

    /// Positions held now, dust left out.
    public var count: Int
    /// How many may be held.
    public var most: Int
    /// Those that stay, the largest first, then those that cannot be sold.
    public var kept: [Choice] = []
    /// Those that go: what is on its way already, then the smallest first.
    public var sold: [Choice] = []
    /// How many of `sold` are not on their way yet: its last ones.
    public var toSell = 0
    /// Held positions without a value.
    public var unpriced = 0
    /// Held positions that their venue does not sell.
    public var unsellable = 0

    init(count: Int, most: Int) {
        self.count = count
        self.most = most
    }

    /// How many are held too many, now.
    public var excess: Int { max(0, count - most) }
    /// How many would still be held too many after all of it is done.
    public var shortfall: Int { max(0, excess - sold.count) }
    /// What is not on its way yet, the smallest first.
    public var closes: ArraySlice<Choice> { sold.suffix(toSell) }
}

extension PositionKey {
    /// By symbol, then long before short, then venue and account: the same order on every machine.
    func precedes(_ other: PositionKey) -> Bool {
        if symbol != other.symbol { return symbol < other.symbol }
        if side != other.side { return side == .long }
        return (venue, account) < (other.venue, other.account)
    }
}

extension AccountKey {
    /// Venue, then account.
    func precedes(_ other: AccountKey) -> Bool { (venue, account) < (other.venue, other.account) }
}

extension PositionKey {
    /// The account that holds it.
    var accountKey: AccountKey { AccountKey(venue: venue, account: account) }
}

extension EngineSettings.Cap {
    /// Whether an account is a user's.
    public func isUser(_ account: AccountKey) -> Bool {
        userAccounts.contains(account.description) || userAccounts.contains(account.account)
    }

    /// How many positions an account may hold: its own cap, else that of users, else everybody's.
    public func most(for account: AccountKey) -> Int {
        mostByAccount[account.description] ?? mostByAccount[account.account]
            ?? (isUser(account) ? mostForUsers : most)
    }

    /// What the policy says at a venue.
    func policy(at venue: String) -> EngineSettings.Policy { venue == Engine.paperVenue ? policy : externalPolicy }
}

extension EngineSettings.Exits.Limit {
    /// What the policy says at a venue.
    func policy(at venue: String) -> EngineSettings.Policy { venue == Engine.paperVenue ? policy : externalPolicy }
}
