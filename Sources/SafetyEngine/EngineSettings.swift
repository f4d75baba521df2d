/// Every number that the engine decides by. Part of what is journaled: a replay decides by what held then.
public struct EngineSettings: Sendable, Equatable, Codable {
    /// Whether something is only shown, or done.
    public enum Policy: String, Sendable, Codable, CaseIterable {
        /// Show what would be done; an operator can carry it out.
        case observe
        /// Do it.
        case enforce
    }

    /// The desk's name.
    public var deskName = "paper"
    /// Whether it is a paper desk.
    public var isPaper = true
    /// What exposure, equity and losses are counted in.
    public var baseCurrency = "USD"
    /// The source whose conversion rates count; empty: any venue's.
    public var conversionSource = ""
    /// Older than this a price is stale, and what it values is unpriced. Milliseconds.
    public var priceStaleMs: UInt64 = 60_000
    /// How much of each kind the desk keeps.
    public var bounds = Bounds()
    /// How old what an account reports may be, stream by stream.
    public var streams = Streams()
    /// Without a word from a venue for so long, what is open there is UNKNOWN. Milliseconds.
    public var venueSilentMs: UInt64 = 60_000
    /// How long an accepted order may take to be listed by its venue, in milliseconds: where `settleByVenue` does not say.
    public var settleMs: UInt64 = 1_000
    /// The same by venue. The paper venue runs in this process and lists what is on its way too: it needs none.
    public var settleByVenue: [String: UInt64] = [:]
    /// Whether the desk is meant to work although nobody lists the orders of some account: `[venues] orders = "not watched"`.
    public var ordersAreNotWatched = false
    /// When the desk's day begins, in minutes after midnight UTC.
    public var dayStartMinute = 0
    /// Orders that the desk itself sends.
    public var orders = Orders()
    /// The position cap.
    public var cap = Cap()
    /// Dust.
    public var dust = Dust()
    /// The exit engine.
    public var exits = Exits()
    /// How far the venue's own total may be from balance and positions, in percent of it.
    public var reconciliationTolerance = Decimal(1)
    /// Expected supervisors, besides those that register by beating.
    public var supervisors: [ExpectedSupervisor] = []
    /// When a beat counts as late, stalled.
    public var beats = Beats()
    /// After a resume.
    public var probation = Probation()
    /// The table of rules, user-defined ones at the end.
    public var rules: [Rule] = Rule.defaults

    /// The defaults.
    public init() {}

    /// How much of each kind the desk keeps. What comes beyond it is left out, and OVERLOADED says so.
    public struct Bounds: Sendable, Equatable, Codable {
        /// Orders, finished ones of the last minutes among them.
        public var orders = 50_000
        /// Positions, held or claimed.
        public var positions = 50_000
        /// Venues' accounts.
        public var accounts = 10_000
        /// Balances: one for each currency of an account.
        public var balances = 20_000
        /// Symbols with a price.
        public var prices = 100_000
        /// Metrics.
        public var metrics = 20_000
        /// Alerts that are open, or on their way. Rules that halt are not bound by it.
        public var alerts = 10_000
        /// The defaults.
        public init() {}
    }

    /// How old each stream may be before what it reported is unknown. Milliseconds. Prices have `priceStaleMs`.
    public struct Streams: Sendable, Equatable, Codable {
        /// Listings of open orders.
        public var ordersMs: UInt64 = 60_000
        /// Listings of positions.
        public var positionsMs: UInt64 = 60_000
        /// Readings of balances.
        public var balancesMs: UInt64 = 60_000
        /// Account counts.
        public var accountCountsMs: UInt64 = 300_000
        /// The defaults.
        public init() {}
    }

    /// The limit of a stream, in milliseconds.
    public func limitMs(of stream: StreamKind) -> UInt64 {
        switch stream {
        case .orders: streams.ordersMs
        case .positions: streams.positionsMs
        case .balances: streams.balancesMs
        case .prices: priceStaleMs
        case .accountCounts: streams.accountCountsMs
        }
    }

    /// Orders that the desk itself sends (FEATURES row E28).
    public struct Orders: Sendable, Equatable, Codable {
        /// Unanswered for so long, an order's state is unknown. Milliseconds.
        public var timeoutMs: UInt64 = 300_000
        /// How often it is tried again.
        public var retries = 3
        /// How many may be sent in a minute.
        public var perMinute = 120
        /// The defaults.
        public init() {}
    }

