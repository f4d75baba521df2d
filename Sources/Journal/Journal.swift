import GRDB
import Glibc
import KillSwitch
public import SafetyEngine

/// The append-only record of everything that came in and was decided: `journal.sqlite` in the state directory.
///
/// Callers hand over and go on; one thread of the journal's own encodes and writes, in batches, each of which is on disk
/// (WAL, synchronous FULL) when it is done. A full or failing disk makes it fall behind and say so, and never makes a
/// caller wait: what is to be carried out only once it is on disk uses `wait`, with a limit.
///
/// Invariants (JournalTests): what `wait` confirmed is found after a kill; events, decisions and audit are stored in the order in which
/// they were handed over; only events are ever dropped, the oldest first, and they are counted; writing resumes by itself.
public final class Journal: Sendable {
    /// One event, when it was received, and what was decided at it.
    public struct Entry: Sendable {
        /// The event.
        public var event: Event
        /// When it was received.
        public var receipt: Receipt
        /// The event as it came, where that is what the codec would write or reads the same; nil: it is encoded here.
        public var line: [UInt8]?
        /// What the engine decided at it.
        public var decisions: [Decision]

        /// Creates an entry.
        public init(_ event: Event, at receipt: Receipt, line: [UInt8]? = nil, decisions: [Decision] = []) {
            self.event = event
            self.receipt = receipt
            self.line = line
            self.decisions = decisions
        }
    }

    /// What was handed over: to be waited for.
    public struct Ticket: Sendable, Equatable {
        let order: UInt64
        /// The number of the last event that was handed over so far.
        public let lastEventSeq: Int64
    }

    let file: JournalFile
    let store: EventStore
    let options: JournalOptions
    let monitor: Monitor<JournalWork>
    private let lock: JournalLock

    /// Whether the file was not there before.
    public let isNew: Bool
    /// Damaged journals that lie beside this one: what they knew, the engine does not. The host has to say so, and not
    /// to take a forgotten day for a good one.
    public let damaged: [String]

    /// Opens the journal of a state directory, makes it where there is none, and starts its thread.
    ///
    /// - Parameters:
    ///   - directory: the state directory's path.
    ///   - codec: how events from outside are written.
    ///   - options: how it trades memory, disk and time.
    /// - Throws: `JournalError`: `inUse`, `drift`, `newer`, `notDurable`, `file`, `database`; `corrupt` after the damaged
    ///   file was moved aside.
    public init(
        directory: String,
        codec: any EventCodec,
        options: JournalOptions = JournalOptions()
    ) throws(JournalError) {
        var file = JournalFile(directory: directory)
        file.busyMs = options.busyMs
        lock = try JournalLock(directory: directory)
        self.file = file
        store = EventStore(codec: codec)
        self.options = options
        isNew = file.identity == nil
        damaged = file.damaged
        let opened: OpenJournal
        let work: JournalWork
        do {
            opened = try OpenJournal(file)
            work = try opened.work(options)
        } catch  where error.code == .corrupt {
            let aside = try file.moveAside()
            throw JournalError(
                .corrupt,
                "\(error.message); it was moved to \(aside). Restore a backup as \(file.path), or start again: a new "
                    + "journal begins, and what the old one knew is not known to the engine"
            )
        }
        monitor = Monitor(work)
        if isNew && !damaged.isEmpty {
            append(
                audit: AuditEntry(
                    atMs: 0,
                    wallMs: Clock.wallMilliseconds(),
                    who: "host:journal",
                    what: "new_journal",
                    body: Array(JSON.object([.init("damaged", .array(damaged.map { .string($0) }))]).bytes)
                )
            )
        }
        let started = ThreadStart.detached { [self] in run(opened) }
        guard started else { throw JournalError(.file, "the system has no thread for the journal") }
    }

    // MARK: - Handing over

    /// Hands over events with what was decided at them.
    @discardableResult
    public func append(_ entries: [Entry]) -> Ticket {
        monitor.change { work in
            for entry in entries {
                work.add(entry)
                for decision in entry.decisions { work.add(decision, at: entry.receipt) }
            }
            work.dropped += UInt64(work.backlog.trim(mostEvents: options.mostWaiting))
            return work.ticket
        }
    }

    /// Hands over decisions that time alone brought, after the last event.
    ///
    /// A replay only meets them again when an event follows. A host that acts on such decisions should hand an event
    /// to engine and journal instead (`HostEvent.clock`), at the time up to which it advances: after a kill the engine
    /// then knows what it had decided.
    @discardableResult
    public func append(decisions: [Decision], at receipt: Receipt) -> Ticket {
        monitor.change { work in
            for decision in decisions { work.add(decision, at: receipt) }
            return work.ticket
        }
    }

    /// Hands over an entry for the audit that no event or decision brings.
    @discardableResult
    public func append(audit entry: AuditEntry) -> Ticket {
        monitor.change { work in
            work.add(.audit(entry))
            return work.ticket
        }
    }

    /// Hands over a resume's entry for the audit, and in the same transaction sets the row of the trading mode to what holds
    /// since then: what was found there is in the entry, and set aside.
    ///
    /// - Parameters:
    ///   - entry: the resume's entry: a JSON object.
    ///   - tradingMode: `live` or `paper`.
    ///   - id: the resume's id.
    @discardableResult
    public func append(resumed entry: AuditEntry, tradingMode: String, id: String) -> Ticket {
        monitor.change { work in
            work.add(.resumed(entry, tradingMode: tradingMode, id: id))
            return work.ticket
        }
    }

