import SafetyEngine

/// A small strategy that trades on the paper venue by itself: a pure value, deterministic from its seed.
///
/// It knows what it did and what the venue told it, and nothing else; what it reports are claims (`bot:NAME`). It asks its
/// gate before each order, with nothing between the answer and the order.
///
/// Invariants (VenuesTests/PaperBotTests): while its gate refuses it sends nothing at all; it sells only what it bought;
/// after a full listing it believes to hold no more than its account does, and has no open order that the venue has not.
public struct PaperBot: Sendable, Equatable, Codable {
    /// What it trades by.
    public enum Style: String, Sendable, Codable, CaseIterable {
        /// Buys what rises.
        case momentum
        /// Buys what fell below its average.
        case reversion
        /// Offers on both sides, and lives on the difference.
        case maker
    }

    /// Its name, in events (`bot:paper-momentum`), beats and as a gate.
    public let name: String
    /// Its strategy's name, in the origin of its orders.
    public let strategy: String
    /// What it trades by.
    public let style: Style
    /// The account that it trades in.
    public let account: String
    /// How often it beats, in milliseconds.
    public let intervalMs: UInt64

    /// The symbols that it trades, by place.
    let symbols: [Int]
    /// What one order is worth, in millionths of money.
    let stake: Int64
    let desk: String
    var pid: UInt32

    var random: PaperRandom
    /// By place in `symbols`.
    var books: [PaperHolding]
    var open: [PaperClaim] = []
    /// Fills that were booked, the last ones: one that is told twice counts once.
    var fills: [String] = []
    var orderCount: UInt64 = 0
    var run: String
    var beatsMs: UInt64 = 0
    var signals = 0
    var signalsMs: UInt64 = 0

    /// The bots of a desk, each with its style, symbols and luck.
    public static func all(_ settings: PaperSettings, wallMs: Int64) -> [PaperBot] {
        guard let account = settings.accounts.first else { return [] }
        var seeds = PaperRandom(seed: settings.seed ^ 0x626f_7473)
        let balance = settings.balance.rounded(to: PaperSymbol.moneyPlaces).units(places: PaperSymbol.moneyPlaces) ?? 0
        return (0..<min(max(0, settings.bots), PaperSettings.mostBots)).map { number in
            let style = Style.allCases[number % Style.allCases.count]
            let round = number / Style.allCases.count
            let strategy = round == 0 ? style.rawValue : "\(style.rawValue)-\(round + 1)"
            let count = PaperSymbol.all.count
            return PaperBot(
                name: "paper-\(strategy)",
                strategy: strategy,
                style: style,
                account: account,
                intervalMs: [1_000, 1_500, 2_000][number % 3],
                symbols: [(number + round) % count, (number + round + 3) % count],
                // A fiftieth of the account, less where many trade in it.
                stake: max(0, balance) / Int64(50 * max(1, settings.bots / 6)),
                settings: settings,
                seed: seeds.next(),
                wallMs: wallMs
            )
        }
    }

    init(
        name: String,
        strategy: String,
        style: Style,
        account: String,
        intervalMs: UInt64,
        symbols: [Int],
        stake: Int64,
        settings: PaperSettings,
        seed: UInt64,
        wallMs: Int64
    ) {
        self.name = name
        self.strategy = strategy
        self.style = style
        self.account = account
        self.intervalMs = intervalMs
        self.symbols = symbols
        self.stake = stake
        desk = settings.desk
        pid = settings.pid
        random = PaperRandom(seed: seed)
        books = symbols.map { _ in PaperHolding() }
        run = String(wallMs.magnitude, radix: 36)
    }

    /// The scope of its gate: `venue=paper,account=main,strategy=momentum`.
    public var scope: String { "venue=\(PaperVenue.name),account=\(account),strategy=\(strategy)" }

    /// Goes on in another process: names that it gives are new ones.
    mutating func resume(wallMs: Int64) { run = String(wallMs.magnitude, radix: 36) }

    mutating func belongs(to settings: PaperSettings) { pid = settings.pid }

    func event(_ body: Event.Body, _ venue: PaperVenue) -> Event {
        Event(
            Event.Origin(
                desk: desk,
                venue: PaperVenue.name,
                account: account,
                strategy: strategy,
                source: Event.Source(.bot, name)
            ),
            body,
            happenedMs: venue.wallMs
        )
    }

    /// Whether it is one that this program could have written.
    var isSound: Bool {
        books.count == symbols.count && symbols.allSatisfy(PaperSymbol.all.indices.contains)
            && open.allSatisfy { PaperSymbol.all.indices.contains($0.symbol) }
            && books.allSatisfy { book in
                (0...PaperSymbol.most).contains(book.lots) && book.flow.magnitude <= UInt64(PaperSymbol.most)
                    && (0...Int64(1) << 50).contains(book.quick)
                    && (0...Int64(1) << 50).contains(book.slow)
            }
    }
}

/// What a bot knows of one symbol.
struct PaperHolding: Sendable, Equatable, Codable {
    /// Averages of the price in 65,536ths of a tick: of about 15 and 60 seconds; 0: none yet.
    var quick: Int64 = 0
    var slow: Int64 = 0
    /// Looks so far: averages need some before they say anything.
    var looks: UInt64 = 0
    /// What it believes to hold.
    var lots: Int64 = 0
    /// Money that this holding brought (negative: cost) so far, fees counted in.
    var flow: Int64 = 0
    /// When it bought first.
    var sinceMs: UInt64 = 0
    /// Not before then does it look for an entry again.
    var restsMs: UInt64 = 0
}

/// An order as a bot believes it to stand.
struct PaperClaim: Sendable, Equatable, Codable {
    var clientID: String
    var symbol: Int
    var side: Order.Side
    var sentMs: UInt64
    var report: OrderReport
}