    /// The position cap (FEATURES rows C1 to C7).
    public struct Cap: Sendable, Equatable, Codable {
        /// Positions that an account may hold.
        public var most = 8
        /// The same for users' accounts (row C25).
        public var mostForUsers = 5
        /// Which accounts are users': `venue/account`, or `account` for every venue.
        public var userAccounts: [String] = []
        /// Accounts with a cap of their own: `venue/account` or `account`.
        public var mostByAccount: [String: Int] = [:]
        /// Shown or done, on the built-in paper venue.
        public var policy = Policy.enforce
        /// Shown or done, on any other venue.
        public var externalPolicy = Policy.observe
        /// How often it is enforced, in milliseconds (row C32).
        public var everyMs: UInt64 = 60_000
        /// The defaults.
        public init() {}
    }

    /// Dust (FEATURES rows C8 to C13).
    public struct Dust: Sendable, Equatable, Codable {
        /// A position worth less is dust, in the base currency.
        public var threshold = Decimal(1)
        /// Whether a symbol comes off the list when its value recovers; it is shown either way.
        public var comesBack = true
        /// The defaults.
        public init() {}
    }

    /// The exit engine (FEATURES rows C15 to C19). Comparisons are strict.
    public struct Exits: Sendable, Equatable, Codable {
        /// A percentage, or a time, and whether it is only shown or done.
        public struct Limit<Value: Sendable & Equatable & Codable>: Sendable, Equatable, Codable {
            /// Where it fires: past it, not at it.
            public var at: Value
            /// Off: never evaluated.
            public var isEnabled = true
            /// Shown or done, on the built-in paper venue.
            public var policy = Policy.enforce
            /// Shown or done, on any other venue.
            public var externalPolicy = Policy.observe
            /// Creates a limit.
            public init(_ at: Value) { self.at = at }
        }
        /// Percent below the entry price (above, for a short).
        public var stopLoss = Limit(Decimal(3))
        /// Percent above the entry price (below, for a short).
        public var takeProfit = Limit(Decimal(8))
        /// Percent below the best price since the entry (above, for a short).
        public var trailing = Limit(Decimal(5))
        /// Time held, in milliseconds.
        public var maximumHold = Limit(UInt64(86_400_000))
        /// Samples in a row that have to agree before a price rule fires.
        public var confirmations = 1
        /// The defaults.
        public init() {}
    }

    /// A supervisor that is expected whether it ever beat or not.
    public struct ExpectedSupervisor: Sendable, Equatable, Codable {
        /// Its name.
        public var name: String
        /// Its interval, in milliseconds.
        public var intervalMs: UInt64
        /// The command that starts it again; empty: none.
        public var restart: [String] = []
        /// The wait before the first restart, doubled for each further one, in milliseconds.
        public var backoffMs: UInt64 = 1_000
        /// How many restarts before it is left alone.
        public var mostRestarts = 3
        /// It is a feed of this venue: while it is silent, rules that it starves stay quiet. Empty: no feed.
        public var feeds = ""
        /// Creates an expectation.
        public init(name: String, intervalMs: UInt64) {
            self.name = name
            self.intervalMs = intervalMs
        }
    }

    /// When a beat counts as late, stalled.
    public struct Beats: Sendable, Equatable, Codable {
        /// Intervals without a beat: LATE. In percent (150 is one and a half).
        public var latePercent = 150
        /// Intervals without a beat: STALLED.
        public var stalledPercent = 300
        /// The engine's own loop: without an evaluation for so long it stalled. Milliseconds.
        public var engineStallMs: UInt64 = 5_000
        /// Whether its stall halts.
        public var engineStallHalts = false
        /// The defaults.
        public init() {}
    }

    /// After a resume (FEATURES rows A44, E42).
    public struct Probation: Sendable, Equatable, Codable {
        /// How long after a resume limits are tighter, in milliseconds; 0: never.
        public var watchMs: UInt64 = 1_800_000
        /// How much of each threshold remains meanwhile, in percent.
        public var percent = 50
        /// The least time in paper before reduce-only, in milliseconds; 0: not asked for.
        public var paperMs: UInt64 = 0
        /// The least time in reduce-only before live, in milliseconds; 0: not asked for.
        public var reduceOnlyMs: UInt64 = 0
        /// The defaults.
        public init() {}
    }
}
