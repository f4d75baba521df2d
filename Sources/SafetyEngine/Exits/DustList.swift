/// Symbols whose positions are worth too little to count (FEATURES rows C8 to C14). Part of the engine's state: it
/// survives restarts with it.
///
/// Invariants (SafetyEngineTests/DustTests): nothing is listed by itself but a held symbol whose value is known and
/// strictly below the threshold; what has no price is never listed by itself and never comes off by itself; a listed
/// symbol whose value recovers comes off or is told, never ignored in silence (LESSONS 18); what is no dust list is
/// refused, never read as an empty one.
public struct DustList: Sendable, Equatable, Codable {
    /// A symbol of one account: both of its sides.
    public struct Key: Sendable, Hashable, Codable {
        /// The venue.
        public var venue: String
        /// The account there.
        public var account: String
        /// The symbol as the venue writes it.
        public var symbol: String

        /// Creates a key.
        public init(venue: String, account: String, symbol: String) {
            self.venue = venue
            self.account = account
            self.symbol = symbol
        }

        /// Where it is.
        var accountKey: AccountKey { AccountKey(venue: venue, account: account) }
    }

    /// Why and since when a symbol is listed.
    public struct Entry: Sendable, Equatable, Codable {
        /// What it was worth then, in the base currency; nil: an operator listed it without a value.
        public var value: Decimal?
        /// Why.
        public var reason: String
        /// Since when, in desk time.
        public var sinceMs: UInt64
        /// Since when, milliseconds since 1970 UTC; nil: nobody knew the time.
        public var sinceWallMs: Int64?
        /// Whether an operator listed it: then it stays until one removes it.
        public var isByOperator: Bool
        /// Whether it was told that it is worth more again.
        public var isRecovered = false

        enum CodingKeys: String, CodingKey {
            case value, reason, sinceMs, sinceWallMs, isByOperator, isRecovered
        }
    }

    /// What is listed.
    public private(set) var entries = Ledger<Key, Entry>()
    /// Symbols that an operator took off while they were worth little: not listed by themselves until they are worth
    /// more once.
    public private(set) var pardoned = Ledger<Key, Bool>()
    /// How many symbols were listed in each account, since the desk began.
    public private(set) var listed = Ledger<AccountKey, Int>()

    /// Creates an empty list.
    public init() {}

    /// Whether a symbol of an account is listed.
    public func contains(venue: String, account: String, symbol: String) -> Bool {
        !entries.isEmpty && entries.place(of: Key(venue: venue, account: account, symbol: symbol)) != nil
    }

    /// Whether a position is of a listed symbol.
    func contains(_ position: PositionKey) -> Bool {
        contains(venue: position.venue, account: position.account, symbol: position.symbol)
    }

    /// Lists what became dust; what recovered comes off, where the settings say so.
    mutating func evaluate(
        _ book: Book,
        _ valuation: Valuation,
        _ wallMs: Int64?,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ decisions: inout [Decision]
    ) {
        let limit = DecimalLimit(settings.dust.threshold)
        for place in book.positions.indices where place < valuation.positions.count {
            guard let value = valuation.positions[place].value, limit.isAbove(value) else { continue }
            let position = book.positions.keys[place]
            guard book.positions.values[place].isHeld else { continue }
            let key = Key(venue: position.venue, account: position.account, symbol: position.symbol)
            guard entries.place(of: key) == nil, pardoned.place(of: key) == nil,
                let whole = DustList.value(of: key, book, valuation), limit.isAbove(whole)
            else { continue }
            let threshold = RunbookLog.money(settings.dust.threshold, settings.baseCurrency)
            list(
                key,
                Entry(
                    value: whole,
                    reason: "worth less than \(threshold)",
                    sinceMs: atMs,
                    sinceWallMs: wallMs,
                    isByOperator: false
                ),
                settings,
                &decisions
            )
        }
        recover(book, valuation, limit, settings, &decisions)
    }

