internal import CEstop
import Glibc
import Synchronization

/// Everything that can be seen of a desk from outside, at one moment. Looking changes nothing.
public struct Observation: Sendable {
    /// Why the page cannot be trusted; nil when it can.
    public var pageProblem: PageProblem?
    /// The page's word; nil without a page that can be trusted.
    public var word: Word?
    /// The mode in force: the page's, made stricter by a silent host (unknown), a stop file (halted) and a log that says
    /// otherwise (unknown).
    public var mode: Mode
    /// Why the mode in force is stricter than the page's; nil when it is not.
    public var modeProblem: String?
    /// CLOCK_BOOTTIME ns of the page's last change.
    public var changed: UInt64
    /// CLOCK_BOOTTIME ns of the host's last beat.
    public var beat: UInt64
    /// The dead-man limit, ns; 0: none.
    public var deadMan: UInt64
    /// The scoped entries on the page.
    public var entries: [PageEntry]
    /// The log.
    public var fold: Fold
    /// Why the log could not be read; nil when it could.
    public var logProblem: String?
    /// Why the state directory is not there any more; nil: it is.
    public var directoryProblem: String?
    /// The gates; nil when there is no gates.page.
    public var gates: [GateSlot]?
    /// The host.
    public var host: HostLock.Presence?
    /// The stop files that are there.
    public var stopFiles: [StopFile]
    /// How many operators a resume takes.
    public var approvals = 1
    /// Whether it is a paper desk: its one venue runs in its host, and ends with it.
    public var isPaper = true
    /// The resume that waits for a second person; nil: none.
    public var waiting: WaitingResume?
    /// CLOCK_BOOTTIME ns of this look.
    public var now: UInt64
    /// What the log's file was: a fold of the same file need not be made again.
    var logIdentity: FileIdentity?
    /// The mirror's.
    var mirrorIdentity: FileIdentity?

    /// Milliseconds since the host's last beat.
    public var beatAgeMs: UInt64 { now > beat ? (now - beat) / 1_000_000 : 0 }

    /// Whether the host has beaten within the limit (or a minute, where there is none).
    public var hostBeats: Bool {
        let limit = deadMan == 0 ? 60_000_000_000 : deadMan
        return beat > now ? beat - now <= 1_000_000_000 : now - beat <= limit
    }

    /// What keeps the desk from trading.
    public var latches: [Latch] { fold.latches }

    /// The same for people: what says the same is one, with how often it came.
    public var shownLatches: [Latch] { fold.shownLatches }

    /// The record that explains the mode in force: the newest latch (one of people before one of estop itself), else the
    /// last applied resume.
    public var cause: (at: String, reason: String, source: Record.Source, op: String)? {
        let global = latches.filter { $0.scope.isGlobal }
        if let latch = global.last(where: { $0.source != .watchdog }) ?? global.last {
            return (latch.since, latch.reason, latch.source, latch.op)
        }
        return fold.lastApplied.map { ($0.at, $0.reason, $0.source, $0.op) }
    }

    /// The wall time of the page's last change, as far as the two clocks tell.
    var changedAt: String? {
        guard changed > 0, word != nil else { return nil }
        let ago = Int64(now > changed ? (now - changed) / 1_000_000 : 0)
        let milliseconds = Clock.wallMilliseconds() - ago
        return Clock.text(seconds: Int(milliseconds / 1000), milliseconds: Int(milliseconds % 1000))
    }

    /// What has kept the desk from trading since when: the first latch of everything that is in force, else the last applied
    /// resume. `cause` is the newest one.
    public var beginning: (at: String, reason: String, source: Record.Source, op: String)? {
        guard let latch = fold.globalLatches.first else { return cause }
        return (latch.since, latch.reason, latch.source, latch.op)
    }

    /// Why nothing is known of the gates; nil: they can be read. Not the same as that there are none.
    public var gatesProblem: String? {
        gates == nil ? "gates.page is missing or cannot be read: a bot may trade unseen" : nil
    }

    /// Open gates.
    public var openGates: [GateSlot] { (gates ?? []).filter(\.alive) }

    /// Open gates that acknowledged the page's word.
    public var acknowledged: [GateSlot] { openGates.filter(hasAcknowledged) }

    /// Open gates that have not acknowledged it: their bots may still trade.
    public var waitingGates: [GateSlot] { openGates.filter { !hasAcknowledged($0) } }

    /// Why the page's state is not on disk; nil when it is.
    public var notDurable: String? {
        if let logProblem { return logProblem }
        guard word != nil else { return nil }
        return fold.reachesWord ? nil : "the log does not hold the page's last change yet"
    }

