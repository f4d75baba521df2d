import SafetyEngine

/// The journal of a simulated host: what is on disk, and what waits in memory because the disk is full. As the real one:
/// written in order, the oldest events dropped beyond a bound and counted, decisions never; a crash loses what waits.
struct DiskJournal {
    /// One event with what was decided at it, as it is stored.
    struct Stored {
        var number: Int
        var receipt: Receipt
        var event: Event
        var bytes: [UInt8]
        /// Each decision's bytes.
        var decisions: [[UInt8]]
        /// It was dropped while it waited: only its decisions are written.
        var isDropped = false
    }

    struct Snapshot {
        /// The event after which it stands.
        var number: Int
        var bytes: [UInt8]
        var checks: Checks
    }

    private let mostWaiting: Int
    private(set) var onDisk: [Stored] = []
    private(set) var waiting: [Stored] = []
    private(set) var snapshots: [Snapshot] = []
    private var waitingSnapshot: Snapshot?
    private var lastNumber = 0
    private(set) var dropped = 0
    var isFull = false
    var sinceSnapshot = 0

    init(mostWaiting: Int) { self.mostWaiting = mostWaiting }

    /// What a host tells of it.
    var problem: String? { isFull && !waiting.isEmpty ? "no space left on device" : nil }

    mutating func append(_ entries: [EngineTurns.Entry]) throws {
        for entry in entries {
            lastNumber += 1
            waiting.append(
                Stored(
                    number: lastNumber,
                    receipt: entry.receipt,
                    event: entry.event,
                    bytes: try StoredForm.bytes(of: entry.event),
                    decisions: try entry.decisions.map { try StoredForm.bytes(of: $0) }
                )
            )
        }
        sinceSnapshot += entries.count
        let kept = waiting.count { !$0.isDropped }
        guard kept > mostWaiting else { return }
        var excess = kept - mostWaiting
        for place in waiting.indices where excess > 0 && !waiting[place].isDropped {
            waiting[place].isDropped = true
            dropped += 1
            excess -= 1
        }
    }

    mutating func snapshot(_ engine: Engine, _ checks: Checks) throws {
        sinceSnapshot = 0
        waitingSnapshot = Snapshot(number: lastNumber, bytes: try StoredForm.bytes(of: engine), checks: checks)
    }

    /// The writer's thread had its turn: the oldest so many are on disk.
    mutating func write(_ most: Int) {
        guard !isFull else { return }
        let count = min(most, waiting.count)
        onDisk += waiting[..<count]
        waiting.removeFirst(count)
        if let snapshot = waitingSnapshot, waiting.first.map({ $0.number > snapshot.number }) ?? true {
            snapshots.append(snapshot)
            waitingSnapshot = nil
        }
    }

    /// The process is gone.
    mutating func crash() {
        waiting = []
        waitingSnapshot = nil
        sinceSnapshot = 0
        lastNumber = max(onDisk.last?.number ?? 0, snapshots.last?.number ?? 0)
    }

    /// What a start finds: the newest snapshot and the events after it, and how many of those are missing.
    func restore() -> (snapshot: Snapshot?, events: [Stored], missing: Int) {
        let after = snapshots.last?.number ?? 0
        let later = onDisk.filter { $0.number > after }
        let events = later.filter { !$0.isDropped }
        return (snapshots.last, events, lastNumber - after - events.count)
    }

    /// From here on, what is stored of these is what a replay decides.
    mutating func rewrite(_ stored: [Stored]) {
        for other in stored {
            guard let place = onDisk.firstIndex(where: { $0.number == other.number }) else { continue }
            onDisk[place].decisions = other.decisions
        }
    }
}
