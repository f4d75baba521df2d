import SafetyEngine

/// What was handed to the journal and is not yet on disk, in the order in which it came.
///
/// Invariants (BacklogTests): what is taken comes out in the order in which it went in; at most `mostEvents` events stay
/// when it is trimmed, the newest; nothing but events is ever dropped.
struct Backlog {
    /// One event and where it belongs.
    struct WaitingEvent {
        var order: UInt64
        var seq: Int64
        var receipt: Receipt
        var kind: StaticString
        var body: Body

        /// An event, until it is encoded; its bytes, afterwards.
        enum Body {
            case event(Event)
            case bytes([UInt8])
        }
    }

    /// Whatever is never dropped.
    struct Waiting {
        var order: UInt64
        var content: Content

        enum Content {
            case decision(seq: Int64, eventSeq: Int64, receipt: Receipt, Decision)
            case audit(AuditEntry)
            /// A resume: its entry, what the row of the trading mode says from then on, and the resume's id.
            case resumed(AuditEntry, tradingMode: String, id: String)
            case session(Session)
            case snapshot(SnapshotBytes)
        }
    }

    /// A snapshot, encoded.
    struct SnapshotBytes {
        var eventSeq: Int64
        var receipt: Receipt
        var body: [UInt8]
    }

    /// What is written together.
    struct Batch {
        var events: [WaitingEvent] = []
        var others: [Waiting] = []
        /// The order of the last one in it.
        var last: UInt64 = 0
        var count: Int { events.count + others.count }
        /// About what it takes on disk.
        var bytes: Int64 {
            var bytes = Int64(others.count) * 500
            for event in events {
                if case .bytes(let body) = event.body { bytes += Int64(body.count) + 60 }
            }
            return bytes
        }
    }

    private var events = Line<WaitingEvent>()
    private var others = Line<Waiting>()

    var count: Int { events.count + others.count }
    var eventCount: Int { events.count }
    var isEmpty: Bool { count == 0 }

    mutating func add(_ event: WaitingEvent) { events.append(event) }

    mutating func add(_ other: Waiting) {
        // Of snapshots that wait only the newest is worth its room.
        if case .snapshot = other.content {
            others.removeAll { if case .snapshot = $0.content { true } else { false } }
        }
        others.append(other)
    }

    /// The oldest ones, at most so many.
    mutating func take(_ most: Int) -> Batch {
        let (eventCount, otherCount) = count <= most ? (events.count, others.count) : split(most)
        var batch = Batch()
        batch.events = events.take(eventCount)
        batch.others = others.take(otherCount)
        batch.last = max(batch.events.last?.order ?? 0, batch.others.last?.order ?? 0)
        return batch
    }

    /// How many of the `most` oldest are events, and how many are not.
    private func split(_ most: Int) -> (events: Int, others: Int) {
        let (event, other) = (events.makeIterator(), others.makeIterator())
        var (nextEvent, nextOther) = (event.next()?.order, other.next()?.order)
        var taken = (events: 0, others: 0)
        while taken.events + taken.others < most {
            if nextEvent ?? .max < nextOther ?? .max {
                taken.events += 1
                nextEvent = event.next()?.order
            } else {
                taken.others += 1
                nextOther = other.next()?.order
            }
        }
        return taken
    }

    /// A batch that could not be written.
    mutating func putBack(_ batch: Batch) {
        events.putBack(batch.events)
        others.putBack(batch.others)
    }

    /// Drops the oldest events, so that at most so many are left.
    ///
    /// - Returns: how many were dropped.
    mutating func trim(mostEvents: Int) -> Int { events.dropOldest(downTo: mostEvents) }
}
