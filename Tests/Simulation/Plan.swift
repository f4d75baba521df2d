import SafetyEngine
import Seeds

/// What a seed decides before the first event: the desk's settings, what there is, and how much goes wrong.
struct Plan {
    let seed: UInt64
    /// How long the desk is simulated, in milliseconds of true time.
    var lengthMs = 90_000
    /// The settings at the start.
    var settings = EngineSettings()
    /// Venues, each with one account.
    var venues = 3
    /// Whether venues state what their accounts are worth in all.
    var statesEquity = true
    /// The wall clock at the start: milliseconds since 1970.
    var originMs: Int64 = 1_800_000_000_000
    /// Faults.
    var faults = Faults()

    /// How often what goes wrong, in a thousand cases.
    struct Faults {
        var lost = 10
        var late = 20
        var doubled = 20
        var jitterMs = 40
        /// Of what a venue says: its time lies far ahead.
        var ahead = 1
        /// Of cancelled orders: its venue lists it as open again.
        var returned = 60
        /// Of a venue and second.
        var outage = 8
        /// Of a venue's listing: one of its streams falls silent for a while.
        var silence = 25
        /// Of a listing: a row of it cannot be read.
        var badRow = 8
        /// Of a second.
        var stall = 6
        var stop = 15
        var fullDisk = 20
        var wallJump = 10
        /// Events that wait in memory while the disk is full.
        var mostWaiting = 100_000
        /// Events between two snapshots.
        var keepEvery = 120
    }

    /// Makes a plan. Times of rules are a twentieth of what they are by default, so that a minute shows what takes twenty.
    init(seed: UInt64) {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        lengthMs = 1_000 * random.of(8...24)
        venues = random.one(of: [1, 2, 3, 3])
        statesEquity = random.chance(600)
        // A day begins in one of four simulations.
        if random.chance(250) { originMs += 86_400_000 - originMs % 86_400_000 - Int64(random.of(3_000...20_000)) }
        faults = Faults.drawn(&random)
        settings = EngineSettings.drawn(&random)
    }
}

extension Plan.Faults {
    static func drawn(_ random: inout SeededRandom) -> Plan.Faults {
        var faults = Plan.Faults()
        // One in eight has a quiet network, one in eight a very bad one.
        let scale = random.one(of: [0, 1, 1, 1, 1, 2, 2, 8])
        faults.lost *= scale
        faults.late *= scale
        faults.doubled *= scale
        faults.jitterMs *= max(1, scale)
        faults.ahead *= scale
        faults.returned *= scale
        faults.outage *= scale
        faults.silence = random.one(of: [0, 25, 80])
        faults.badRow = random.one(of: [0, 8, 30])
        faults.stall = random.one(of: [0, 4, 12])
        faults.stop = random.one(of: [0, 15, 30, 60])
        faults.fullDisk = random.one(of: [0, 20, 60])
        faults.wallJump = random.one(of: [0, 10, 30])
        faults.mostWaiting = random.one(of: [20, 100, 100_000])
        faults.keepEvery = random.one(of: [60, 200, 600])
        return faults
    }
}

