import Journal
import SafetyEngine

/// Whether the engine, fed what was recorded, decides what was recorded.
enum ReplayCheck {
    /// What came of it.
    struct Result {
        var events = 0
        var decisions = 0
        /// The first difference in words; nil: there is none.
        var difference: String?
    }

    static func run(_ reader: JournalReader) throws -> Result {
        var result = Result()
        var engine = Engine()
        var events = reader.events(from: 1)
        var stored = try reader.decisions()
        func compare(_ decisions: [Decision]) throws {
            for decision in decisions {
                guard result.difference == nil else { return }
                let bytes = try StoredDecision.bytes(of: decision)
                // What was decided after the last event may not have been written before the end.
                guard let then = try stored.next() else { return }
                result.decisions += 1
                if then.bytes != bytes {
                    result.difference =
                        "decision \(then.seq) was \(String(decoding: then.bytes.prefix(300), as: UTF8.self)) and is now "
                        + String(decoding: bytes.prefix(300), as: UTF8.self)
                }
            }
        }
        while let event = try events.next(), result.difference == nil {
            result.events += 1
            try compare(engine.apply(try event.event(), at: event.receipt))
        }
        // Time alone decided the rest.
        while result.difference == nil, let rest = try stored.next() {
            let decided = engine.advance(to: rest.receipt)
            let bytes = try decided.first.map { try StoredDecision.bytes(of: $0) }
            result.decisions += max(1, decided.count)
            if bytes != rest.bytes { result.difference = "decision \(rest.seq) is not decided again" }
            for decision in decided.dropFirst() {
                guard let then = try stored.next() else { break }
                if try StoredDecision.bytes(of: decision) != then.bytes {
                    result.difference = "decision \(then.seq) is decided otherwise"
                }
            }
        }
        return result
    }
}
