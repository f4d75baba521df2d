/// What a host does about the records, beside beating: one pass after the other, on a thread that may wait for the disk.
public struct Upkeep: Sendable {
    private let killSwitch: KillSwitch
    private let environment: Mode
    private var watch = RepairWatch()
    private var known: Observation?
    private var mirrored: (word: Word?, length: Int)?
    private var pending = LateRecords()
    /// A repair that could not be made is tried again after a while, not in every pass.
    private var repairs = (wait: Upkeep.firstWait, next: UInt64(0))
    private var dead: [Int: UInt64] = [:]
    /// What was said last: a full disk is worth one line, not ten a second.
    private var said: [Event] = []

    /// The first wait before a failed repair is tried again, ns; it doubles up to a second.
    private static let firstWait: UInt64 = 100_000_000
    /// How long a dead gate stays listed.
    private static let deadRetention: UInt64 = 600_000_000_000

    /// Something that happened, for the host's log.
    public struct Event: Sendable, Equatable {
        /// Whether it concerns trading, or is an ordinary note.
        public var isSerious: Bool
        /// What happened and what was done.
        public var message: String
    }

    /// Creates the upkeep of a host.
    ///
    /// - Parameters:
    ///   - tradingMode: TRADING_MODE in the host's environment; it restricts the desk while the host runs.
    public init(_ killSwitch: KillSwitch, tradingMode: String?) {
        self.killSwitch = killSwitch
        environment = TradingMode.mode(tradingMode)
    }

    /// The last time that pages or their links had to be made again under the running host, and why (boottime, ns).
    public private(set) var remade: (reason: String, at: UInt64)?

    /// Whether something waits to be retried or timed, so that the next pass should come soon.
    public private(set) var isBusy = false

    /// The latest look.
    public var seen: Observation? { known }

    /// A halt whose page is done and whose record is not.
    public struct Pending: Sendable {
        /// What the page said.
        public var pulled: HaltHandle.Pulled
        /// Why.
        public var request: HaltRequest
        /// The stop file that it is for: its text becomes the reason.
        public var stopFile: StopFile?

        /// Creates one.
        public init(pulled: HaltHandle.Pulled, request: HaltRequest, stopFile: StopFile? = nil) {
            self.pulled = pulled
            self.request = request
            self.stopFile = stopFile
        }
    }

    /// Takes over the record of a halt whose page is done.
    public mutating func add(_ halt: Pending) { pending.add(halt) }

    /// One pass: records what is not durable yet, repairs, restricts by the environment, verifies, mirrors, reaps.
    ///
    /// - Parameter verdicts: what is known of the halts in force; of one that is not among them nothing is known, and nothing changes.
    /// - Returns: what happened.
    public mutating func pass(_ verdicts: [HaltVerdict] = []) -> [Event] {
        var events: [Event] = []
        recordPending(&events)
        recordKept(&events)
        ensurePages(&events)
        var seen = killSwitch.observe(knowing: known)
        let actions = repair(watch.look(seen), at: seen.now, &events)
        if let mode = seen.word?.mode, !mode.isAtMost(environment) {
            let report = killSwitch.halt(
                HaltRequest(
                    mode: environment == .paper ? .paper : .halted,
                    reason: "TRADING_MODE in the host's environment restricts the desk to \(environment.name)",
                    source: .environment
                )
            )
            events.append(
                Event(isSerious: true, message: "restricted to \(environment.name) by TRADING_MODE (\(report.id))")
            )
        }
        if !actions.isEmpty { seen = killSwitch.observe(knowing: seen) }
        verify(verdicts, &seen, &events)
        mirror(&seen, &events)
        reap(seen)
        known = seen
        // A gate that never acknowledges is looked for closely for a while, then once a second.
        let recent = seen.now - min(seen.changed, seen.now) < 10_000_000_000
        let unverified = seen.effective == nil && seen.word.map { !$0.mode.permitsAnything } ?? false
        isBusy = !pending.isEmpty || !seen.fold.reachesWord || seen.fold.tail != nil || (unverified && recent)
        // What fails again after a wait was said already.
        let goesOn = !pending.isEmpty || repairs.next > 0
        defer { said = events + (goesOn ? said.filter { !events.contains($0) } : []) }
        return events.filter { !said.contains($0) }
    }

    /// What a host before this one saw of the venues' orders may have changed while none ran.
    public mutating func forgetVerified() -> [Event] {
        let seen = killSwitch.observe(knowing: known)
        return pass(
            seen.haltsInForce.filter { seen.noted($0.id) != nil }.map {
                HaltVerdict(id: $0.id, isVerified: false, text: "another host began: it looks at the orders anew")
            }
        )
    }

