import SafetyEngine
import Seeds

/// What happens outside the desk, in true time: venues, bots, supervisors, a thermometer. It says what it does; whether
/// anybody hears it is the network's business.
struct World {
    /// One thing that was said.
    struct Message {
        var event: Event
        var link: Link
    }

    /// Which way it goes.
    enum Link {
        /// From a venue, by its number.
        case venue(Int)
        /// From a bot.
        case bot
        /// From the host's own machine: never lost, doubled or late.
        case local
    }

    /// A supervisor's process.
    struct Process {
        var name: String
        var pid: UInt32
        var isAlive = true
        /// Until when it beats not.
        var hangsUntilMs = 0
        /// When it comes back, where somebody starts it.
        var backAtMs: Int?
        var beatAtMs = 0
        /// Whether its death was told to the present host.
        var isToldDead = false
    }

    let plan: Plan
    var random: SeededRandom
    var venues: [VenueOfWorld]
    var processes: [Process]
    /// Tenths of a degree.
    var heat = 400
    var heatUntilMs = 0
    var said: [Message] = []
    /// Times that venues told and that nobody can know yet.
    private(set) var timesAhead = 0
    /// How often a stream fell silent.
    var silences = 0
    /// Orders that came back after their end.
    var returned = 0
    private var lastID = 0
    private var lastPid: UInt32 = 100

    init(_ plan: Plan) {
        self.plan = plan
        random = SeededRandom(seed: plan.seed &+ 1)
        venues = (0..<plan.venues).map { VenueOfWorld(number: $0, statesEquity: plan.statesEquity) }
        processes = ["grid", "feed", "scalp"].enumerated().map { Process(name: $1, pid: UInt32($0 + 1)) }
    }

    /// The next name of an event.
    mutating func newID() -> String {
        lastID += 1
        return "e\(lastID)"
    }

    mutating func say(
        _ body: Event.Body,
        _ link: Link,
        at nowMs: Int,
        source: Event.Source? = nil,
        id: String? = nil,
        refusedRows: Int = 0
    ) {
        var origin = Event.Origin(source: source ?? Event.Source(.bot, "grid"))
        if case .venue(let number) = link {
            origin = Event.Origin(
                venue: "v\(number)",
                account: "main",
                source: source ?? Event.Source(.venue, "v\(number)")
            )
        }
        var happened = link.isLocal ? nil : plan.originMs + Int64(nowMs)
        if case .venue = link, random.chance(plan.faults.ahead) {
            happened = happened.map { $0 + Int64(random.one(of: [61_000, 86_400_000, 2_000_000_000_000])) }
            timesAhead += 1
        }
        let event = Event(origin, body, id: id ?? newID(), happenedMs: happened, refusedRows: refusedRows)
        said.append(Message(event: event, link: link))
    }

    /// What happens in a quarter of a second.
    mutating func tick(at nowMs: Int) {
        for number in venues.indices { tickVenue(number, at: nowMs) }
        tickTransfers(at: nowMs)
        for place in processes.indices { tick(process: place, at: nowMs) }
        tickHeat(at: nowMs)
        if random.chance(20) {
            let active = random.of(0...100)
            say(.accounts(AccountCounts(active: active, total: 100)), .bot, at: nowMs)
        }
        if random.chance(60) { say(.signals(count: random.of(0...3)), .bot, at: nowMs) }
        if random.chance(8) { say(.metric(MetricReport(name: "cpu_percent", value: Decimal(95))), .bot, at: nowMs) }
    }

    private mutating func tickHeat(at nowMs: Int) {
        if random.chance(10) { heatUntilMs = nowMs + random.of(500...8_000) }
        heat = nowMs < heatUntilMs ? random.of(880...990) : random.of(300...720)
        guard nowMs % 500 == 0 else { return }
        let reading = Decimal(digits: Int128(heat), scale: 1) ?? Decimal(0)
        say(.metric(MetricReport(name: "heat", value: reading)), .bot, at: nowMs)
    }

    private mutating func tickTransfers(at nowMs: Int) {
        guard venues.count > 1, random.chance(5) else { return }
        let (from, to) = (random.of(0...venues.count - 1), random.of(0...venues.count - 1))
        let cents = venues[from].cash * random.of(10...90) / 100
        guard from != to, cents > 0 else { return }
        venues[from].cash -= cents
        venues[to].cash += cents
        for (number, amount) in [(from, -cents), (to, cents)] {
            let report = TransferReport(transferID: "t\(nowMs)-\(number)", amount: VenueOfWorld.money(amount))
            say(.transfer(report), .venue(number), at: nowMs)
        }
    }

    private mutating func tick(process place: Int, at nowMs: Int) {
        if let back = processes[place].backAtMs, nowMs >= back { revive(place, at: nowMs) }
        guard processes[place].isAlive else {
            if !processes[place].isToldDead {
                processes[place].isToldDead = true
                let name = processes[place].name
                say(.host(.process(name: name, isAlive: false)), .local, at: nowMs, source: .desk, id: "")
            }
            return
        }
        if random.chance(3) {
            processes[place].isAlive = false
            if random.chance(500) { processes[place].backAtMs = nowMs + random.of(1_000...15_000) }
            return
        }
        if random.chance(5) { processes[place].hangsUntilMs = nowMs + random.of(1_000...8_000) }
        guard nowMs >= processes[place].hangsUntilMs, nowMs >= processes[place].beatAtMs else { return }
        processes[place].beatAtMs = nowMs + 1_000
        let process = processes[place]
        let beat = Heartbeat(name: process.name, intervalMs: 1_000, pid: process.pid)
        say(.heartbeat(beat), .bot, at: nowMs)
    }

    /// Somebody started it again, or it came back by itself.
    mutating func revive(_ place: Int, at nowMs: Int) {
        lastPid += 1
        processes[place].isAlive = true
        processes[place].pid = lastPid
        processes[place].backAtMs = nil
        processes[place].beatAtMs = nowMs
        processes[place].hangsUntilMs = 0
        if processes[place].isToldDead, random.chance(500) {
            let name = processes[place].name
            say(.host(.process(name: name, isAlive: true)), .local, at: nowMs, source: .desk, id: "")
        }
        processes[place].isToldDead = false
    }

    /// A host that starts is told anew who is dead.
    mutating func hostStarted() {
        for place in processes.indices { processes[place].isToldDead = false }
    }
}

extension World.Link {
    var isLocal: Bool { if case .local = self { true } else { false } }
}

extension Event.Source {
    static let desk = Event.Source(.host, "desk")
}
