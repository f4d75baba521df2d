/// What the engine knows and decided, for screens, commands and answers: a plain value, made when somebody asks.
public struct EngineView: Sendable, Equatable, Codable {
    /// When, in the desk's own time.
    public var atMs: UInt64 = 0
    /// Milliseconds between the last evaluation and `atMs`: how long the engine has not run.
    public var evaluationAgeMs: UInt64 = 0
    /// Open alerts, the gravest first, then the oldest.
    public var alerts: [Alert] = []
    /// Alerts that were resolved, the last one first, the last 500.
    public var resolved: [Alert] = []
    /// Silences in force.
    public var silences: [Silence] = []
    /// Held positions.
    public var positions: [Position] = []
    /// Open orders, the oldest first, at most `EngineView.mostOrders`.
    public var orders: [Order] = []
    /// Open orders that are on record, in all. All there are only where `accountsWithUnknownOrders` is empty and some venue is
    /// known.
    public var openOrders = 0
    /// Venues' accounts.
    public var venues: [Venue] = []
    /// Supervisors, with what is done about those who do not beat.
    public var supervisors: [Supervisor] = []
    /// Names of bots that a halt ended, and that have not beaten since.
    public var stopped: [String] = []
    /// Positions whose exit is due and is not carried out.
    public var exitsDue = 0
    /// Whether exit rules and the cap do nothing by themselves now, because trading is not permitted.
    public var areExitsOff = false
    /// Circuit breakers.
    public var breakers: [Breaker] = []
    /// What exit rules and the cap would do.
    public var proposals: [Proposal] = []
    /// Dust.
    public var dust: [DustEntry] = []
    /// Money.
    public var money = Money()
    /// What was strange about events.
    public var counts = EventCounts()
    /// How the journal fares.
    public var journal = JournalState()
    /// The watch after a resume; nil: none.
    public var probation: ProbationState?
    /// How far the desk is on its way back to live; nil: nobody has told the engine its mode.
    public var stage: StageState?
    /// How stale the oldest word of a venue is; nil: no venue has spoken.
    public var venueAgeMs: UInt64?
    /// How many accounts trade, of all, as a platform reported it last; nil: none ever did.
    public var accounts: Accounts?

    /// What became of the orders that the last halt found; nil: no halt has asked for anything.
    public var cancels: Cancels?

    /// What is proved of the orders of each halt in force.
    public var halts: [OrdersProof] = []

    /// The liquidation that runs, or the last one; nil: there was none.
    public var liquidation: LiquidationState?

    /// Most orders in a view.
    public static let mostOrders = 500

    /// Creates a view of nothing.
    public init() {}

    /// What became of the orders that the last halt found at venues.
    public struct Cancels: Sendable, Equatable, Codable {
        /// Milliseconds since the halt that asked for it.
        public var askedAgeMs: UInt64
        /// Milliseconds from the halt until no order was open any more; nil: some are, or nobody knows.
        public var doneAfterMs: UInt64?
        /// Orders that were open then.
        public var found: Int
        /// Those of them that are still open.
        public var left: Int
        /// Why not, and what to do by hand; empty: nothing is wrong.
        public var problem: String
        /// Orders that appeared after the halt had stopped everything: something does not ask its gate.
        public var new: Int
        /// What is proved of them.
        public var standing: OrdersProof.Standing
        /// Creates a state.
        public init(
            askedAgeMs: UInt64,
            doneAfterMs: UInt64?,
            found: Int,
            left: Int,
            problem: String = "",
            new: Int = 0,
            standing: OrdersProof.Standing? = nil
        ) {
            self.new = new
            self.standing = standing ?? (doneAfterMs != nil ? .gone : left > 0 ? .open : .waiting)
            self.askedAgeMs = askedAgeMs
            self.doneAfterMs = doneAfterMs
            self.found = found
            self.left = left
            self.problem = problem
        }
    }

    /// How many accounts trade, of all.
    public struct Accounts: Sendable, Equatable, Codable {
        /// Those that trade.
        public var active: Int
        /// All of them.
        public var total: Int
        /// When that was reported, and whether it still counts.
        public var stream: StreamAge
        /// Creates counts.
        public init(active: Int, total: Int, stream: StreamAge) {
            self.active = active
            self.total = total
            self.stream = stream
        }
    }

