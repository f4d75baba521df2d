import Foundation
import SafetyEngine

/// How the journal writes things down: events from outside as lines of the ingest, everything else as JSON with sorted
/// keys (`Journal.StoredJSON`, `Desk.LineCodec`).
enum StoredForm {
    private struct Inside: Codable {
        var origin: Event.Origin
        var id: String
        var happenedMs: Int64?
        var host: HostEvent?
        var action: OperatorAction?
    }

    struct Unreadable: Error {}

    static func bytes(of value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(value))
    }

    static func bytes(of event: Event) throws -> [UInt8] {
        var inside = Inside(origin: event.origin, id: event.id, happenedMs: event.happenedMs)
        switch event.body {
        case .host(let host): inside.host = host
        case .operatorAction(let action): inside.action = action
        default: return EventLine.bytes(of: event)
        }
        return try bytes(of: inside)
    }

    static func event(from bytes: [UInt8], isInside: Bool) throws -> Event {
        guard isInside else { return try EventLine.parse(bytes) }
        let inside = try JSONDecoder().decode(Inside.self, from: Data(bytes))
        let body = inside.host.map { Event.Body.host($0) } ?? inside.action.map { Event.Body.operatorAction($0) }
        guard let body else { throw Unreadable() }
        return Event(inside.origin, body, id: inside.id, happenedMs: inside.happenedMs)
    }

    static func engine(from bytes: [UInt8]) throws -> Engine {
        try JSONDecoder().decode(Engine.self, from: Data(bytes))
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension Event.Body {
    /// Whether it never comes from outside.
    var isInside: Bool {
        switch self {
        case .host, .operatorAction: true
        default: false
        }
    }
}
