import SafetyEngine
import Seeds
import Testing

@testable import Simulation

/// Proof that a kill that was not decided would be noticed: for each rule that halts, what is past its limit, and what is
/// just not.
struct OracleTests {
    /// A way past a rule's limit, or just up to it.
    struct Way: Sendable, CustomTestStringConvertible {
        var alert: String
        /// What is told, and when, in milliseconds after the start.
        var told: [(Int, Event)]
        var isPast: Bool
        /// How long it is watched.
        var untilMs = 12_000
        var testDescription: String { "\(alert) \(isPast ? "past its limit" : "at its limit")" }
    }

    private static let startMs: UInt64 = 1_800_000_000_000

    private static var settings: EngineSettings {
        var random = SeededRandom(seed: 1)
        var settings = EngineSettings.drawn(&random)
        settings.beats.engineStallHalts = true
        settings.beats.engineStallMs = 3_000
        for place in settings.rules.indices {
            settings.rules[place].isEnabled = true
            settings.rules[place].forMs = 0
            settings.rules[place].confirmations = 1
            if settings.rules[place].name.hasPrefix("HEARTBEAT") { settings.rules[place].steps[0].kills = true }
        }
        return settings
    }

    private static func venue(_ number: Int, _ body: Event.Body, _ id: Int) -> Event {
        let origin = Event.Origin(venue: "v\(number)", account: "main", source: Event.Source(.venue, "v\(number)"))
        return Event(origin, body, id: "\(number)-\(id)", happenedMs: Int64(startMs) + Int64(id))
    }

    private static func balance(_ number: Int, _ whole: Int, _ id: Int) -> (Int, Event) {
        let report = BalanceReport(total: Decimal(whole), equity: Decimal(whole))
        return (id, venue(number, .balance(report), id))
    }

    private static func order(_ state: Order.State, _ id: Int) -> (Int, Event) {
        let report = OrderReport(clientID: "a", symbol: "BTC", side: .buy, quantity: Decimal(1), state: state)
        return (id, venue(0, .order(report), id))
    }

    private static func losses(_ count: Int) -> [(Int, Event)] {
        (1...count).map { number in
            let trade = TradeReport(tradeID: "t\(number)", symbol: "BTC", profit: Decimal(-1))
            return (number, venue(0, .trade(trade), number))
        }
    }

    private static func heat(_ value: Int) -> (Int, Event) {
        (
            1,
            Event(
                Event.Origin(source: Event.Source(.bot, "b")),
                .metric(MetricReport(name: "heat", value: Decimal(value)))
            )
        )
    }

    private static func beat(_ atMs: Int) -> (Int, Event) {
        let beat = Heartbeat(name: "scalp", intervalMs: 1_000, pid: 7)
        return (atMs, Event(Event.Origin(source: Event.Source(.bot, "scalp")), .heartbeat(beat)))
    }

    private static func host(_ atMs: Int, _ event: HostEvent) -> (Int, Event) { (atMs, EngineTurns.host(event)) }

    private static let balances = [(40, 30, 30), (45, 30, 25), (46, 30, 24)].map { shares in
        [balance(0, shares.0, 1), balance(1, shares.1, 2), balance(2, shares.2, 3)]
    }

    static let ways: [Way] = [
        Way(alert: "ORDER_STUCK/v0/main/a", told: [order(.acknowledged, 1)], isPast: true),
        Way(alert: "ORDER_STUCK/v0/main/a", told: [order(.acknowledged, 1)], isPast: false, untilMs: 6_000),
        Way(alert: "ORDER_STUCK/v0/main/a", told: [order(.acknowledged, 1), order(.canceled, 5_000)], isPast: false),
        Way(alert: "CONSECUTIVE_LOSSES/v0/main", told: losses(5), isPast: true),
        Way(alert: "CONSECUTIVE_LOSSES/v0/main", told: losses(4), isPast: false),
        Way(alert: "PLATFORM_EXPOSURE/v0", told: balances[2], isPast: true),
        Way(alert: "PLATFORM_EXPOSURE/v0", told: balances[1], isPast: false),
        Way(alert: "DAILY_DRAWDOWN/desk", told: [balance(0, 1_000, 1), balance(0, 974, 2_000)], isPast: true),
        Way(alert: "DAILY_DRAWDOWN/desk", told: [balance(0, 1_000, 1), balance(0, 975, 2_000)], isPast: false),
        Way(
            alert: "HEARTBEAT_DEAD/scalp",
            told: [beat(1), host(500, .process(name: "scalp", isAlive: false))],
            isPast: true
        ),
        Way(
            alert: "HEARTBEAT_DEAD/scalp",
            told: [beat(1), host(500, .process(name: "scalp", isAlive: true))],
            isPast: false,
            untilMs: 2_000
        ),
        Way(alert: "HEARTBEAT_STALLED/scalp", told: [beat(1)], isPast: true),
        Way(alert: "HEARTBEAT_STALLED/scalp", told: [beat(1)], isPast: false, untilMs: 2_900),
        Way(alert: "HEAT/heat", told: [heat(91)], isPast: true),
        Way(alert: "HEAT/heat", told: [heat(90)], isPast: false),
        Way(alert: "HEARTBEAT_STALLED/engine", told: [host(5_000, .stalled(ms: 3_000))], isPast: true, untilMs: 5_000),
        Way(alert: "HEARTBEAT_STALLED/engine", told: [host(5_000, .stalled(ms: 2_999))], isPast: false, untilMs: 5_000),
    ]

    /// What the checks say when nothing at all is decided. Only what a way is about is watched.
    private static func finding(_ way: Way, _ engine: inout Engine, decides: Bool) -> Finding? {
        var checks = Checks()
        var settings = settings
        settings.supervisors = []
        settings.rules = settings.rules.filter { way.alert.hasPrefix($0.name + "/") }
        var events = [host(0, .started(settings))] + way.told
        events += stride(from: 250, through: way.untilMs, by: 250).map { host($0, .clock) }
        do {
            for (atMs, event) in events.enumerated().sorted(by: { ($0.1.0, $0.0) < ($1.1.0, $1.0) }).map(\.1) {
                let receipt = Receipt(atMs: startMs + UInt64(atMs), wallMs: Int64(startMs) + Int64(atMs))
                let decisions = engine.apply(event, at: receipt)
                try checks.take(event, receipt, decides ? decisions : [])
            }
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: ways) func aKillThatIsNotDecidedIsFound(_ way: Way) {
        var engine = Engine()
        let found = Self.finding(way, &engine, decides: false)
        #expect((found?.invariant == .decidedInTime) == way.isPast, "\(String(describing: found))")
    }

    @Test(arguments: ways) func theEngineDecidesIt(_ way: Way) {
        var engine = Engine()
        #expect(Self.finding(way, &engine, decides: true) == nil)
    }
}