    /// Accounts whose open orders are not known: never listed, or longer ago than the limit.
    public var accountsWithUnknownOrders: [Venue] { venues.filter { !$0.streams.orders.isKnown } }

    /// Accounts whose positions are not known: never listed, or longer ago than the limit.
    public var accountsWithUnknownPositions: [Venue] { venues.filter { !$0.streams.positions.isKnown } }

    /// A silence in force.
    public struct Silence: Sendable, Equatable, Codable {
        /// The rule.
        public var rule: String
        /// The subject; empty: all.
        public var subject: String
        /// Milliseconds until it ends.
        public var endsInMs: UInt64
        /// Who.
        public var by: String
        /// Why.
        public var reason: String
        /// Creates a silence.
        public init(rule: String, subject: String, endsInMs: UInt64, by: String, reason: String) {
            self.rule = rule
            self.subject = subject
            self.endsInMs = endsInMs
            self.by = by
            self.reason = reason
        }
    }

    /// A circuit breaker.
    public struct Breaker: Sendable, Equatable, Codable {
        /// Its rule's name.
        public var name: String
        /// Whether it tripped and was not reset.
        public var isTripped: Bool
        /// Whether its rule may halt at all.
        public var isEnabled: Bool
        /// What it watches, now; nil: nothing known.
        public var value: Decimal?
        /// Where it trips, probation counted in.
        public var limit: Decimal
        /// Of what the value is closest to its limit; empty: the desk.
        public var subject: String
        /// Milliseconds since it tripped; nil: it did not.
        public var trippedAgeMs: UInt64?
        /// Why it tripped, or who reset it and why.
        public var note: String
        /// Creates a breaker.
        public init(
            name: String,
            isTripped: Bool,
            isEnabled: Bool,
            value: Decimal?,
            limit: Decimal,
            subject: String = "",
            trippedAgeMs: UInt64? = nil,
            note: String = ""
        ) {
            self.name = name
            self.isTripped = isTripped
            self.isEnabled = isEnabled
            self.value = value
            self.limit = limit
            self.subject = subject
            self.trippedAgeMs = trippedAgeMs
            self.note = note
        }
    }

    /// What an exit rule or the cap would do, or is doing.
    public struct Proposal: Sendable, Equatable, Codable {
        /// Its name, by which an operator carries it out: rule and position.
        public var id: String
        /// `STOP_LOSS`, `TAKE_PROFIT`, `TRAILING`, `TIME_EXIT`, `POSITION_CAP`.
        public var rule: String
        /// The position's name (`PositionKey.description`).
        public var position: String
        /// How much would be closed.
        public var quantity: Decimal
        /// Why, with the figures.
        public var reason: String
        /// Milliseconds since it was first proposed.
        public var ageMs: UInt64
        /// `proposed`, `under way`, `done`, or why it was refused.
        public var state: String
        /// Creates a proposal.
        public init(
            id: String,
            rule: String,
            position: String,
            quantity: Decimal,
            reason: String,
            ageMs: UInt64,
            state: String
        ) {
            self.id = id
            self.rule = rule
            self.position = position
            self.quantity = quantity
            self.reason = reason
            self.ageMs = ageMs
            self.state = state
        }
    }

    /// One symbol on the list of dust.
    public struct DustEntry: Sendable, Equatable, Codable {
        /// The venue.
        public var venue: String
        /// The account.
        public var account: String
        /// The symbol.
        public var symbol: String
        /// What it was worth when it was listed; nil: an operator listed it without a value.
        public var value: Decimal?
        /// What it is worth now; nil: unpriced.
        public var valueNow: Decimal?
        /// Why it is listed.
        public var reason: String
        /// When, RFC 3339 UTC.
        public var since: String
        /// Creates an entry.
        public init(
            venue: String,
            account: String,
            symbol: String,
            value: Decimal?,
            valueNow: Decimal?,
            reason: String,
            since: String
        ) {
            self.venue = venue
            self.account = account
            self.symbol = symbol
            self.value = value
            self.valueNow = valueNow
            self.reason = reason
            self.since = since
        }
    }