    /// Hands over the session that begins: how the desk's time goes on from here.
    @discardableResult
    public func begin(_ session: Session) -> Ticket {
        monitor.change { work in
            work.add(.session(session))
            return work.ticket
        }
    }

    /// Hands over the engine's state after the last event that was handed over (by the same caller: nobody else appends
    /// in between). It is encoded on a thread of its own,
    /// which neither the caller nor the writing of decisions waits for. One that comes while another is being encoded
    /// is not taken.
    ///
    /// - Returns: whether it was taken.
    @discardableResult
    public func snapshot(_ engine: Engine) -> Bool {
        let begun: Int64? = monitor.with { work in
            guard !work.isSnapshotting, !work.isClosing else { return nil }
            work.isSnapshotting = true
            return work.nextEventSeq - 1
        }
        guard let eventSeq = begun else { return false }
        let started = ThreadStart.detached { [self] in
            Journal.giveWay()
            let body = try? Packed.bytes(of: engine)
            monitor.change { work in
                work.isSnapshotting = false
                guard let body else { return }
                let receipt = engine.last ?? Receipt(atMs: 0, wallMs: 0)
                work.snapshotSeq = eventSeq
                work.snapshotDropped = work.dropped
                work.bytesSinceSnapshot = 0
                work.add(.snapshot(Backlog.SnapshotBytes(eventSeq: eventSeq, receipt: receipt, body: body)))
            }
        }
        if !started { monitor.with { $0.isSnapshotting = false } }
        return started
    }

    // MARK: - Waiting

    /// Waits until everything up to a ticket is on disk: decisions and audit for certain; events, unless they were
    /// dropped, which `standing.dropped` tells.
    ///
    /// - Parameters:
    ///   - ticket: up to where.
    ///   - limitMs: how long, in milliseconds.
    ///   - failingMs: a disk whose writes have failed for so long is not waited for, in milliseconds.
    /// - Returns: whether it is, within the time.
    public func wait(for ticket: Ticket, limitMs: UInt64, failingMs: UInt64 = .max) -> Bool {
        monitor.change { $0.waiters += 1 }
        defer { monitor.with { $0.waiters -= 1 } }
        return monitor.wait(milliseconds: limitMs) { work -> Bool? in
            if work.durable >= ticket.order { return true }
            if work.isEnded { return false }
            guard let since = work.failingSinceMs else { return nil }
            let failedMs = Clock.boottime() / 1_000_000 - since
            return failedMs >= failingMs ? false : nil
        } ?? false
    }

    /// Hands over, and waits until it is on disk: for what must be persisted before it is sent.
    ///
    /// - Returns: whether it is, within the time. If not, it is still waiting, and written when that is possible.
    public func appendAndWait(_ entries: [Entry], limitMs: UInt64) -> Bool {
        wait(for: append(entries), limitMs: limitMs)
    }

    /// How it fares.
    public var standing: JournalStanding { monitor.with { $0.standing(options) } }

    // MARK: - Retention

    /// Removes the oldest events, and the decisions at them, in small transactions between the batches: those older
    /// than `keepMs` (of desk time, before the last event), and as many more as it takes to use at most `mostBytes`.
    /// Never the audit, alerts, or anything that a start needs: what is after the oldest kept snapshot stays.
    public func prune(_ retention: Retention) { monitor.change { $0.pruneRequest = retention } }

    /// The same, and waits for the end.
    ///
    /// - Returns: what was removed; nil: not done within the time.
    public func prune(_ retention: Retention, limitMs: UInt64) -> Pruned? {
        let before = monitor.change { work in
            work.pruneRequest = retention
            return work.prunes
        }
        return monitor.wait(milliseconds: limitMs) { work in
            work.prunes > before && work.pruneRequest == nil ? work.pruned : nil
        }
    }

    // MARK: - What is there

    /// Whether a state directory has no journal although one was there: neither it nor a damaged one that was moved aside.
    ///
    /// - Parameter hasPast: the desk's own log shows that it traded before.
    public static func isLost(directory: String, hasPast: Bool) -> Bool {
        let file = JournalFile(directory: directory)
        guard file.identity == nil, file.damaged.isEmpty else { return false }
        return hasPast || [JournalLock.name, TradingModeLook.name].contains { access("\(directory)/\($0)", F_OK) == 0 }
    }

    // MARK: - The end

    /// Moves a journal aside that was found damaged while it was read (`restore`, `JournalReader.damage`), so that the
    /// next start begins a new one; opening does so itself with what cannot be opened.
    ///
    /// - Returns: its new path.
    /// - Throws: `JournalError`: `inUse` while a process writes it; `file`.
    public static func moveAside(directory: String) throws(JournalError) -> String {
        let lock = try JournalLock(directory: directory)
        defer { lock.release() }
        return try JournalFile(directory: directory).moveAside()
    }

    /// Writes what waits, for at most so long, and ends the thread. What was not written is lost, and counted in the
    /// return value.
    ///
    /// - Returns: how many events, decisions and audit entries could not be written.
    @discardableResult
    public func close(limitMs: UInt64 = 2_000) -> Int {
        monitor.change { $0.isClosing = true }
        let left = monitor.wait(milliseconds: limitMs) { work in work.isEnded ? work.waiting : nil }
        let lost =
            left
            ?? monitor.change { work in
                work.isAbandoned = true
                return work.waiting
            }
        // Its files are closed before somebody else may open them.
        _ = monitor.wait(milliseconds: options.busyMs + 1_000) { $0.isEnded ? true : nil }
        lock.release()
        return lost
    }
}
