import KillSwitch
import SafetyEngine
import Seeds

/// One desk from one seed: a world, a network, a machine, a host with its engine, journal and switch, and the checks.
///
/// Everything that happens follows from the seed.
struct Simulation {
    let plan: Plan
    var random: SeededRandom
    var world: World
    var network: Network
    var machine: Machine
    /// The switch with its record, and what the desk asked for.
    var hand = Hand()
    var journal: DiskJournal
    var checks = Checks()
    /// Every event that the engine knows, as it was stored, from the first one on.
    var history: [DiskJournal.Stored] = []
    var tally = Tally()

    /// True time.
    var nowMs = 0
    private var tickedMs = 0
    var turns: EngineTurns
    var clock: DeskClock
    var settings: EngineSettings
    /// An invariant that was found broken where nothing can be thrown.
    var failure: Finding?
    /// What operators did, for the next turn.
    var inbox: [Event] = []
    private var toldMode: HostEvent.ModeState?
    private var lookedMs: UInt64?
    private var toldProblem: String?
    private var toldDropped = 0
    private var diskFullUntilMs = 0

    init(_ plan: Plan) {
        self.plan = plan
        random = SeededRandom(seed: plan.seed &+ 3)
        world = World(plan)
        network = Network(plan)
        machine = Machine(originMs: plan.originMs)
        journal = DiskJournal(mostWaiting: plan.faults.mostWaiting)
        settings = plan.settings
        let wall = machine.wallMs(at: 0)
        clock = DeskClock(boot: 1, bootMs: machine.bootMs(at: 0), atMs: UInt64(wall), wallMs: wall)
        turns = EngineTurns(engine: Engine(settings: settings), atMs: clock.atMs)
    }

    var engine: Engine { turns.engine }
    var receipt: Receipt {
        Receipt(atMs: clock.at(bootMs: machine.bootMs(at: nowMs)), wallMs: machine.wallMs(at: nowMs))
    }

    /// Runs it to its end, or to the first invariant that does not hold.
    mutating func run() throws {
        inbox = [EngineTurns.host(.started(settings))]
        while nowMs < plan.lengthMs {
            try turn()
            if let failure { throw failure }
            try misfortune()
            advance()
        }
        try end()
    }

    // MARK: - One turn of the host

    mutating func turn() throws {
        let receipt = receipt
        operate(at: receipt.atMs)
        let events = inbox + network.arrived(by: nowMs)
        inbox = []
        tally.add("events", events.count)
        var hand = hand
        let duplicates = engine.book.counts.duplicate
        let looked = look(at: receipt.atMs)
        let entries = turns.turn(
            events.map { EngineTurns.Incoming($0) },
            at: receipt,
            look: { looked },
            act: { hand.act($0, at: receipt.atMs) }
        )
        self.hand = hand
        try record(entries)
        if engine.book.counts.duplicate == duplicates { try compareOrders(entries) }
        if let alert = hand.repeated.first {
            throw Finding(.alertsOnce, "\(alert) halts again what it halted already")
        }
        if journal.sinceSnapshot >= plan.faults.keepEvery { try keep() }
        try checks.pass(to: receipt.atMs)
        carryOut()
        journal.write(random.of(0...60))
        if !looked.isEmpty || lookedMs == receipt.atMs { try compareMode() }
        if random.chance(60) { try checks.compare(engine.view(at: receipt.atMs)) }
    }

    mutating func record(_ entries: [EngineTurns.Entry]) throws {
        let before = journal.waiting.last?.number ?? 0
        try journal.append(entries)
        history += journal.waiting.filter { $0.number > before }.suffix(entries.count)
        for entry in entries {
            count(entry)
            try checks.take(entry.event, entry.receipt, entry.decisions)
        }
    }

    private mutating func count(_ entry: EngineTurns.Entry) {
        for decision in entry.decisions {
            tally.add("decisions")
            if case .halt(let order) = decision { tally.add("halt \(order.rule)") }
            if case .alert(let change) = decision { tally.add("alert \(change.kind.rawValue)") }
            if case .log(let line) = decision { tally.add("log of \(line.part)") }
        }
    }

    /// A snapshot stands at an event.
    mutating func keep() throws {
        let receipt = receipt
        var hand = hand
        let entries = turns.mark(at: receipt) { hand.act($0, at: receipt.atMs) }
        self.hand = hand
        try record(entries)
        carryOut()
        try journal.snapshot(engine, checks)
        tally.add("snapshots")
    }

