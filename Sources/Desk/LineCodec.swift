import Journal
import SafetyEngine

/// The journal keeps what came from outside in the words in which it may come: lines of the ingest.
struct LineCodec: EventCodec {
    func bytes(of event: Event) -> [UInt8] { EventLine.bytes(of: event) }

    func event(from bytes: [UInt8]) throws -> Event { try EventLine.parse(bytes) }
}
