import SafetyEngine
import Settings

/// What has to be told to whom, and when to try: pure, apart from disk and network.
///
/// Invariants (NotifyTests/OutboxTests): nothing that was taken vanishes but by delivery, refusal, giving up (counted) or
/// being counted in a summary; at most one try per target is under way; one alert's notifications keep their order; no
/// target has more than `mostWaiting` entries beside its summaries.
struct Outbox: Sendable {
    /// Entries per target; more are summed up.
    static let mostWaiting = 500
    /// Alerts of one level that one target is told one by one within a minute; more are summed up.
    static let mostPerMinute = 20
    /// The span of that limit.
    static let minuteMs: Int64 = 60_000
    /// The longest wait between two tries.
    static let longestBackoffMs: UInt64 = 300_000
    /// The longest wait that a receiver can ask for.
    static let longestRetryAfterMs: UInt64 = 3_600_000

    /// What has to happen on disk.
    enum Change: Sendable, Equatable {
        case write(UInt64)
        case remove(UInt64)
    }

    /// What to do next.
    struct Step: Sendable {
        /// Tries to begin.
        var attempts: [(entry: OutboxEntry, target: DeskConfiguration.Notify.Target)] = []
        /// When to ask again, if nothing happens before; nil: then only.
        var wakeAt: Int64?
    }

    private(set) var settings: DeskConfiguration.Notify
    private(set) var lanes: [Lane] = []
    private(set) var told: Told
    private(set) var repeated = 0
    private var nextNumber: UInt64 = 1
    private var changes: [Change] = []
    private var said: [String] = []

    init(_ settings: DeskConfiguration.Notify, waiting: [OutboxEntry] = [], told: Told = Told()) {
        self.settings = settings
        self.told = told
        lanes = settings.targets.map { Lane($0) }
        for entry in waiting.sorted(by: { $0.number < $1.number }) {
            nextNumber = max(nextNumber, entry.number &+ 1)
            _ = self.told.isNews(entry.notification)
            lanes[lane(of: entry.target)].entries.append(entry)
        }
    }

    /// Takes over new settings; what waits stays with the target of its name.
    mutating func configure(_ settings: DeskConfiguration.Notify) {
        let old = lanes
        self.settings = settings
        lanes = settings.targets.map { target in
            var lane = old.first { $0.target.name == target.name } ?? Lane(target)
            // Another address may work at once.
            if lane.target != target { lane.notBefore = 0 }
            lane.target = target
            lane.isConfigured = true
            return lane
        }
        for lane in old where !settings.targets.contains(where: { $0.name == lane.target.name }) {
            guard !lane.entries.isEmpty else { continue }
            var kept = lane
            kept.isConfigured = false
            lanes.append(kept)
        }
    }

    /// Takes something to be told, unless it was told already.
    mutating func take(_ notification: Notification, at now: Int64) {
        let notification = notification.bounded
        guard told.isNews(notification) else {
            repeated += 1
            return
        }
        for place in lanes.indices where lanes[place].isConfigured && lanes[place].target.wants(notification) {
            let due = lanes[place].dueOfSummary(for: notification, at: now)
            if let due {
                fold(notification, into: place, at: now, due: due)
            } else {
                add(notification, to: place, at: now)
            }
        }
    }

    /// What is to be tried now.
    mutating func step(at now: Int64) -> Step {
        var step = Step()
        for place in lanes.indices { expire(place, at: now) }
        lanes.removeAll { !$0.isConfigured && $0.entries.isEmpty }
        for place in lanes.indices {
            guard lanes[place].isConfigured, !lanes[place].isBusy, !lanes[place].entries.isEmpty else { continue }
            if lanes[place].notBefore > now {
                step.wake(lanes[place].notBefore)
            } else if let index = lanes[place].next(at: now) {
                lanes[place].entries[index].isUnderWay = true
                step.attempts.append((lanes[place].entries[index], lanes[place].target))
            } else if let due = lanes[place].entries.map(\.dueAt).min() {
                step.wake(due)
            }
        }
        return step
    }