    /// The observation as `estop status --json` prints it.
    ///
    /// - Parameters:
    ///   - orders: what the host says of the orders of a halt that is not verified.
    ///   - more: members that the command adds.
    public func statusJSON(desk: String, orders: OrdersOfHalt? = nil, also more: [JSON.Member] = []) -> JSON {
        var members = mirrorMembers
        members += [
            .init(
                "page",
                word.map {
                    .object([.init("mode", .string($0.mode.name)), .init("generation", .integer(Int64($0.generation)))])
                } ?? .null
            ),
            .init(
                "host",
                host.map {
                    .object([.init("pid", .integer(Int64($0.pid))), .init("beat_age_ms", .number(beatAgeMs))])
                } ?? .null
            ),
            .init(
                "gates",
                gatesProblem == nil
                    ? .object([
                        .init("open", .integer(Int64(openGates.count))),
                        .init("acknowledged", .integer(Int64(acknowledged.count))),
                    ]) : .null
            ),
            .init("effective", .text(effective)), .init("orders", orders?.json ?? .null),
            .init("not_durable", .text(notDurable)), .init("desk", .string(desk)),
            .init("dead_man_ms", .number(deadMan / 1_000_000)),
            .init("problem", .text(pageProblem?.description ?? modeProblem)),
            .init("stop_files", .array(stopFiles.map { .string($0.path) })),
            .init("approvals", .integer(Int64(approvals))), .init("waiting", waiting?.json ?? .null),
        ]
        return .object(members + more)
    }
}

extension GateSlot {
    /// The slot as `estop gates --json` prints it.
    ///
    /// - Parameter acknowledged: whether it acknowledged the page's word (`Observation.hasAcknowledged`).
    public func json(acknowledged: Bool, now: UInt64) -> JSON {
        .object([
            .init("name", .string(name)), .init("scope", .string(scope)), .init("pid", .integer(Int64(pid))),
            .init("acknowledged", .bool(acknowledged)),
            .init("mode", .string(alive ? seen.mode.name : "dead")), .init("checks", .number(checks)),
            .init("refusals", .number(refusals)), .init("last_check_age_ms", .number(lastCheckAgeMs(now: now))),
            .init("alive", .bool(alive)),
        ])
    }

    /// Milliseconds since the host's beat that the gate saw at its last check; nil: it never checked.
    public func lastCheckAgeMs(now: UInt64) -> UInt64? {
        guard checks > 0, hostBeat > 0 else { return nil }
        return now > hostBeat ? (now - hostBeat) / 1_000_000 : 0
    }
}

extension KillSwitch {
    /// Looks at everything. Changes nothing: no byte, no time stamp.
    ///
    /// - Parameter known: an earlier look, whose fold is taken over while the log, the mirror and the word are the same.
    public func observe(knowing known: Observation? = nil) -> Observation {
        var seen = look(known)
        // A change between the two looks would make the records seem to disagree.
        for _ in 0..<4 {
            if HaltPage.map(directory, writable: false).page?.word == seen.word { break }
            seen = look(known)
        }
        return seen
    }

    private func look(_ known: Observation?) -> Observation {
        // The page before the log: a record that is in the log may be newer than the word, never the other way round.
        let (page, problem) = HaltPage.map(directory, writable: false)
        let word = page?.word
        let logIdentity = directory.identity(of: Log.name)
        let mirrorIdentity = directory.identity(of: Mirror.name)
        var logProblem: String?
        let fold: Fold
        if let known, known.logProblem == nil, known.word == word, logIdentity != nil,
            known.logIdentity == logIdentity, known.mirrorIdentity == mirrorIdentity
        {
            fold = known.fold
        } else {
            var part: LogPart?
            do { part = try Log.part(directory, word: word) } catch { logProblem = error.message }
            fold = Fold(
                part,
                word: word,
                mirrorLength: Mirror.read(directory)?.logBytes,
                knowing: known?.fold ?? directory.lastFold.withLock { $0 }
            )
            directory.lastFold.withLock { $0 = fold }
        }
        var seen = Observation(
            pageProblem: problem,
            word: word,
            mode: word?.mode ?? .unknown,
            modeProblem: nil,
            changed: page?.changed ?? 0,
            beat: page?.beat ?? 0,
            deadMan: page?.deadMan ?? 0,
            entries: page?.entries ?? [],
            fold: fold,
            logProblem: logProblem,
            gates: GateSlots.read(directory),
            host: HostLock.presence(directory),
            stopFiles: StopFile.all(directory, settings),
            now: Clock.boottime(),
            logIdentity: logIdentity,
            mirrorIdentity: mirrorIdentity
        )
        seen.directoryProblem = directory.problem
        seen.isPaper = isPaper
        seen.approvals = approvals(seen)
        if seen.approvals > 1 {
            let latches = fold.latches.map(\.id)
            seen.waiting = KeptResumeFile.read(directory)?.waiting(now: seen.now, word: word, latches: latches)
        }
        if seen.mode.permitsAnything {
            if let stop = seen.stopFiles.first {
                seen.mode = .halted
                seen.modeProblem =
                    "the stop file \(stop.path) is there: gates that open now refuse; the host halts the others"
            } else if seen.deadMan != 0 && !seen.hostBeats {
                seen.mode = .unknown
                let since = seen.beat == 0 ? "has ever beaten" : "has beaten for \(seen.beatAgeMs / 1000) s"
                seen.modeProblem = "no host \(since): every gate refuses; start 'estop serve'"
            } else if let logProblem {
                seen.mode = .unknown
                seen.modeProblem = "the log cannot be read: \(logProblem)"
            } else if fold.globalLatches.contains(where: { !word.map(\.mode).isAtMost($0.mode) }) {
                seen.mode = .unknown
                seen.modeProblem = "the page permits what the log forbids: halt again"
            }
        }
        return seen
    }
}

extension Optional where Wrapped == Mode {
    fileprivate func isAtMost(_ other: Mode) -> Bool { map { $0.isAtMost(other) } ?? true }
}
