import SafetyEngine
import Seeds

/// What lies between the world and the desk's inbox: it loses, delays, doubles and reorders.
struct Network {
    /// What is on its way.
    struct Letter {
        var arrivesMs: Int
        var number: Int
        var event: Event
        var isLocal: Bool
    }

    private let faults: Plan.Faults
    private var random: SeededRandom
    private var letters: [Letter] = []
    private var lastNumber = 0
    private(set) var lost = 0
    private(set) var late = 0
    private(set) var doubled = 0

    init(_ plan: Plan) {
        faults = plan.faults
        random = SeededRandom(seed: plan.seed &+ 2)
    }

    /// When the next letter arrives.
    var nextMs: Int? { letters.last?.arrivesMs }

    mutating func send(_ message: World.Message, at nowMs: Int, isOut: Bool) {
        guard !message.link.isLocal else {
            post(message.event, at: nowMs + random.of(0...20), isLocal: true)
            return
        }
        guard !isOut, !random.chance(faults.lost) else {
            lost += 1
            return
        }
        var delay = random.of(1...max(2, faults.jitterMs))
        if random.chance(faults.late) {
            late += 1
            delay += random.chance(100) ? random.of(60_000...70_000) : random.of(500...6_000)
        }
        post(message.event, at: nowMs + delay, isLocal: false)
        if random.chance(faults.doubled) {
            doubled += 1
            post(message.event, at: nowMs + delay + random.of(0...2_000), isLocal: false)
        }
    }

    mutating func post(_ event: Event, at arrivesMs: Int, isLocal: Bool) {
        lastNumber += 1
        let letter = Letter(arrivesMs: arrivesMs, number: lastNumber, event: event, isLocal: isLocal)
        // The first to arrive is the last in the array.
        let place = letters.firstIndex { ($0.arrivesMs, $0.number) < (letter.arrivesMs, letter.number) }
        letters.insert(letter, at: place ?? letters.count)
    }

    /// What has arrived by now, in the order of arrival.
    mutating func arrived(by nowMs: Int) -> [Event] {
        var events: [Event] = []
        while let letter = letters.last, letter.arrivesMs <= nowMs {
            letters.removeLast()
            events.append(letter.event)
        }
        return events
    }

    /// The host is gone: what was on its way to it finds nobody. What comes later finds the next one.
    mutating func hostStopped(at nowMs: Int, backAt: Int) {
        letters.removeAll { $0.isLocal || $0.arrivesMs < backAt }
    }
}