    /// Takes what became of a try.
    mutating func finish(_ entry: OutboxEntry, _ outcome: Outcome, at now: Int64, wall: Int64) {
        guard let place = lanes.firstIndex(where: { $0.target.name == entry.target }),
            let index = lanes[place].entries.firstIndex(where: { $0.number == entry.number })
        else { return }
        lanes[place].entries[index].isUnderWay = false
        switch outcome {
        case .cancelled: break
        case .delivered:
            lanes[place].succeeded(at: wall)
            drop(place, index)
        case .refused(let reason):
            // Its receiver is there: only this message is wrong.
            lanes[place].streak = 0
            lanes[place].failed(reason, at: wall)
            giveUp(place, index, "was refused: \(reason)")
        case .failed(let reason, let retryAfterMs):
            lanes[place].failed(reason, at: wall)
            lanes[place].wait(settings, asked: retryAfterMs, from: now)
            lanes[place].entries[index].error = reason
            // Being asked to wait is no failed try; only the time limits it.
            if retryAfterMs == nil { lanes[place].entries[index].attempts += 1 }
            if lanes[place].entries[index].attempts >= max(1, settings.attempts) {
                giveUp(place, index, "was tried \(lanes[place].entries[index].attempts) times: \(reason)")
            } else {
                changes.append(.write(entry.number))
            }
        }
    }

    /// What has to happen on disk since the last call, each entry once.
    mutating func takeChanges() -> [Change] {
        defer { changes = [] }
        return Outbox.lastOfEach(changes)
    }

    /// The changes without those that a later one of the same entry replaces.
    static func lastOfEach(_ changes: [Change]) -> [Change] {
        var seen: Set<UInt64> = []
        return changes.reversed().filter { change in
            switch change {
            case .write(let number), .remove(let number): seen.insert(number).inserted
            }
        }.reversed()
    }

    /// What the host's log should say since the last call.
    mutating func takeSaid() -> [String] {
        defer { said = [] }
        return said
    }

    /// An entry by its number; nil: it is gone.
    func entry(_ number: UInt64) -> OutboxEntry? {
        for lane in lanes { if let found = lane.entries.first(where: { $0.number == number }) { return found } }
        return nil
    }
}

// MARK: - Entries

extension Outbox {
    private mutating func lane(of name: String) -> Int {
        if let place = lanes.firstIndex(where: { $0.target.name == name }) { return place }
        var lane = Lane(.init(name: name, kind: .webhook))
        lane.isConfigured = false
        lanes.append(lane)
        return lanes.count - 1
    }

    private mutating func add(_ notification: Notification, to place: Int, at now: Int64, due: Int64? = nil) {
        if notification.kind != .summary, lanes[place].entries.count >= Outbox.mostWaiting {
            // Room for what is graver; the oldest of the mildest then is only counted.
            guard let victim = lanes[place].mildest(below: notification.level) else {
                return fold(notification, into: place, at: now, due: now)
            }
            let gone = lanes[place].entries[victim].notification
            drop(place, victim)
            fold(gone, into: place, at: now, due: now)
        }
        if lanes[place].isGraver(notification) { lanes[place].hurry() }
        let entry = OutboxEntry(
            number: nextNumber,
            target: lanes[place].target.name,
            notification: notification,
            bornAt: now,
            dueAt: due ?? now
        )
        nextNumber &+= 1
        lanes[place].entries.append(entry)
        changes.append(.write(entry.number))
    }

    /// Counts it in the target's summary.
    private mutating func fold(_ notification: Notification, into place: Int, at now: Int64, due: Int64) {
        if let index = lanes[place].entries.firstIndex(where: \.isGathering) {
            lanes[place].entries[index].notification.absorb(notification)
            lanes[place].entries[index].dueAt = min(lanes[place].entries[index].dueAt, due)
            changes.append(.write(lanes[place].entries[index].number))
        } else {
            add(.summary(of: notification), to: place, at: now, due: due)
        }
    }

    private mutating func expire(_ place: Int, at now: Int64) {
        let limit = Int64(clamping: settings.giveUpMs)
        while let index = lanes[place].entries.firstIndex(where: { entry in
            !entry.isUnderWay && now.subtractingReportingOverflow(entry.bornAt).partialValue >= limit
        }) {
            let error = lanes[place].entries[index].error
            giveUp(place, index, "waited too long\(error.isEmpty ? "" : ": \(error)")")
        }
    }

    private mutating func giveUp(_ place: Int, _ index: Int, _ why: String) {
        let entry = lanes[place].entries[index]
        lanes[place].givenUp += 1
        said.append(
            "notify: \(entry.target) was not told of \(entry.notification.kind.rawValue) \(entry.notification.rule) "
                + "\(entry.notification.subject), given up: \(why)"
        )
        drop(place, index)
    }

    private mutating func drop(_ place: Int, _ index: Int) {
        changes.append(.remove(lanes[place].entries[index].number))
        lanes[place].entries.remove(at: index)
    }
}

extension Outbox.Step {
    fileprivate mutating func wake(_ at: Int64) { wakeAt = min(wakeAt ?? at, at) }
}