    private func verify(_ verdicts: [HaltVerdict], _ seen: inout Observation, _ events: inout [Event]) {
        for halt in seen.haltsInForce {
            guard let verdict = verdicts.first(where: { $0.id == halt.id }),
                killSwitch.note(verdict, of: halt, seen: seen)
            else { continue }
            let what = halt.scope.isGlobal ? "the halt" : "the halt of \(halt.scope)"
            events.append(
                verdict.isVerified
                    ? Event(isSerious: false, message: "\(what) is verified: \(verdict.text)")
                    : Event(isSerious: true, message: "\(what) is NOT verified any more: \(verdict.text)")
            )
            seen = killSwitch.observe(knowing: seen)
        }
    }

    private mutating func recordPending(_ events: inout [Event]) {
        for outcome in pending.write(killSwitch, now: Clock.boottime(), knowing: known?.fold) {
            let (request, report) = (outcome.request, outcome.report)
            events.append(
                Event(
                    isSerious: true,
                    message: report.durable
                        ? "halted (\(request.source.rawValue)): \(request.reason)"
                        : "halted, but NOT ON DISK (errno \(report.error)); tried again: \(request.reason)"
                )
            )
        }
    }

    /// What others could not write when they halted, before anything is written in its place.
    private mutating func recordKept(_ events: inout [Event]) {
        do {
            // A host before this one may have died while it put the log's older part aside.
            if known == nil, try killSwitch.recoverAside() > 0 {
                events.append(Event(isSerious: true, message: "recorded late: what only the log's older part had"))
            }
            for (_, reason) in try killSwitch.writeKeptRecords(except: pending.ids) {
                events.append(Event(isSerious: true, message: "recorded late: \(reason)"))
            }
        } catch {
            events.append(Event(isSerious: true, message: "a halt's record waits for the disk: \(error)"))
        }
    }

    /// Carries repairs out.
    ///
    /// - Returns: what was tried.
    private mutating func repair(_ asked: [RepairAction], at now: UInt64, _ events: inout [Event]) -> [RepairAction] {
        let actions = asked.filter { action in
            switch action {
            // Nothing more permitting waits for nothing.
            case .halt: true
            // Records of our own that are still to come close the gap themselves, each under its own id.
            case .recordGap, .recordEntry: pending.isEmpty && now >= repairs.next
            case .recordLoss, .buryEntry, .republish, .closeTail: now >= repairs.next
            }
        }
        var failed = false
        for action in actions {
            do {
                try killSwitch.perform(action)
                events.append(Event(isSerious: true, message: "repair: \(action)"))
            } catch {
                failed = true
                events.append(Event(isSerious: true, message: "repair \(action) failed and is tried again: \(error)"))
            }
        }
        if failed {
            repairs = (min(repairs.wait * 2, LateRecords.longestWait), now + repairs.wait)
        } else if !actions.isEmpty {
            repairs = (Upkeep.firstWait, 0)
        }
        return actions
    }

    private mutating func ensurePages(_ events: inout [Event]) {
        do {
            switch try killSwitch.ensurePages(mayStart: false, isHost: true) {
            case .present, .started: break
            case .made(let reason), .repaired(let reason):
                remade = (reason, Clock.boottime())
                events.append(Event(isSerious: true, message: reason))
            }
        } catch {
            events.append(Event(isSerious: true, message: "no page that can be trusted; every gate refuses: \(error)"))
        }
    }

    private mutating func mirror(_ seen: inout Observation, _ events: inout [Event]) {
        guard mirrored?.word != seen.word || mirrored?.length != seen.fold.length else { return }
        do {
            try killSwitch.writeMirror(knowing: seen)
            mirrored = (seen.word, seen.fold.length)
        } catch {
            events.append(Event(isSerious: false, message: "the mirror is out of date: \(error)"))
        }
    }

    /// Clears the slots of gates that died a while ago, or sooner when the table fills up.
    private mutating func reap(_ seen: Observation) {
        guard let slots = seen.gates else { return }
        let gone = slots.filter { !$0.alive }.map(\.index)
        dead = dead.filter { gone.contains($0.key) }
        for index in gone where dead[index] == nil { dead[index] = seen.now }
        let crowded = slots.count > 192
        let old = dead.filter { crowded || seen.now - $0.value > Upkeep.deadRetention }.map(\.key)
        GateSlots.clear(old, in: killSwitch.directory)
    }
}
