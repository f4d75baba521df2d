public import SafetyEngine

/// One event as it is stored. Decoded when asked: most readers want few.
public struct StoredEvent: Sendable {
    /// Its number.
    public let seq: Int64
    /// When it was received.
    public let receipt: Receipt
    /// Its kind: `order`, `fill`, `price`, `host`, ...
    public let kind: String
    /// Its bytes.
    public let bytes: [UInt8]
    let store: EventStore

    /// The event.
    ///
    /// - Throws: `JournalError.Code.content`, naming its number.
    public func event() throws(JournalError) -> Event {
        do {
            return try store.event(kind: kind, from: bytes)
        } catch {
            throw JournalError(.content, "event \(seq) (\(kind)) of the journal cannot be read: \(error)")
        }
    }
}

/// One decision as it is stored.
public struct StoredDecision: Sendable, Equatable {
    /// Its number.
    public let seq: Int64
    /// The number of the event at or after which it was decided; 0: before the first.
    public let eventSeq: Int64
    /// When it was decided.
    public let receipt: Receipt
    /// Its bytes: the same decision is the same bytes.
    public let bytes: [UInt8]

    /// The decision.
    ///
    /// - Throws: `JournalError.Code.content`, naming its number.
    public func decision() throws(JournalError) -> Decision {
        do {
            return try StoredJSON.value(Decision.self, from: bytes)
        } catch {
            throw JournalError(.content, "decision \(seq) of the journal cannot be read: \(error)")
        }
    }

    /// A decision's bytes, as they are stored: to compare a replay with.
    public static func bytes(of decision: Decision) throws -> [UInt8] { try StoredJSON.bytes(of: decision) }
}

/// One change of an alert.
public struct AlertRecord: Sendable, Equatable {
    /// Its number.
    public var seq: Int64
    /// When it was decided.
    public var receipt: Receipt
    /// What happened to the alert.
    public var change: Decision.AlertChange
}
