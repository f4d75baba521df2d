/// Something that does not add up between what venues and bots say, or within what a venue says.
public struct ReconciliationFinding: Sendable, Equatable, Codable {
    /// What does not add up.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The venue's own sum is not balance and positions.
        case total
        /// The venue holds what no bot claims, in an account where bots claim what they hold.
        case orphan
        /// A bot claims what the venue, which lists its positions, does not hold.
        case phantom
        /// Both hold it, and not as much.
        case size
    }

    /// What does not add up.
    public var kind: Kind
    /// The account.
    public var account: AccountKey
    /// What it is about, the same as long as it lasts: `venue/account`, the position's name, or (orphans)
    /// `venue/account/unclaimed`.
    public var subject: String
    /// How far it is off, in percent of what the venue says; nil: that is nothing.
    public var percent: Decimal?
    /// Both figures, in words.
    public var text: String

    /// Creates a finding.
    public init(kind: Kind, account: AccountKey, subject: String, percent: Decimal? = nil, text: String) {
        self.kind = kind
        self.account = account
        self.subject = subject
        self.percent = percent
        self.text = text
    }
}

extension Book {
    /// What does not add up now (FEATURES row C41): totals by accounts, then positions, each in the order of first sight.
    ///
    /// A total is compared only where every part has a price; totals and sizes may differ by
    /// `settings.reconciliationTolerance` percent of what the venue says, not by more.
    public func reconciliation(_ valuation: Valuation, _ settings: EngineSettings) -> [ReconciliationFinding] {
        var findings: [ReconciliationFinding] = []
        for place in valuation.accounts.indices {
            let (key, account) = (valuation.accounts.keys[place], valuation.accounts.values[place])
            guard account.basis != .claimed, account.unpriced == 0, account.stalePositions == 0,
                !account.arePositionsStale, let stated = account.stated,
                let counted = account.money.flatMap({ $0.adding(account.holdings) }),
                let off = stated.subtracting(counted)?.magnitude, off > Decimal(0)
            else { continue }
            let percent = Decimal.percent(off, of: stated.magnitude)
            guard percent.map({ $0 > settings.reconciliationTolerance }) ?? true else { continue }
            findings.append(
                ReconciliationFinding(
                    kind: .total,
                    account: key,
                    subject: key.description,
                    percent: percent,
                    text: "\(key): the venue says \(stated.rounded(to: 2)) \(settings.baseCurrency), "
                        + "balance and positions are \(counted.rounded(to: 2))"
                )
            )
        }
        let claiming = accountsWithClaims()
        var orphans = Ledger<AccountKey, [String]>()
        for place in positions.indices {
            // What was not reported lately is not known to differ.
            guard !(place < valuation.positions.count && valuation.positions[place].isStale),
                let finding = finding(place, claiming, settings),
                valuation.accounts[finding.account].map({ !$0.arePositionsStale }) ?? true
            else { continue }
            if finding.kind == .orphan {
                orphans[finding.account, default: []].append(finding.text)
            } else {
                findings.append(finding)
            }
        }
        // One cause, one finding: what people or other programs hold in a bot's account is mostly there in numbers.
        return findings + orphans.indices.map { ReconciliationFinding(orphans: orphans.values[$0], orphans.keys[$0]) }
    }

    private func accountsWithClaims() -> Set<AccountKey> {
        var accounts: Set<AccountKey> = []
        for place in positions.indices where positions.values[place].claimed != nil {
            accounts.insert(AccountKey(venue: positions.keys[place].venue, account: positions.keys[place].account))
        }
        return accounts
    }

    private func finding(
        _ place: Int,
        _ claiming: Set<AccountKey>,
        _ settings: EngineSettings
    ) -> ReconciliationFinding? {
        guard !claiming.isEmpty else { return nil }
        let key = positions.keys[place]
        let account = AccountKey(venue: key.venue, account: key.account)
        let held = positions.values[place].quantity ?? Decimal(0)
        let claimed = positions.values[place].claimed ?? Decimal(0)
        guard held != claimed, claiming.contains(account) else { return nil }
        var finding = ReconciliationFinding(kind: .size, account: account, subject: key.description, text: "")
        if claimed == Decimal(0) {
            finding.kind = .orphan
            finding.text = "\(held) \(key.symbol) \(key.side.rawValue)"
        } else if held == Decimal(0) {
            guard venues[account]?.positionsListedMs != nil else { return nil }
            finding.kind = .phantom
            finding.text = "\(key): a bot says \(claimed), the venue holds none"
        } else {
            finding.percent = held.subtracting(claimed).flatMap { Decimal.percent($0.magnitude, of: held) }
            guard finding.percent.map({ $0 > settings.reconciliationTolerance }) ?? true else { return nil }
            finding.text = "\(key): a bot says \(claimed), the venue holds \(held)"
        }
        return finding
    }
}

extension ReconciliationFinding {
    /// Most orphans that a finding names.
    private static let mostNamed = 5

    /// What an account's venue holds and no bot claims.
    fileprivate init(orphans: [String], _ account: AccountKey) {
        let more =
            orphans.count > ReconciliationFinding.mostNamed
            ? " and \(orphans.count - ReconciliationFinding.mostNamed) more" : ""
        let named = orphans.prefix(ReconciliationFinding.mostNamed).joined(separator: ", ")
        let many =
            orphans.count == 1 ? "a position that no bot claims" : "\(orphans.count) positions that no bot claims"
        self.init(
            kind: .orphan,
            account: account,
            subject: "\(account)/unclaimed",
            text: "\(account): the venue holds \(many): \(named)\(more)"
        )
    }
}
