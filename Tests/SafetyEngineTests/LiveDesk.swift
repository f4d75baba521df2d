@testable import SafetyEngine

/// A real desk that trades, told of everything by events: wall time and desk time run together.
struct LiveDesk {
    var engine = Engine()
    var decisions: [Decision] = []
    private(set) var atMs: UInt64 = LiveDesk.startMs

    static let startMs: UInt64 = 1_800_000_000_000

    init(_ change: (inout EngineSettings) -> Void = { _ in }) {
        var settings = EngineSettings()
        (settings.deskName, settings.isPaper) = ("real", false)
        settings.probation.watchMs = 0
        change(&settings)
        say(EngineTurns.host(.started(settings)))
        say(EngineTurns.host(.mode(HostEvent.ModeState(mode: "live", generation: 2, latches: 0))))
    }

    /// With the named rules alone, and their halts on.
    init(_ rules: String...) {
        self.init { settings in
            settings.rules = settings.rules.filter { rules.contains($0.name) }
            for place in settings.rules.indices {
                let last = settings.rules[place].steps.count - 1
                settings.rules[place].steps[last].kills = settings.rules[place].steps[last].level == .emergency
            }
        }
    }

    mutating func say(_ event: Event) {
        decisions += engine.apply(event, at: Receipt(atMs: atMs, wallMs: Int64(atMs)))
    }

    /// A venue says something. `ahead`: by how much its clock is ahead, in milliseconds; nil: it tells no time.
    mutating func venue(_ body: Event.Body, ahead: Int64? = nil, venue: String = "kraken", id: String = "") {
        let origin = Event.Origin(venue: venue, account: "main", source: Event.Source(.venue, venue))
        say(Event(origin, body, id: id, happenedMs: ahead.map { Int64(atMs) + $0 }))
    }

    /// Lets time pass, step by step.
    mutating func run(_ milliseconds: UInt64) {
        for _ in 0..<milliseconds / Engine.stepMs {
            atMs += Engine.stepMs
            decisions += engine.advance(to: Receipt(atMs: atMs, wallMs: Int64(atMs)))
        }
    }

    var view: EngineView { engine.view(at: atMs) }
    /// The rules of open alerts.
    var alerts: [String] { view.alerts.map(\.id) }
}

func price(_ symbol: String, _ price: String?) -> Event.Body {
    .price(PriceReport(symbol: symbol, price: price.flatMap { Decimal($0) }))
}