    /// What the host looks at once a step: the switch, and how the journal fares.
    private mutating func look(at atMs: UInt64) -> [Event] {
        guard turns.isStep(at: atMs) else { return [] }
        var events: [Event] = []
        if lookedMs.map({ atMs >= $0 + 500 }) ?? true {
            lookedMs = atMs
            if toldMode != hand.killSwitch.state {
                toldMode = hand.killSwitch.state
                hand.told = toldMode
                events.append(EngineTurns.host(.mode(hand.killSwitch.state)))
            }
        }
        if toldProblem != journal.problem {
            toldProblem = journal.problem
            let waiting = UInt64(journal.waiting.count)
            events.append(EngineTurns.host(.journal(waiting: waiting, problem: toldProblem)))
        }
        if journal.dropped > toldDropped {
            let count = UInt64(journal.dropped - toldDropped)
            toldDropped = journal.dropped
            events.append(EngineTurns.host(.dropped(count: count, source: "journal")))
        }
        return events
    }

    /// What the last list of a turn says is open counts as open, unless something later is known of it.
    private func compareOrders(_ entries: [EngineTurns.Entry]) throws(Finding) {
        guard let entry = entries.last(where: { if case .openOrders = $0.event.body { true } else { false } }),
            case .openOrders(let reports) = entry.event.body
        else { return }
        let origin = entry.event.origin
        for report in reports where report.filled < report.quantity {
            let key = OrderKey(venue: origin.venue, account: origin.account, clientID: report.clientID)
            guard let order = engine.book.orders[key], !order.isOpen, order.filled < order.quantity,
                (order.happenedMs ?? .min) < (entry.event.happenedMs ?? .max)
            else { continue }
            throw Finding(
                .listedIsOpen,
                "\(report.clientID) is listed and \(order.state.rawValue) (\(order.contradiction))"
            )
        }
    }

    private func compareMode() throws(Finding) {
        guard toldMode == hand.killSwitch.state else { return }
        try PermissionCheck.compare(believed: engine.mode, hand.killSwitch)
    }

    // MARK: - Time

    private mutating func advance() {
        let atMs = receipt.atMs
        var next = nowMs + Int(250 - atMs % 250)
        if let arrives = network.nextMs { next = min(next, max(nowMs + 1, arrives)) }
        // The machine is busy now and then; sometimes for so long that the loop stalls.
        if random.chance(20) { next += random.of(1...700) }
        if random.chance(plan.faults.stall) {
            tally.add("stalls")
            if random.chance(300) {
                machine.leap(random.of(2_500...60_000))
            } else {
                next += random.of(2_100...9_000)
            }
        }
        pass(to: next)
    }

    /// The world goes on.
    mutating func pass(to nextMs: Int) {
        while tickedMs + 250 <= nextMs {
            tickedMs += 250
            world.tick(at: tickedMs)
            for message in world.said {
                var isOut = false
                if case .venue(let number) = message.link { isOut = world.venues[number].isOut }
                network.send(message, at: tickedMs, isOut: isOut)
            }
            world.said = []
        }
        nowMs = nextMs
    }

    // MARK: - What goes wrong

    private mutating func misfortune() throws {
        journal.isFull = nowMs < diskFullUntilMs
        guard random.chance(150) else { return }
        if random.chance(plan.faults.fullDisk) {
            diskFullUntilMs = nowMs + random.of(2_000...15_000)
            tally.add("full disks")
        }
        if random.chance(plan.faults.wallJump) {
            let jump = random.one(of: [-3_600_000, -90_000, -700, 700, 5_000, 90_000_000])
            // After a reboot the desk's time follows the wall clock: see `restart` for what a long way of it would mean.
            machine.wallOffMs += Int64(plan.faults.mostWaiting > 1_000 ? jump : min(jump, 120_000))
            tally.add("wall clock jumps")
        }
        for number in world.venues.indices { outage(of: number) }
        if random.chance(plan.faults.stop) { try restart() }
    }

    private mutating func outage(of number: Int) {
        if world.venues[number].isOut, nowMs >= world.venues[number].outUntilMs {
            world.venues[number].isOut = false
            venueIs(.connected, number)
        } else if !world.venues[number].isOut, random.chance(plan.faults.outage) {
            world.venues[number].isOut = true
            world.venues[number].outUntilMs = nowMs + random.of(1_000...25_000)
            tally.add("outages")
            if random.chance(500) { venueIs(.disconnected, number) }
        }
    }

    /// The adapter's own word: it runs on the host's machine.
    private mutating func venueIs(_ state: Venue.State, _ number: Int) {
        let name = "v\(number)"
        let origin = Event.Origin(venue: name, account: "main", source: Event.Source(.venue, name))
        network.post(
            Event(origin, .venue(VenueReport(state: state)), id: world.newID()),
            at: nowMs + 5,
            isLocal: true
        )
    }

    /// A new host looks at everything anew.
    mutating func forgetLooks() {
        (toldMode, lookedMs, toldProblem) = (nil, nil, nil)
        hand.told = nil
        toldDropped = journal.dropped
    }
}
