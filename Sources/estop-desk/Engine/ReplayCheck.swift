import Journal
import SafetyEngine

/// Whether the engine, fed what was recorded, decides what was recorded.
///
/// Where retention has removed the beginning, it begins with the oldest snapshot that stands for what was removed.
enum ReplayCheck {
    /// What came of it.
    struct Result {
        /// The event before the first that was compared; 0: it was the first of all.
        var after: Int64 = 0
        var events = 0
        var decisions = 0
        /// The first difference in words; nil: there is none.
        var difference: String?
    }

    /// Decides a span of the wall clock once more.
    static func run(_ reader: JournalReader, fromMs: Int64 = .min, toMs: Int64 = .max) throws -> Result {
        var result = Result()
        let start = try reader.replayStart(before: fromMs)
        var engine = start.engine
        result.after = start.eventSeq
        let span = try reader.numbers(wallMs: fromMs, toWallMs: toMs)
        let first = max(start.eventSeq + 1, fromMs == .min ? 0 : span.first ?? .max)
        let last = toMs == .max ? Int64.max : span.last ?? 0
        var events = reader.events(from: start.eventSeq + 1, to: last)
        var stored = try reader.decisions(fromEvent: first, toEvent: last)
        var expected = start.eventSeq + 1
        while let event = try events.next(), result.difference == nil {
            if event.seq != expected, start.eventSeq > 0 || expected > 1 {
                result.difference =
                    "events \(expected) to \(event.seq - 1) are not in the journal: they were dropped while the disk could not be "
                    + "written, and what follows cannot be decided again"
                break
            }
            expected = event.seq + 1
            let decisions = engine.apply(try event.event(), at: event.receipt)
            guard event.seq >= first else {
                result.after = event.seq
                continue
            }
            result.events += 1
            try compare(decisions, &stored, &result)
        }
        if toMs == .max { try advance(&engine, &stored, &result) }
        return result
    }

    private static func compare(
        _ decisions: [Decision],
        _ stored: inout JournalCursor<StoredDecision>,
        _ result: inout Result
    ) throws {
        for decision in decisions where result.difference == nil {
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

    /// Time alone decided the rest.
    private static func advance(
        _ engine: inout Engine,
        _ stored: inout JournalCursor<StoredDecision>,
        _ result: inout Result
    ) throws {
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
    }
}
