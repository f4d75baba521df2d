public import Journal
public import SafetyEngine

/// The journal keeps what came from outside in the words in which it may come: lines of the ingest.
public struct LineCodec: EventCodec {
    /// Creates the codec.
    public init() {}

    /// The event as a line.
    public func bytes(of event: Event) -> [UInt8] { EventLine.bytes(of: event) }

    /// The event of a line.
    ///
    /// - Throws: `EventLine.Refusal`.
    public func event(from bytes: [UInt8]) throws -> Event {
        // Rows that were refused when it came are refused again.
        var rows = EventLine.RowRefusals()
        return try EventLine.parse(bytes.span, &rows)
    }
}
