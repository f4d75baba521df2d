/// One event of a stream.
struct ServerEvent: Sendable, Equatable {
    /// Its number, where it has one; what reconnects says the last one.
    var id: String?
    /// What it is called; `message` where it has no name.
    var name = "message"
    /// Its data, the lines joined.
    var data: [UInt8] = []
}

/// Server-sent events out of bytes, however they are cut (HTML Living Standard, section 9.2.6).
///
/// Invariants (RemoteTests/EventStreamTests): the same events come out however the bytes are cut; an event that is not
/// finished is none; more than `most` bytes without an end are refused, and nothing more is read.
struct EventStream: Sendable {
    /// Bytes that one event may have.
    let most: Int
    /// Whether an event was too large: what follows cannot be trusted.
    private(set) var hasOverflowed = false
    /// How long to wait before coming back, as the server asks, in milliseconds.
    private(set) var retryMs: UInt64?

    private var line: [UInt8] = []
    private var event = ServerEvent()
    private var hasData = false
    private var endedWithReturn = false
    private var isFirst = true

    init(most: Int = 64 << 20) { self.most = most }

    /// Reads bytes.
    ///
    /// - Returns: the events that they finish.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [ServerEvent] {
        var events: [ServerEvent] = []
        for byte in bytes {
            if hasOverflowed { break }
            let followsReturn = endedWithReturn
            endedWithReturn = byte == 0x0d
            switch byte {
            case 0x0a where followsReturn: continue
            case 0x0a, 0x0d:
                if let done = take() { events.append(done) }
                line.removeAll(keepingCapacity: true)
            default:
                line.append(byte)
                if line.count + event.data.count > most { hasOverflowed = true }
            }
        }
        return events
    }

    /// A whole line.
    private mutating func take() -> ServerEvent? {
        if isFirst {
            isFirst = false
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else {
            defer {
                event = ServerEvent(id: nil)
                hasData = false
            }
            guard hasData else { return nil }
            return event
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        // A comment.
        if colon == 0 { return nil }
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == 0x20 { value.removeFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            if hasData { event.data.append(0x0a) }
            hasData = true
            event.data += value
        case "event": event.name = String(decoding: value, as: UTF8.self)
        case "id" where !value.contains(0): event.id = String(decoding: value, as: UTF8.self)
        case "retry": retryMs = UInt64(String(decoding: value, as: UTF8.self)) ?? retryMs
        default: break
        }
        return nil
    }
}
