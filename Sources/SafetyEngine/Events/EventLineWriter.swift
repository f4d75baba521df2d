internal import KillSwitch

extension EventLine {
    /// An event as its canonical line, without a newline: the keys in the order of `EventLineKind`, nothing that is not
    /// said, decimals as strings with their digits. Empty for what never comes from outside (an operator's action, the
    /// host's events). What breaks a limit of the format is written all the same, and refused when it is read.
    public static func bytes(of event: Event) -> [UInt8] {
        guard let kind = EventLineKind(event.body) else { return [] }
        var writer = EventLineWriter()
        writer.whole(.v, version)
        writer.text(.type, kind.rawValue)
        writer.text(.source, event.origin.source.description)
        writer.said(.desk, event.origin.desk)
        writer.said(.venue, event.origin.venue)
        writer.said(.account, event.origin.account)
        writer.said(.strategy, event.origin.strategy)
        writer.said(.id, event.id)
        writer.time(.at, event.happenedMs)
        if kind == .openOrders { writer.time(.askedAt, event.askedMs) }
        writer.body(event.body)
        if event.refusedRows > 0 { writer.whole(.refusedRows, event.refusedRows) }
        writer.end()
        return writer.out
    }
}

/// Writes one object, key by key.
struct EventLineWriter {
    private(set) var out: [UInt8]

    init() {
        out = [UInt8(ascii: "{")]
        out.reserveCapacity(384)
    }

    private init(after bytes: [UInt8]) {
        out = bytes
        out.append(UInt8(ascii: "{"))
    }

    mutating func end() { out.append(UInt8(ascii: "}")) }

    mutating func key(_ key: EventLineKey) {
        if out.last != UInt8(ascii: "{") { out.append(UInt8(ascii: ",")) }
        quote(key.name)
        out.append(UInt8(ascii: ":"))
    }

    mutating func text(_ key: EventLineKey, _ text: String) {
        self.key(key)
        quote(text)
    }

    /// A text, unless it is empty.
    mutating func said(_ key: EventLineKey, _ text: String) {
        if !text.isEmpty { self.text(key, text) }
    }

    mutating func decimal(_ key: EventLineKey, _ value: Decimal?) {
        if let value { text(key, value.description) }
    }

    mutating func whole(_ key: EventLineKey, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        self.key(key)
        out += String(value).utf8
    }

    mutating func flag(_ key: EventLineKey, _ value: Bool) {
        self.key(key)
        out += (value ? "true" : "false").utf8
    }

    mutating func time(_ key: EventLineKey, _ milliseconds: Int64?) {
        if let milliseconds { text(key, Clock.text(milliseconds: milliseconds)) }
    }

    /// Bytes of JSON as they are.
    mutating func raw(_ json: StaticString) { json.withUTF8Buffer { out.append(contentsOf: $0) } }

    /// A list of objects.
    mutating func list<Report>(
        _ key: EventLineKey,
        _ reports: [Report],
        _ write: (inout EventLineWriter, Report) -> Void
    ) {
        self.key(key)
        out.append(UInt8(ascii: "["))
        for (place, report) in reports.enumerated() {
            if place > 0 { out.append(UInt8(ascii: ",")) }
            // The bytes move into the element's writer and back: they are never copied.
            var element = EventLineWriter(after: take())
            write(&element, report)
            element.end()
            out = element.take()
        }
        out.append(UInt8(ascii: "]"))
    }

    private mutating func take() -> [UInt8] {
        var bytes: [UInt8] = []
        swap(&bytes, &out)
        return bytes
    }

    private mutating func quote(_ text: String) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case UInt8(ascii: "\n"): out += "\\n".utf8
            case UInt8(ascii: "\r"): out += "\\r".utf8
            case UInt8(ascii: "\t"): out += "\\t".utf8
            case 0..<0x20, 0x7f:
                out += "\\u00".utf8
                out.append(EventLineWriter.digit(byte >> 4))
                out.append(EventLineWriter.digit(byte & 15))
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