    /// What is worth something again.
    private mutating func recover(
        _ book: Book,
        _ valuation: Valuation,
        _ limit: DecimalLimit,
        _ settings: EngineSettings,
        _ decisions: inout [Decision]
    ) {
        guard !entries.isEmpty || !pardoned.isEmpty else { return }
        var off: [Key] = []
        for place in entries.indices {
            let key = entries.keys[place]
            guard let value = DustList.value(of: key, book, valuation) else { continue }
            guard !limit.isAbove(value) else {
                if entries.values[place].isRecovered { entries[at: place].isRecovered = false }
                continue
            }
            let comesOff = settings.dust.comesBack && !entries.values[place].isByOperator
            if comesOff { off.append(key) }
            guard comesOff || !entries.values[place].isRecovered else { continue }
            entries[at: place].isRecovered = true
            decisions.append(
                .log(RunbookLog.dustRecovered(key, value: value, comesOff: comesOff, settings.baseCurrency))
            )
        }
        for key in off { entries.remove(key) }
        let worthMore = pardoned.keys.filter { key in
            DustList.value(of: key, book, valuation).map { !limit.isAbove($0) } ?? false
        }
        for key in worthMore { pardoned.remove(key) }
    }

    /// An operator's addition, removal, or clearing.
    mutating func take(
        _ action: OperatorAction,
        _ wallMs: Int64?,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ decisions: inout [Decision]
    ) {
        switch action.change {
        case .addDust(let venue, let account, let symbol, let value):
            let key = Key(venue: venue, account: account, symbol: symbol)
            guard !symbol.isEmpty, !(value?.isNegative ?? false) else {
                decisions.append(.log(RunbookLog.refused(action, "dust", "no symbol, or a value below zero")))
                return
            }
            pardoned.remove(key)
            let reason = action.reason.isEmpty ? "by \(action.name)" : "\(action.reason) (by \(action.name))"
            list(
                key,
                Entry(value: value, reason: reason, sinceMs: atMs, sinceWallMs: wallMs, isByOperator: true),
                settings,
                &decisions
            )
        case .removeDust(let venue, let account, let symbol):
            let key = Key(venue: venue, account: account, symbol: symbol)
            guard entries.place(of: key) != nil else {
                decisions.append(
                    .log(RunbookLog.refused(action, "dust", "\(symbol) is not listed in \(key.accountKey)"))
                )
                return
            }
            remove([key], by: action, &decisions)
        case .clearDust(let account):
            let keys = entries.keys.filter { key in
                account.map { $0 == key.account || $0 == key.accountKey.description } ?? true
            }
            remove(keys, by: action, &decisions)
        default: break
        }
    }

    private mutating func list(
        _ key: Key,
        _ entry: Entry,
        _ settings: EngineSettings,
        _ decisions: inout [Decision]
    ) {
        if entries.place(of: key) == nil { listed[key.accountKey, default: 0] += 1 }
        entries[key] = entry
        decisions.append(.log(RunbookLog.blacklisted(key, entry, settings.baseCurrency)))
    }

    private mutating func remove(_ keys: [Key], by action: OperatorAction, _ decisions: inout [Decision]) {
        for key in keys {
            entries.remove(key)
            pardoned[key] = true
            decisions.append(.log(RunbookLog.dustRemoved(key, by: action)))
        }
    }

    /// What a symbol of an account is worth, both sides together; nil: it is not held, or a part of it has no price.
    static func value(of key: Key, _ book: Book, _ valuation: Valuation) -> Decimal? {
        var sum: Decimal?
        for side in Position.Side.allCases {
            let position = PositionKey(venue: key.venue, account: key.account, symbol: key.symbol, side: side)
            guard let place = book.positions.place(of: position), book.positions.values[place].isHeld else { continue }
            guard place < valuation.positions.count, let value = valuation.positions[place].value,
                let total = (sum ?? Decimal(0)).adding(value)
            else { return nil }
            sum = total
        }
        return sum
    }
}

extension DustList.Entry {
    /// Reads what was written; refuses a value below zero, and what is listed by itself without a value: no list ever
    /// had those.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        value = try container.decodeIfPresent(Decimal.self, forKey: .value)
        reason = try container.decode(String.self, forKey: .reason)
        sinceMs = try container.decode(UInt64.self, forKey: .sinceMs)
        sinceWallMs = try container.decodeIfPresent(Int64.self, forKey: .sinceWallMs)
        isByOperator = try container.decode(Bool.self, forKey: .isByOperator)
        isRecovered = try container.decode(Bool.self, forKey: .isRecovered)
        guard !(value?.isNegative ?? false), value != nil || isByOperator else {
            throw DecodingError.dataCorruptedError(
                forKey: .value,
                in: container,
                debugDescription: "no list of dust has such an entry"
            )
        }
    }
}
