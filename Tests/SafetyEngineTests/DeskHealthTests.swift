import Testing

@testable import SafetyEngine

/// What makes a desk unhealthy, as far as the engine can tell: each is named, and none is passed over.
struct DeskHealthTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The parts that do not work.
        var unhealthy: [String]
        var says = ""
        var change: @Sendable (inout EngineView) -> Void
    }

    private static func venue(_ state: Venue.State, orders: UInt64?, positions: Int?) -> Venue {
        var venue = Venue(
            name: "kraken",
            account: "main",
            state: state,
            openOrders: nil,
            lastReplyAgeMs: 1_000,
            latencyMs: nil
        )
        venue.streams.orders = StreamAge(ageMs: orders, limitMs: 60_000)
        venue.streams.positions = StreamAge(ageMs: positions.map { _ in 900 }, limitMs: 60_000)
        return venue
    }

    static let cases: [Case] = [
        Case(testDescription: "all is well", unhealthy: []) {
            $0.venues = [venue(.connected, orders: 900, positions: 0)]
        },
        Case(testDescription: "a venue is silent", unhealthy: ["venue kraken/main"], says: "DISCONNECTED") {
            $0.venues = [venue(.disconnected, orders: 900_000, positions: 0)]
        },
        Case(
            testDescription: "an account's orders are listed by nobody",
            unhealthy: ["venue kraken/main"],
            says: "orders"
        ) {
            $0.venues = [venue(.connected, orders: nil, positions: 0)]
        },
        Case(testDescription: "nor are its positions", unhealthy: ["venue kraken/main"], says: "positions") {
            $0.venues = [venue(.connected, orders: 900, positions: nil)]
        },
        Case(testDescription: "the journal is refused", unhealthy: ["journal"], says: "no space left") {
            $0.journal.problem = "no space left"
        },
        Case(testDescription: "lines were refused a minute ago", unhealthy: ["events"], says: "7 lines were refused") {
            ($0.atMs, $0.journal.refused, $0.journal.refusedMs) = (700_000, 7, 640_000)
        },
        Case(testDescription: "lines were refused long ago", unhealthy: []) {
            ($0.atMs, $0.journal.refused, $0.journal.refusedMs) = (7_000_000, 7, 640_000)
        },
        Case(testDescription: "a sale was refused", unhealthy: ["exit p1"], says: "refused: no connection") {
            $0.proposals = [
                EngineView.Proposal(
                    id: "p1",
                    rule: "STOP_LOSS",
                    position: "kraken/main/BTC/USD",
                    quantity: Decimal(1),
                    reason: "below its stop",
                    ageMs: 1_000,
                    state: "refused: no connection (tried again in 5 s)"
                )
            ]
        },
        Case(
            testDescription: "an account's orders were listed too long ago",
            unhealthy: ["venue kraken/main"],
            says: "it last listed its open orders"
        ) {
            $0.venues = [venue(.connected, orders: 86_000, positions: 0)]
        },
        Case(testDescription: "a file of the desk was replaced", unhealthy: ["files"], says: "halt.page was replaced") {
            $0.journal.files = ["halt.page was replaced"]
        },
        Case(testDescription: "an exit is due and not made", unhealthy: ["exits"], says: "automatic exits are off") {
            ($0.exitsDue, $0.areExitsOff) = (2, true)
        },
        Case(testDescription: "the engine stands still", unhealthy: ["engine"]) { $0.evaluationAgeMs = 3_001 },
        Case(testDescription: "a supervisor is dead", unhealthy: ["supervisor grid-1"], says: "DEAD") {
            $0.supervisors = [
                Supervisor(name: "grid-1", intervalMs: 1_000, lastBeatAgeMs: 9_000, alive: false, gaps: [])
            ]
        },
    ]

    @Test(arguments: cases) func eachReasonIsNamed(_ one: Case) {
        var view = EngineView()
        one.change(&view)
        let health = DeskHealth(engine: view)
        #expect(health.parts.filter { !$0.isHealthy }.map(\.name) == one.unhealthy)
        #expect(health.reasons.joined(separator: "\n").contains(one.says), "\(health.reasons)")
        #expect(health.isHealthy == one.unhealthy.isEmpty)
    }

    @Test func theSummaryAndTheLibraryGiveTheSameAnswer() {
        var engine = Engine()
        #expect(engine.checkHealth().status == "healthy" && engine.summary().contains(", healthy"))
        engine.journal.problem = "the file is not a database"
        let health = engine.checkHealth()
        #expect(health.status == "unhealthy" && health.reasons.contains { $0.contains("not a database") })
        #expect(engine.summary().contains("NOT HEALTHY (1 reason)"))
    }
}
