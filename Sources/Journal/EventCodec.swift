import Foundation
public import SafetyEngine

/// How events from outside are written down: the line format of the ingest. What the host and operators say is stored in
/// a form of the journal's own, since no line from outside may ever say it.
public protocol EventCodec: Sendable {
    /// An event from outside as bytes.
    ///
    /// - Throws: whatever says why it cannot be written.
    func bytes(of event: Event) throws -> [UInt8]

    /// The event that `bytes(of:)` wrote.
    ///
    /// - Throws: whatever says what is wrong with the bytes.
    func event(from bytes: [UInt8]) throws -> Event
}

/// What the journal stores of an event: its kind, and its bytes.
///
/// Invariant (EventStoreTests): an event is read back equal to the one that was written.
struct EventStore: Sendable {
    /// Whether the journal itself says how it is stored.
    static func isInside(_ event: Event) -> Bool {
        switch event.body {
        case .host, .operatorAction: true
        // A beat that the host read off a page: no line may name the host as its source.
        case .heartbeat: event.origin.source.kind == .host
        default: false
        }
    }

    /// For events from outside.
    let codec: any EventCodec

    /// The word in the `kind` column, by which an event is read again.
    static func kind(of event: Event) -> StaticString { isInside(event) ? event.body.insideKind : event.body.kind }

    /// An event of the host or of an operator.
    private struct Inside: Codable {
        var origin: Event.Origin
        var id: String
        var happenedMs: Int64?
        var host: HostEvent?
        var action: OperatorAction?
        var beat: Heartbeat?
    }

    /// An event's bytes.
    func bytes(of event: Event) throws -> [UInt8] {
        guard EventStore.isInside(event) else { return try codec.bytes(of: event) }
        var inside = Inside(origin: event.origin, id: event.id, happenedMs: event.happenedMs)
        switch event.body {
        case .host(let host): inside.host = host
        case .operatorAction(let action): inside.action = action
        case .heartbeat(let beat): inside.beat = beat
        default: break
        }
        return try StoredJSON.bytes(of: inside)
    }

    /// The event of a kind that bytes stand for.
    func event(kind: String, from bytes: [UInt8]) throws -> Event {
        guard kind == "host" || kind == "operator" else { return try codec.event(from: bytes) }
        let inside = try StoredJSON.value(Inside.self, from: bytes)
        let body: Event.Body
        if let host = inside.host {
            body = .host(host)
        } else if let action = inside.action {
            body = .operatorAction(action)
        } else if let beat = inside.beat {
            body = .heartbeat(beat)
        } else {
            throw JournalError(.content, "an event of kind \(kind) that says nothing")
        }
        return Event(inside.origin, body, id: inside.id, happenedMs: inside.happenedMs)
    }
}

extension Event.Body {
    /// The same for what the journal itself says how to store.
    fileprivate var insideKind: StaticString {
        if case .operatorAction = self { return "operator" }
        return "host"
    }

    /// The word in the journal's `kind` column.
    var kind: StaticString {
        switch self {
        case .order: "order"
        case .openOrders: "open_orders"
        case .fill: "fill"
        case .position: "position"
        case .positions: "positions"
        case .balance: "balance"
        case .transfer: "transfer"
        case .price: "price"
        case .heartbeat: "heartbeat"
        case .metric: "metric"
        case .apiResult: "api_result"
        case .accounts: "accounts"
        case .trade: "trade"
        case .signals: "signals"
        case .venue: "venue"
        case .operatorAction: "operator"
        case .host: "host"
        }
    }
}

extension Decision {
    /// The word in the journal's `kind` column.
    var kind: StaticString {
        switch self {
        case .alert: "alert"
        case .halt: "halt"
        case .effect: "effect"
        case .log: "log"
        }
    }
}

/// The journal's JSON: keys sorted, so that the same value is the same bytes on any machine.
enum StoredJSON {
    static func bytes(of value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(value))
    }

    static func value<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
