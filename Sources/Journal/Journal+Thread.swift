import GRDB
import Glibc
import KillSwitch
import SafetyEngine

/// The journal's own thread: the only one that touches the disk.
extension Journal {
    func run(_ opened: consuming OpenJournal) {
        Journal.giveWay()
        let writer = BatchWriter(store: store, keptSnapshots: options.keptSnapshots)
        var open = opened
        var pruning: Pruning?
        var retryMs = options.retryMs
        var lookedMs: UInt64 = 0
        while true {
            switch next(isPruning: pruning != nil) {
            case .end:
                open.close()
                monitor.change { $0.isEnded = true }
                return
            case .prune(let retention):
                pruning = pruning ?? retention.map { Pruning($0) }
                step(&pruning, open)
            case .write(var batch):
                do {
                    try write(&batch, writer, &open)
                    retryMs = options.retryMs
                } catch {
                    failed(batch, JournalError(error, path: file.path))
                    _ = monitor.wait(milliseconds: retryMs) { $0.isAbandoned ? true : nil }
                    retryMs = min(retryMs * 2, options.mostRetryMs)
                }
            }
            let nowMs = Clock.boottime() / 1_000_000
            if nowMs >= lookedMs + 1_000 {
                lookedMs = nowMs
                boundLog(open)
            }
        }
    }

    /// The calling thread gives way to whatever else the host does: neither writing nor encoding slows a halt.
    static func giveWay() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5) }

    private enum Turn {
        case write(Backlog.Batch)
        case prune(Retention?)
        case end
    }

    /// What to do next; waits for it.
    private func next(isPruning: Bool) -> Turn {
        let turn: Turn? = monitor.wait(milliseconds: nil) { work in
            if work.isAbandoned { return .end }
            if !work.backlog.isEmpty { return .write(Backlog.Batch()) }
            if work.isClosing && !work.isSnapshotting { return .end }
            return isPruning || work.pruneRequest != nil ? .prune(work.pruneRequest) : nil
        }
        guard case .write = turn else { return turn ?? .end }
        // More may come in a moment: a transaction costs the same for one and for many.
        _ = monitor.wait(milliseconds: options.gatherMs) { work in
            work.waiters > 0 || work.isClosing || work.backlog.count >= options.mostRows ? true : nil
        }
        return monitor.with { work in
            let batch = work.backlog.take(options.mostRows)
            work.inFlight = batch.count
            return .write(batch)
        }
    }

    private func write(_ batch: inout Backlog.Batch, _ writer: BatchWriter, _ open: inout OpenJournal) throws {
        if let refused = writer.encode(&batch) {
            monitor.with { work in
                work.dropped += UInt64(refused.count)
                work.inFlight = batch.count
            }
        }
        if !open.isInPlace, !open.isElsewhere, !open.isDeleted {
            try open.reopen()
            batch.others.append(Backlog.Waiting(order: batch.last, content: .audit(replaced())))
        }
        guard let queue = open.queue else { return }
        try leaveRoom()
        try writer.write(batch, to: queue)
        guard open.isInPlace || open.isElsewhere || open.isDeleted else {
            throw JournalError(.file, "\(file.path) was replaced while it was written; it is written anew")
        }
        let bytes = batch.bytes
        monitor.change { work in
            work.bytesSinceSnapshot += bytes
            work.inFlight = 0
            work.durable = max(work.durable, batch.last)
            work.written += UInt64(batch.count)
            work.problem = nil
            work.failingSinceMs = nil
        }
    }

    /// What is left of a disk that is nearly full belongs to the switch's log: a halt and a resume must find room.
    private func leaveRoom() throws {
        var disk = statvfs()
        guard statvfs(file.path, &disk) == 0 else { return }
        let (left, isHuge) = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        guard !isHuge, left < options.spareBytes else { return }
        throw JournalError(
            .database,
            "the disk of \(file.path) has \(left / 1_024) KiB left, which are kept for halts and resumes: make room"
        )
    }

    /// That the file was not the same any more.
    private func replaced() -> AuditEntry {
        AuditEntry(
            atMs: 0,
            wallMs: Clock.wallMilliseconds(),
            who: "host:journal",
            what: "journal_replaced",
            body: JSON.object([.init("text", .string("\(file.path) was removed or replaced while the host ran"))]).bytes
        )
    }

    private func failed(_ batch: Backlog.Batch, _ error: JournalError) {
        monitor.change { work in
            work.inFlight = 0
            work.backlog.putBack(batch)
            work.dropped += UInt64(work.backlog.trim(mostEvents: options.mostWaiting))
            work.problem = error.message
            work.failingSinceMs = work.failingSinceMs ?? Clock.boottime() / 1_000_000
        }
    }

    private func step(_ pruning: inout Pruning?, _ open: OpenJournal) {
        guard var current = pruning, let queue = open.queue else { return }
        var isDone = true
        do {
            isDone = try current.step(queue)
        } catch {
            current.pruned.problem = JournalError(error, path: file.path).message
        }
        pruning = isDone ? nil : current
        let pruned = current.pruned
        if isDone {
            monitor.change { work in
                work.pruneRequest = nil
                work.pruned = pruned
                work.prunes += 1
            }
        }
    }

    /// Says why it is larger than it is to be, once it has been so for a while: retention had its time.
    private func look(_ work: inout JournalWork, bytes: Int64, log: Int64) {
        guard let most = options.mostBytes, bytes > most + most / 4 else {
            work.overgrownSinceMs = nil
            work.overgrown = nil
            return
        }
        let nowMs = Clock.boottime() / 1_000_000
        let since = work.overgrownSinceMs ?? nowMs
        work.overgrownSinceMs = since
        guard nowMs - since >= options.overgrownMs else { return }
        let size = "it uses \(bytes / 1_000_000) MB of the \(most / 1_000_000) MB that [journal] most allows"
        work.overgrown =
            log > options.mostLogBytes
            ? "\(size), \(log / 1_000_000) MB of them journal.sqlite-wal: another program reads the journal and does not end its "
                + "transaction, so nothing can be removed. Find it with 'fuser journal.sqlite-wal' and end it"
            : "\(size): \(work.pruned.problem ?? "what is old is being removed"). Allow more, or look at what writes so much"
    }

    /// The write-ahead log empties itself at every commit, as long as no reader stands in its way for good.
    private func boundLog(_ open: OpenJournal) {
        func size(_ path: String) -> Int64 {
            var status = stat()
            return stat(path, &status) == 0 ? Int64(status.st_size) : 0
        }
        let log = size(file.path + "-wal")
        let bytes = size(file.path) + log
        monitor.with { work in
            work.bytes = bytes
            look(&work, bytes: bytes, log: log)
        }
        guard log > options.mostLogBytes else { return }
        try? open.queue?.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA busy_timeout = 20")
            defer { try? database.execute(sql: "PRAGMA busy_timeout = \(options.busyMs)") }
            _ = try database.checkpoint(.truncate)
        }
    }
}
