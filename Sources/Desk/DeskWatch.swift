public import KillSwitch
import Operators
public import SafetyEngine
import Synchronization

/// Watches a desk from outside (or from inside its host) and delivers a complete snapshot on every change and once a
/// second, more often while a halt is not verified.
///
/// Delivered on the watch's own thread; reading never changes anything.
public final class DeskWatch: Sendable {
    private let killSwitch: KillSwitch
    private let isHost: @Sendable () -> Bool
    private let notices: [String]
    private let engine: @Sendable () -> EngineSight?
    private let bell: Bell
    private let own = Mutex<HaltTimes.Own?>(nil)

    /// What calls for a look. Made before the watch, so that whatever the watch looks at can have it.
    public final class Bell: Sendable {
        fileprivate let worker = Worker()

        /// A bell that nobody listens to yet.
        public init() {}

        /// Something may have changed; any thread, waits for nothing.
        public func ring() { worker.wake() }
    }

    /// Milliseconds between looks while a halt is under way.
    private static let haste: UInt64 = 25

    /// Creates a watch; `start` begins.
    ///
    /// - Parameters:
    ///   - isHost: whether this process hosts the desk now.
    ///   - notices: what the operator ought to know from the start, such as a broken configuration.
    ///   - engine: what is seen of the engine; nil: this watch is not about it.
    ///   - bell: what calls for a look.
    public init(
        _ killSwitch: KillSwitch,
        isHost: @escaping @Sendable () -> Bool,
        notices: [String],
        engine: @escaping @Sendable () -> EngineSight? = { nil },
        bell: Bell = Bell()
    ) {
        self.killSwitch = killSwitch
        self.isHost = isHost
        self.notices = notices
        self.engine = engine
        self.bell = bell
    }

    /// One snapshot, now: the screen's first.
    public func first() -> DeskSnapshot {
        var builder = SnapshotBuilder(killSwitch: killSwitch)
        return look(&builder, own: nil)
    }

    private func look(_ builder: inout SnapshotBuilder, own: HaltTimes.Own?) -> DeskSnapshot {
        var snapshot = builder.snapshot(own: own, isHost: isHost(), notices: notices)
        if let sight = engine() { snapshot.take(sight) }
        return snapshot
    }

    /// Begins to watch.
    ///
    /// - Parameter deliver: takes a snapshot, on the watch's thread; must not wait.
    public func start(deliver: @escaping @Sendable (DeskSnapshot) -> Void) {
        bell.worker.start { [self] in run(deliver) }
    }

    /// Ends.
    public func stop() { bell.worker.stop() }

    /// Looks now: something may have changed.
    public func wake() { bell.ring() }

    /// A halt of this process, as soon as its page is done: `keyAt` is when its key was seen (boottime, ns).
    public func halted(_ word: Word, keyAt: UInt64, pageAt: UInt64) {
        own.withLock { $0 = HaltTimes.Own(word: word, keyAt: keyAt, pageAt: pageAt) }
        wake()
    }

    /// What became of that halt's record.
    public func recorded(_ report: HaltReport, at: UInt64) {
        own.withLock { own in
            guard own != nil else { return }
            // A record that found the page permitting again halted once more: its word is the one to watch.
            own?.word = report.state
            own?.diskAt = report.durable ? at : nil
            own?.elsewhere =
                report.onPage
                ? nil
                : report.stopFile
                    ? "the stop file was left, and a host halts on it" : report.socket ? "the host was asked" : nil
            own?.problem = report.durable ? nil : "error \(report.error)"
        }
        wake()
    }

    /// Between two looks where nothing calls for one, in milliseconds. A little more than a host's views are apart: on an
    /// attached screen each of them calls, and no timer beside it.
    private static let rest: UInt64 = 1_200

