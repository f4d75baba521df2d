/// What an alert is about: enough of it to find it in the book again.
public enum Subject: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The whole desk.
    case desk
    /// A venue.
    case venue(String)
    /// An account of a venue.
    case account(AccountKey)
    /// An order.
    case order(OrderKey)
    /// A position.
    case position(PositionKey)
    /// One currency of an account.
    case balance(BalanceKey)
    /// A metric, by its name in the book: `name` or `name/subject`.
    case metric(String)
    /// A supervisor.
    case supervisor(String)
    /// What a reconciliation found, by its own name.
    case finding(String)
    /// One stream of an account; account counts belong to none.
    case stream(StreamKind, AccountKey?)

    /// As screens, silences and alerts' names write it: `desk`, `kraken`, `kraken/main`, `kraken/main/order-1`.
    public var description: String {
        switch self {
        case .desk: "desk"
        case .venue(let name), .supervisor(let name), .finding(let name), .metric(let name): name
        case .account(let key): key.description
        case .order(let key): "\(key.venue)/\(key.account)/\(key.clientID)"
        case .position(let key): key.description
        case .balance(let key): "\(key.venue)/\(key.account)/\(key.currency)"
        case .stream(let kind, let key): key.map { "\($0)/\(kind.rawValue)" } ?? kind.rawValue
        }
    }

    /// The venue that it belongs to; nil: none, or it does not say.
    public var venue: String? {
        switch self {
        case .venue(let name): name
        case .account(let key): key.venue
        case .order(let key): key.venue
        case .position(let key): key.venue
        case .balance(let key): key.venue
        case .stream(_, let key): key?.venue
        case .desk, .metric, .supervisor, .finding: nil
        }
    }

    /// The account that it belongs to; nil: none, or it does not say.
    public var account: AccountKey? {
        switch self {
        case .account(let key): key
        case .order(let key): AccountKey(venue: key.venue, account: key.account)
        case .position(let key): AccountKey(venue: key.venue, account: key.account)
        case .balance(let key): AccountKey(venue: key.venue, account: key.account)
        case .stream(_, let key): key
        case .desk, .venue, .metric, .supervisor, .finding: nil
        }
    }
}

/// What makes it the same alert when it is found again.
public struct AlarmKey: Sendable, Hashable, Codable {
    /// The rule's name.
    public var rule: String
    /// What it is about.
    public var subject: Subject

    /// Creates a key.
    public init(rule: String, subject: Subject) {
        self.rule = rule
        self.subject = subject
    }

    /// The alert's name: `ORDER_STUCK/kraken/main/order-1`.
    public var id: String { "\(rule)/\(subject)" }
}
