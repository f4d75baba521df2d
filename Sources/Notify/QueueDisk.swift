/// Brings the outbox's changes to the disk, and what a failing disk did not take later.
struct QueueDisk: Sendable {
    /// The wait before a failing disk is tried again.
    static let retryMs: Int64 = 5_000

    private let folder: QueueFolder
    /// What is not done yet, oldest first.
    private var open: [Outbox.Change] = []
    private var told: Told?
    /// Why the last call failed; empty: all is on disk.
    private(set) var error = ""
    /// When to try again; nil: there is nothing to be done.
    private(set) var retryAt: Int64?

    init(_ folder: QueueFolder) { self.folder = folder }

    /// Does what the outbox wants and what was left over.
    ///
    /// - Returns: a line for the log, when the disk began or ceased to fail.
    mutating func persist(_ outbox: inout Outbox, now: Int64, wall: Int64) -> String? {
        open = Outbox.lastOfEach(open + outbox.takeChanges())
        let isNew = told != outbox.told
        guard !open.isEmpty || isNew else { return nil }
        if let retryAt, retryAt > now { return nil }
        let failed = error
        do throws(QueueFolder.Failure) {
            while let change = open.first {
                try carryOut(change, outbox, now, wall)
                open.removeFirst()
            }
            // After the entries: an alert that is remembered as told and waits nowhere would be lost.
            if isNew {
                try folder.write(QueueFolder.told, QueueFile.bytes(outbox.told))
                told = outbox.told
            }
            try folder.settle()
            error = ""
            retryAt = nil
        } catch {
            self.error = error.message
            retryAt = now + QueueDisk.retryMs
        }
        if failed.isEmpty, !error.isEmpty {
            return "notify: \(error); notifications are sent, but what waits would not survive a restart"
        }
        return !failed.isEmpty && error.isEmpty ? "notify: the queue is on disk again" : nil
    }

    private func carryOut(
        _ change: Outbox.Change,
        _ outbox: Outbox,
        _ now: Int64,
        _ wall: Int64
    ) throws(QueueFolder.Failure) {
        switch change {
        case .remove(let number): try folder.remove(QueueFile.name(number))
        case .write(let number):
            // Gone again before it was written: its removal follows.
            guard let entry = outbox.entry(number) else { return }
            try folder.write(QueueFile.name(number), QueueFile.bytes(entry, now: now, wall: wall))
        }
    }
}
