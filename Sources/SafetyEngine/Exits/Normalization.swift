/// One clean-up over all accounts, before a desk goes live (FEATURES rows C25, C43 to C45): users' accounts down to five
/// positions, every other one down to its own cap. Pure: says what a run would do, and counts what it did.
///
/// Invariants (SafetyEngineTests/NormalizationTests): what is held after is what was held before less what was sold, account
/// by account, never the cap itself; dust is counted for its own account only; what was refused counts as held.
public struct Normalization: Sendable, Equatable {
    /// One account.
    public struct Account: Sendable, Equatable {
        /// Which.
        public var account: AccountKey
        /// Whether it is a user's.
        public var isUser: Bool
        /// Why nobody knows what it holds; empty: it is known. Otherwise nothing is done with it.
        public var problem: String
        /// What stays and what goes, dust left out.
        public var plan: CapPlan
        /// Held positions that are dust.
        public var dust: [CapPlan.Choice]
        /// Sales that were refused, and why.
        public var refused = Ledger<PositionKey, String>()

        /// Whether it is known what it holds.
        public var isHeard: Bool { problem.isEmpty }
        /// Positions held before, dust among them.
        public var before: Int { plan.count + dust.count }
        /// Positions that are sold, refused ones left out; none where the venue is not heard.
        public var removed: [CapPlan.Choice] {
            isHeard ? plan.sold.filter { refused.place(of: $0.position) == nil } : []
        }
        /// Positions held after, dust among them.
        public var after: Int { before - removed.count }
        /// How it stands before anything is sold: `compliant`, `over_cap` or `unknown`.
        public var statusBefore: CapResult.Status {
            guard isHeard else { return .unknown }
            return plan.excess > 0 ? .overCap : .compliant
        }
        /// How it stands after: `compliant`, or `over_cap` where too many remain, or `unknown`.
        public var status: CapResult.Status {
            guard isHeard else { return .unknown }
            return plan.count - removed.count > plan.most ? .overCap : .compliant
        }
    }

    /// The accounts, by name.
    public private(set) var accounts: [Account] = []
    /// What an account's venue could not say or do.
    public private(set) var errors: [String] = []

    /// Creates a run over nothing.
    public init() {}

    /// What a run would do.
    ///
    /// - Parameters:
    ///   - book: what is held.
    ///   - valuation: what it is worth.
    ///   - dust: what does not count.
    ///   - exits: what is on its way already.
    ///   - atMs: the desk's time.
    ///   - settings: the caps.
    public static func plan(
        book: Book,
        valuation: Valuation,
        dust: DustList,
        exits: Exits = Exits(),
        at atMs: UInt64,
        settings: EngineSettings
    ) -> Normalization {
        let unasked = HostEvent.ModeState(mode: "unknown", generation: 0, latches: 0)
        let scene = ExitScene(book, valuation, dust, unasked, at: atMs, settings)
        var run = Normalization()
        for (account, holdings) in Exits.accounts(book) {
            let most = settings.cap.most(for: account)
            let plan = exits.capPlan(holdings, most: most, scene)
            let problem = scene.whyUnknown(account)
            let ignored = holdings.positions.filter { dust.contains(book.positions.keys[$0]) }.map { place in
                let key = book.positions.keys[place]
                let entry = dust.entries[DustList.Key(venue: key.venue, account: key.account, symbol: key.symbol)]
                return CapPlan.Choice(
                    Cap.Held(
                        key,
                        quantity: book.positions.values[place].quantity ?? Decimal(0),
                        value: scene.worth(at: place).value
                    ),
                    entry?.reason ?? ""
                )
            }
            let isUser = settings.cap.isUser(account)
            let entry = Account(account: account, isUser: isUser, problem: problem, plan: plan, dust: ignored)
            run.accounts.append(entry)
            run.errors += errors(of: entry)
        }
        return run
    }

    private static func errors(of account: Account) -> [String] {
        guard account.isHeard else {
            return [
                account.problem == ExitScene.notReached
                    ? "\(account.account): Connection failed"
                    : "\(account.account): positions not known: \(account.problem)"
            ]
        }
        var errors: [String] = []
        for choice in account.plan.kept where choice.value == nil {
            errors.append("\(account.account): Price fetch failed for \(choice.position.symbol): counts, is not sold")
        }
        if account.plan.shortfall > 0 {
            errors.append("\(account.account): \(account.plan.shortfall) over the cap cannot be sold")
        }
        return errors
    }

    /// Leaves the other accounts out.
    mutating func keep(_ isKept: (AccountKey) -> Bool) {
        accounts.removeAll { !isKept($0.account) }
        errors = accounts.flatMap(Normalization.errors)
    }

    /// A sale was refused: the position is held still.
    public mutating func refuse(_ position: PositionKey, _ why: String) {
        guard let place = accounts.firstIndex(where: { $0.account == position.accountKey }),
            accounts[place].plan.sold.contains(where: { $0.position == position })
        else { return }
        accounts[place].refused[position] = why
        errors.append("\(position.accountKey): \(position.symbol) was not sold: \(why)")
    }

    /// What a run decides: one close for each position that goes and is not on its way already; nothing of an account whose
    /// venue is not heard.
    ///
    /// - Parameters:
    ///   - name: the operator who orders it.
    ///   - lastNumber: the last number that a decision bore.
    public func effects(by name: String, after lastNumber: UInt64) -> [Decision.Effect] {
        var number = lastNumber
        return accounts.filter(\.isHeard).flatMap { account in account.plan.closes }.map { choice in
            number += 1
            let key = choice.position
            return Decision.Effect(
                number: number,
                by: "operator:\(name)",
                reason: "normalization: \(choice.reason)",
                action: .close(
                    venue: key.venue,
                    account: key.account,
                    symbol: key.symbol,
                    side: key.side,
                    quantity: choice.quantity
                )
            )
        }
    }
}
