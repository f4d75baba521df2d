/// One thing that the engine is told. Everything that it knows came in as one of these.
///
/// What a bot says and what a venue says are told apart by `origin.source`, and stay apart in the book.
public struct Event: Sendable, Equatable {
    /// Where it comes from and what it is about.
    public var origin: Origin
    /// The source's own name for this event, unique per source: what repeats one is a duplicate. Empty: none given.
    public var id: String
    /// When it happened, by its source's clock: milliseconds since 1970, UTC. Nil: when it was received.
    public var happenedMs: Int64?
    /// When its source began to ask for a listing, by its own clock: milliseconds since 1970, UTC. Nil: not said.
    public var askedMs: Int64?
    /// What happened.
    public var body: Body
    /// Of a list: rows that could not be read, by its sender or by this desk. Then the rows that are there count, and the
    /// list is not complete: what it does not name may be there all the same.
    public var refusedRows = 0

    /// Creates an event.
    public init(
        _ origin: Origin,
        _ body: Body,
        id: String = "",
        happenedMs: Int64? = nil,
        askedMs: Int64? = nil,
        refusedRows: Int = 0
    ) {
        self.refusedRows = refusedRows
        self.origin = origin
        self.body = body
        self.id = id
        self.happenedMs = happenedMs
        self.askedMs = askedMs
    }

    /// What can happen.
    public enum Body: Sendable, Equatable {
        /// One order, as it stands now.
        case order(OrderReport)
        /// All orders that are open at a venue's account: one that is not among them is not open there.
        case openOrders([OrderReport])
        /// One fill of an order.
        case fill(FillReport)
        /// One position, as it stands now.
        case position(PositionReport)
        /// All positions of a venue's account: one that is not among them is not held there.
        case positions([PositionReport])
        /// What an account holds in money, and what it is worth in all.
        case balance(BalanceReport)
        /// Money that came or went, and is neither gain nor loss.
        case transfer(TransferReport)
        /// The price of a symbol, or of one currency in another (`EUR/USD`).
        case price(PriceReport)
        /// A beat.
        case heartbeat(Heartbeat)
        /// A reading of anything that a rule may watch.
        case metric(MetricReport)
        /// What became of one request to a venue.
        case apiResult(APIResult)
        /// How many accounts there are, and how many of them trade.
        case accounts(AccountCounts)
        /// A trade that was closed, with what it brought.
        case trade(TradeReport)
        /// Trading signals that a strategy made, since its last such event.
        case signals(count: Int)
        /// How a venue is reached.
        case venue(VenueReport)
        /// What an operator did. Never accepted from a bot.
        case operatorAction(OperatorAction)
        /// What the host did, found or was told. Never accepted from outside.
        case host(HostEvent)
    }

    /// Where an event comes from and what it is about. Empty: not said.
    public struct Origin: Sendable, Hashable, Codable {
        /// The desk.
        public var desk: String
        /// The venue.
        public var venue: String
        /// The account there.
        public var account: String
        /// The strategy.
        public var strategy: String
        /// Who says it.
        public var source: Source

        /// Creates an origin.
        public init(
            desk: String = "",
            venue: String = "",
            account: String = "",
            strategy: String = "",
            source: Source
        ) {
            self.desk = desk
            self.venue = venue
            self.account = account
            self.strategy = strategy
            self.source = source
        }
    }

    /// Who says something: written `bot:grid-1`, `venue:kraken`, `operator:alice`, `host:desk`.
    public struct Source: Sendable, Hashable, Codable, CustomStringConvertible {
        /// What kind of source it is: how much its word counts.
        public enum Kind: String, Sendable, CaseIterable, Codable {
            /// A bot: a claim.
            case bot
            /// A venue's adapter: the proof.
            case venue
            /// A person.
            case `operator`
            /// The host itself.
            case host
        }
        /// Its kind.
        public var kind: Kind
        /// Its name.
        public var name: String

        /// Creates a source.
        public init(_ kind: Kind, _ name: String) {
            self.kind = kind
            self.name = name
        }

        /// `bot:grid-1`.
        public var description: String { "\(kind.rawValue):\(name)" }
    }
}

/// When the host received an event. The host's business; the engine has no clock.
public struct Receipt: Sendable, Equatable, Hashable, Codable {
    /// The desk's own time, which only moves forward and goes on over restarts: milliseconds on a
    /// scale that was the wall clock's when the desk began. Every duration is a difference of these.
    public var atMs: UInt64
    /// The wall clock then: milliseconds since 1970, UTC. For display and records.
    public var wallMs: Int64

    /// Creates a receipt.
    public init(atMs: UInt64, wallMs: Int64) {
        self.atMs = atMs
        self.wallMs = wallMs
    }
}
