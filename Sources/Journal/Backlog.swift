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
        var batch = Batch()
        let end = events.count + others.count <= most ? UInt64.max : cut(most)
        batch.events = events.take { $0.order <= end }
        batch.others = others.take { $0.order <= end }
        batch.last = max(batch.events.last?.order ?? 0, batch.others.last?.order ?? 0)
        return batch
    }

    /// The order of the last of the `most` oldest.
    private func cut(_ most: Int) -> UInt64 {
        var (event, other) = (0, 0)
        var last: UInt64 = 0
        for _ in 0..<most {
            let eventOrder = events[event]?.order ?? .max
            let otherOrder = others[other]?.order ?? .max
            last = min(eventOrder, otherOrder)
            if eventOrder < otherOrder { event += 1 } else { other += 1 }
        }
        return last
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

/// A line that is joined at its end and left at its front, without moving what is in between.
struct Line<Element> {
    private var elements: [Element?] = []
    private var front = 0

    var count: Int { elements.count - front }

    /// The n-th from the front; nil: there are not so many.
    subscript(place: Int) -> Element? {
        front + place < elements.count ? elements[front + place] : nil
    }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func take(while isTaken: (Element) -> Bool) -> [Element] {
        var taken: [Element] = []
        while front < elements.count, let element = elements[front], isTaken(element) {
            taken.append(element)
            elements[front] = nil
            front += 1
        }
        tidy()
        return taken
    }

    mutating func putBack(_ taken: [Element]) {
        elements.replaceSubrange(..<front, with: taken.map { $0 })
        front = 0
    }

    mutating func dropOldest(downTo most: Int) -> Int {
        let dropped = max(0, count - max(0, most))
        for place in front..<front + dropped { elements[place] = nil }
        front += dropped
        tidy()
        return dropped
    }

    mutating func removeAll(where isRemoved: (Element) -> Bool) {
        elements = elements.dropFirst(front).filter { $0.map { !isRemoved($0) } ?? false }
        front = 0
    }

    /// Gives the front's room back, once it is the greater part.
    private mutating func tidy() {
        guard front > 1024, front * 2 > elements.count else {
            if front == elements.count {
                elements.removeAll(keepingCapacity: elements.capacity < 65_536)
                front = 0
            }
            return
        }
        elements.removeFirst(front)
        front = 0
    }
}
