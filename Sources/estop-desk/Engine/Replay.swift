import Desk
import Journal
import KillSwitch
import SafetyEngine

/// Which part of the journal is played, and how fast.
struct ReplaySpan: Sendable, Equatable {
    /// From when, in milliseconds of the wall clock since 1970.
    var fromMs: Int64
    /// Until when.
    var toMs: Int64
    /// How many times as fast as it was.
    var speed: UInt64
}

/// A journal that is fed through the engine once more.
struct Replay {
    private(set) var engine: Engine
    private var events: JournalCursor<StoredEvent>
    private var next: StoredEvent?
    private let span: ReplaySpan
    private var startMs: UInt64 = 0

    init(_ directory: String, _ span: ReplaySpan) throws {
        self.span = span
        let reader = try Journal.reader(directory: directory, codec: LineCodec())
        let start = try reader.replayStart(before: span.fromMs)
        engine = start.engine
        events = reader.events(from: start.eventSeq + 1)
        next = try events.next()
    }

    /// The wall clock then.
    var wallMs: Int64 { engine.calendar.wallMs(at: engine.evaluatedMs) ?? engine.last?.wallMs ?? span.fromMs }

    /// What lies before the span: known, not shown.
    mutating func skip() throws {
        while let stored = next, stored.receipt.wallMs < span.fromMs {
            _ = engine.apply(try stored.event(), at: stored.receipt)
            next = try events.next()
        }
        startMs = next?.receipt.atMs ?? engine.evaluatedMs
    }

    /// Plays on until so long after the beginning of the span.
    ///
    /// - Returns: whether there is more.
    mutating func play(untilMs: UInt64) throws -> Bool {
        let until = startMs &+ untilMs
        while let stored = next, stored.receipt.wallMs <= span.toMs {
            guard stored.receipt.atMs <= until else {
                _ = engine.advance(to: Receipt(atMs: until, wallMs: stored.receipt.wallMs))
                return true
            }
            _ = engine.apply(try stored.event(), at: stored.receipt)
            next = try events.next()
        }
        return false
    }
}