    private func run(_ deliver: @Sendable (DeskSnapshot) -> Void) {
        let worker = bell.worker
        let changes = StopFileWatch(killSwitch)
        defer { changes.end() }
        var builder = SnapshotBuilder(killSwitch: killSwitch)
        while !worker.isStopping {
            let snapshot = look(&builder, own: own.withLock { $0 })
            deliver(snapshot)
            let halting = snapshot.word.map { !$0.mode.permitsAnything } ?? false
            let verified = snapshot.steps.verified.isDone
            let nap = halting && !verified && (snapshot.changeAgeMs ?? 0) < 60_000 ? DeskWatch.haste : DeskWatch.rest
            if worker.sleep(also: changes.descriptor, milliseconds: nap) {
                changes.drain()
                // A burst of changes (a record, its mirror) is one look.
                Clock.sleep(milliseconds: 5)
                changes.drain()
            }
        }
    }
}

/// Makes snapshots of a desk, remembering what only a series of looks can tell.
struct SnapshotBuilder {
    let killSwitch: KillSwitch
    private var times = HaltTimes()
    private var known: Observation?
    private var checks: [Int: (pid: UInt32, checks: UInt64, at: UInt64, rate: Double?)] = [:]
    private var gaps = BeatGaps()
    private var enrolled: (at: UInt64, any: Bool, problem: String?)?

    /// What a command has to name besides to be about this desk.
    private let option: String

    init(killSwitch: KillSwitch) {
        self.killSwitch = killSwitch
        option = killSwitch.directory.option
        times.stopFile = StateDirectory.quoted(killSwitch.directory.path + "/EMERGENCY_STOP")
    }

    mutating func snapshot(own: HaltTimes.Own?, isHost: Bool, notices: [String]) -> DeskSnapshot {
        let seen = killSwitch.observe(knowing: known)
        known = seen
        let settings = killSwitch.settings
        var snapshot = DeskSnapshot(
            deskName: settings.name,
            paper: settings.paper,
            directory: killSwitch.directory.path
        )
        snapshot.word = seen.word
        snapshot.mode = seen.mode
        snapshot.commandOption = option
        snapshot.directoryProblem = seen.directoryProblem
        snapshot.pageProblem = problem(seen)
        let began = seen.beginning
        snapshot.since = began?.at
        snapshot.changeAgeMs = seen.word == nil ? nil : (seen.now - min(seen.changed, seen.now)) / 1_000_000
        snapshot.sinceAgeMs = age(seen, snapshot.changeAgeMs)
        snapshot.by = began.map { $0.source.author($0.op) }
        snapshot.reason = began?.reason
        snapshot.latches = seen.shownLatches
        snapshot.history = Array(seen.fold.history.suffix(100))
        snapshot.host = host(seen, isHost: isHost)
        snapshot.deadManMs = (seen.word == nil ? settings.deadMan : seen.deadMan) / 1_000_000
        snapshot.gates = gates(seen)
        snapshot.gatesProblem = seen.gatesProblem
        snapshot.supervisors = supervisors(seen)
        snapshot.steps = times.steps(seen, own: own, venues: !settings.paper)
        snapshot.notDurable = seen.notDurable
        snapshot.freshness = .live(ageMs: 0)
        // The gravest first: what keeps the desk from working before what was odd when this screen began.
        snapshot.notices = seen.waiting.map { [$0.notice] } ?? []
        snapshot.approvals = seen.approvals
        snapshot.waiting = seen.waiting
        lookForOperators(seen, &snapshot)
        snapshot.notices += notices
        return snapshot
    }

    /// How long the mode has been in force: of several halts, since the first; where a scope was halted meanwhile, since
    /// before that. The page tells only when it changed last.
    private func age(_ seen: Observation, _ changeAgeMs: UInt64?) -> UInt64? {
        guard let changeAgeMs, seen.latches.count > (seen.fold.globalLatches.isEmpty ? 0 : 1),
            let began = seen.beginning.flatMap({ Clock.milliseconds(of: $0.at) })
        else { return changeAgeMs }
        return max(changeAgeMs, UInt64(clamping: Clock.wallMilliseconds() - began))
    }