extension EngineSettings {
    /// Short times, and kills on: what the issue calls `kill if enabled`.
    static func drawn(_ random: inout SeededRandom) -> EngineSettings {
        var settings = EngineSettings()
        settings.venueSilentMs = 5_000
        settings.priceStaleMs = 6_000
        settings.streams.ordersMs = UInt64(random.of(3_000...6_000))
        settings.streams.positionsMs = UInt64(random.of(3_000...6_000))
        settings.streams.balancesMs = UInt64(random.of(3_000...6_000))
        settings.streams.accountCountsMs = 6_000
        settings.cap.everyMs = 6_000
        settings.cap.most = 2
        settings.orders.timeoutMs = 5_000
        settings.beats.engineStallHalts = random.chance(500)
        settings.beats.engineStallMs = UInt64(random.of(2_500...5_000))
        settings.probation.watchMs = UInt64(random.of(0...10_000))
        settings.probation.percent = random.one(of: [30, 50, 100])
        settings.probation.paperMs = random.one(of: [0, 1_500, 4_000])
        settings.probation.reduceOnlyMs = random.one(of: [0, 1_500, 4_000])
        settings.supervisors = [
            .drawn("grid", feeds: "", isRestarted: random.chance(700)),
            .drawn("feed", feeds: "v0", isRestarted: random.chance(700)),
        ]
        settings.rules = Rule.defaults.map { $0.hurried }
        settings.enableKills(&random)
        // Each desk has some of the rules that only tell; all have those that halt.
        for place in settings.rules.indices where !settings.rules[place].steps.contains(where: \.kills) {
            settings.rules[place].isEnabled = random.chance(600)
        }
        settings.rules.append(
            Rule(
                "HEAT",
                measure: "metric:heat",
                .over,
                steps: [Rule.Step(Decimal(70), .warning), Rule.Step(Decimal(90), .emergency, kills: true)],
                forMs: UInt64(random.of(0...3_000)),
                confirmations: random.of(1...3),
                windowMs: random.one(of: [0, 6_000])
            )
        )
        return settings
    }

    private mutating func enableKills(_ random: inout SeededRandom) {
        for place in rules.indices {
            switch rules[place].name {
            case "ORDER_STUCK":
                rules[place].steps = [
                    Rule.Step(Decimal(2), .critical), Rule.Step(Decimal(6), .emergency, kills: true),
                ]
            case "PLATFORM_EXPOSURE":
                rules[place].steps[1].kills = true
                rules[place].confirmations = random.of(1...2)
                rules[place].forMs = random.one(of: [0, 0, 1_000])
            case "CONSECUTIVE_LOSSES":
                rules[place].steps[1].kills = true
                rules[place].confirmations = random.one(of: [1, 1, 2])
            case "DAILY_DRAWDOWN":
                rules[place].forMs = UInt64(random.of(0...3_000))
                rules[place].confirmations = random.of(1...3)
            case "HEARTBEAT_DEAD": rules[place].steps[0].kills = random.chance(800)
            case "HEARTBEAT_STALLED": rules[place].steps[0].kills = random.chance(300)
            default: break
            }
        }
    }

    /// Another configuration of the same desk.
    mutating func change(_ random: inout SeededRandom) {
        guard let place = rules.indices.randomElement(using: &random) else { return }
        switch random.of(0...5) {
        case 0: rules[place].isEnabled.toggle()
        case 1: rules[place].forMs = UInt64(random.of(0...3_000))
        case 2: rules[place].confirmations = random.of(1...3)
        case 3:
            let last = rules[place].steps.count - 1
            let half = Decimal(digits: Int128(random.one(of: [5, 9, 11, 15])), scale: 1) ?? Decimal(1)
            rules[place].steps[last].threshold = rules[place].steps[last].threshold.multiplied(by: half) ?? Decimal(1)
        case 4: cap.most = random.of(1...4)
        default: probation.percent = random.one(of: [30, 50, 100])
        }
    }
}

extension EngineSettings.ExpectedSupervisor {
    static func drawn(_ name: String, feeds: String, isRestarted: Bool) -> EngineSettings.ExpectedSupervisor {
        var supervisor = EngineSettings.ExpectedSupervisor(name: name, intervalMs: 1_000)
        supervisor.feeds = feeds
        supervisor.backoffMs = 500
        supervisor.restart = isRestarted ? ["/bin/restart", name] : []
        return supervisor
    }
}

extension Rule {
    /// The same in a twentieth of the time.
    fileprivate var hurried: Rule {
        var rule = self
        rule.forMs /= 20
        rule.holdMs /= 20
        rule.cooldownMs /= 20
        return rule
    }
}