    /// The desk's money, in its base currency. Nil: not known now (never reported, stale, or a part has no price), never
    /// guessed; `last` has what was known last, with its age, and `problem` says why it is not known now.
    public struct Money: Sendable, Equatable, Codable {
        /// Figures as they were when all of them were known last.
        public struct Last: Sendable, Equatable, Codable {
            /// What everything was worth.
            public var equity: Decimal
            /// Milliseconds since the oldest reading that it was made of.
            public var ageMs: UInt64
            /// Creates figures.
            public init(equity: Decimal, ageMs: UInt64) {
                self.equity = equity
                self.ageMs = ageMs
            }
        }

        /// Exposure as it was known last.
        public struct LastExposure: Sendable, Equatable, Codable {
            /// Long and short added up.
            public var gross: Decimal
            /// Long less short.
            public var net: Decimal
            /// Milliseconds since then.
            public var ageMs: UInt64
            /// Creates exposure.
            public init(gross: Decimal, net: Decimal, ageMs: UInt64) {
                self.gross = gross
                self.net = net
                self.ageMs = ageMs
            }
        }

        /// The base currency.
        public var currency = "USD"
        /// What everything is worth.
        public var equity: Decimal?
        /// Equity when the day opened, transfers taken out.
        public var dayOpening: Decimal?
        /// What the day brought, realised and not.
        public var dayProfit: Decimal?
        /// What the week brought.
        public var weekProfit: Decimal?
        /// Below the highest equity so far, in percent.
        public var drawdownPercent: Decimal?
        /// Long and short added up; nil: a venue's positions are not known, or one has no fresh price.
        public var gross: Decimal?
        /// Long less short; nil: as `gross`.
        public var net: Decimal?
        /// Long and short added up of what is known and priced: at least so much is held. Nil: nothing is.
        public var grossAtLeast: Decimal?
        /// Held positions without a fresh price.
        public var unpriced = 0
        /// Held positions whose account has not reported them within its limit.
        public var stalePositions = 0
        /// What closed trades brought today.
        public var realised: Decimal?
        /// What held positions would bring; nil: of one it is not known.
        public var unrealised: Decimal?
        /// What fills cost today besides.
        public var fees: Decimal?
        /// Milliseconds since the oldest reading that equity is made of, or, where it is not known now, that `last` was made
        /// of; nil: it never was known.
        public var equityAgeMs: UInt64?
        /// Equity as it was known last, where it is not now; nil: it is, or never was.
        public var last: Last?
        /// Gross and net as they were known last, where they are not now; nil: they are, or never were.
        public var lastExposure: LastExposure?
        /// Why equity is not known now, in words; empty: it is.
        public var problem = ""
        /// Why gross, net and unrealised are not known now, in words; empty: they are.
        public var exposureProblem = ""
        /// Creates money of which nothing is known.
        public init() {}
    }

    /// Where the desk stands between paper and live (FEATURES row E42).
    public struct StageState: Sendable, Equatable, Codable {
        /// The mode that it is in.
        public var mode: String
        /// Milliseconds since it is in it.
        public var sinceAgeMs: UInt64
        /// The next mode, where the configuration asks for time in this one first; empty: none.
        public var next: String
        /// Milliseconds until a resume to `next` is early no more; 0: it is not.
        public var nextInMs: UInt64
        /// Creates a state.
        public init(mode: String, sinceAgeMs: UInt64, next: String = "", nextInMs: UInt64 = 0) {
            self.mode = mode
            self.sinceAgeMs = sinceAgeMs
            self.next = next
            self.nextInMs = nextInMs
        }
    }

    /// The watch after a resume.
    public struct ProbationState: Sendable, Equatable, Codable {
        /// Milliseconds until it ends.
        public var endsInMs: UInt64
        /// What remains of each threshold, in percent.
        public var percent: Int
        /// Creates a state.
        public init(endsInMs: UInt64, percent: Int) {
            self.endsInMs = endsInMs
            self.percent = percent
        }
    }
}