    private func problem(_ seen: Observation) -> String? {
        if seen.word == nil, let gone = seen.directoryProblem { return gone }
        return (seen.pageProblem?.description ?? seen.modeProblem).map { StateDirectory.naming($0, option) }
    }

    private func host(_ seen: Observation, isHost: Bool) -> DeskSnapshot.Host {
        if isHost { return .embedded }
        guard let host = seen.host else { return .absent }
        return seen.hostBeats
            ? .running(pid: host.pid, beatAgeMs: seen.beatAgeMs) : .silent(pid: host.pid, beatAgeMs: seen.beatAgeMs)
    }

    private mutating func gates(_ seen: Observation) -> [DeskSnapshot.Gate] {
        (seen.gates ?? []).map { slot in
            DeskSnapshot.Gate(
                slot: slot.index,
                name: slot.name,
                scope: slot.scope,
                pid: slot.pid,
                alive: slot.alive,
                acknowledged: seen.hasAcknowledged(slot),
                mode: slot.seen.mode,
                checks: slot.checks,
                refusals: slot.refusals,
                checksPerSecond: rate(slot, at: seen.now),
                lastCheckAgeMs: slot.lastCheckAgeMs(now: seen.now)
            )
        }
    }

    /// Checks a second, over at least half a second: shorter looks (while a halt is under way) keep the last figure.
    private mutating func rate(_ slot: GateSlot, at now: UInt64) -> Double? {
        guard slot.alive else { return nil }
        guard let before = checks[slot.index], before.pid == slot.pid, slot.checks >= before.checks else {
            checks[slot.index] = (slot.pid, slot.checks, now, nil)
            return nil
        }
        guard now - before.at >= 500_000_000 else { return before.rate }
        let rate = Double(slot.checks - before.checks) * 1e9 / Double(now - before.at)
        checks[slot.index] = (slot.pid, slot.checks, now, rate)
        return rate
    }

    private mutating func supervisors(_ seen: Observation) -> [Supervisor] {
        var all: [Supervisor] = []
        var present: Set<BeatGaps.Identity> = []
        func add(_ identity: BeatGaps.Identity, _ name: String, beat: UInt64, interval: UInt64, alive: Bool?) {
            present.insert(identity)
            all.append(
                Supervisor(
                    name: name,
                    intervalMs: interval / 1_000_000,
                    lastBeatAgeMs: beat == 0 ? nil : seen.now > beat ? (seen.now - beat) / 1_000_000 : 0,
                    alive: alive,
                    gaps: gaps.observe(identity, beat: beat, interval: interval, at: seen.now)
                )
            )
        }
        if seen.host != nil || seen.beat != 0 {
            let interval = Pulse.interval(limit: seen.deadMan)
            add(.host, "host", beat: seen.beat, interval: interval, alive: seen.host != nil)
        }
        for slot in seen.gates ?? [] where slot.interval > 0 {
            let identity = BeatGaps.Identity.gate(slot: slot.index, pid: slot.pid)
            add(identity, slot.name, beat: slot.beat, interval: slot.interval, alive: slot.alive)
        }
        for beat in killSwitch.scriptBeats() {
            add(.script(beat.name), beat.name, beat: beat.at, interval: beat.interval, alive: nil)
        }
        gaps.keep(present)
        return all
    }

    /// Twice a second at most: an operator who was enrolled a moment ago finds the fields for name and passphrase.
    private mutating func lookForOperators(_ seen: Observation, _ snapshot: inout DeskSnapshot) {
        if enrolled.map({ seen.now - $0.at > 500_000_000 }) ?? true {
            do {
                let list = try OperatorStore(directory: killSwitch.directory.path).list()
                enrolled = (seen.now, !list.isEmpty, nil)
            } catch {
                enrolled = (seen.now, true, error.message)
            }
        }
        snapshot.operatorsEnrolled = enrolled?.any ?? false
        if let problem = enrolled?.problem { snapshot.notices.append(problem) }
    }
}
