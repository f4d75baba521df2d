import KillSwitch
import SafetyEngine

/// A moment of the recording, with what operators did as far as it matters for what is drawn.
struct Moment: Sendable {
    /// Later than any recording runs: times beyond it are taken as it, so that nothing overflows.
    static let last: UInt64 = 1 << 52
    /// The end of the year 9999.
    static let lastWall: Int64 = 253_402_300_799_999

    /// Milliseconds since the recording began.
    var nowMs: UInt64
    /// Unix time, milliseconds.
    var wallMs: Int64
    /// Milliseconds since the first halt in force; nil: none is.
    var haltedMs: UInt64?
    /// Milliseconds since the last resume; nil: trading since before the recording began.
    var tradingMs: UInt64?
    /// Whether the venue that the recording begins with halted still is.
    var venueIsHalted: Bool
    /// The word's generation: makes orders sent after a resume other orders.
    var generation: UInt32

    /// Milliseconds since this loop began.
    var inLoopMs: UInt64 { nowMs % Recording.loopMs }

    /// The same moment as a source saw it that fell silent `lagMs` ago.
    func looking(back lagMs: UInt64) -> Moment {
        var earlier = self
        earlier.nowMs -= min(lagMs, nowMs)
        earlier.tradingMs = tradingMs.map { $0 - min(lagMs, $0) }
        return earlier
    }

    /// The moment at which the halt in force came: what was going on is frozen there.
    var beforeHalt: Moment {
        var earlier = looking(back: haltedMs ?? 0)
        earlier.haltedMs = nil
        return earlier
    }

    /// An age of the recording, or less: after a resume everything begins anew, `delayMs` later. Nil: not yet.
    func age(_ recordedMs: UInt64, delayMs: UInt64 = 0) -> UInt64? {
        guard let tradingMs else { return recordedMs }
        return tradingMs < delayMs ? nil : min(recordedMs, tradingMs - delayMs)
    }

    /// RFC 3339 time of so many milliseconds ago.
    func time(agoMs: UInt64) -> String { Moment.text(wallMs - Int64(min(agoMs, UInt64(wallMs)))) }

    /// RFC 3339 time of a moment before the recording began, in whole seconds: two clocks are read one after the other,
    /// and what lies in the past must not flicker between two milliseconds.
    func time(beforeRecordingMs agoMs: UInt64) -> String {
        let began = wallMs - Int64(min(nowMs + agoMs, UInt64(wallMs)))
        return Moment.text(began / 1000 * 1000)
    }

    private static func text(_ milliseconds: Int64) -> String { Clock.text(milliseconds: milliseconds) }
}

extension Venue {
    func aged(_ lagMs: UInt64) -> Venue {
        var venue = self
        venue.lastReplyAgeMs = lastReplyAgeMs.map { $0 + lagMs }
        return venue
    }
}

extension Position {
    func aged(_ lagMs: UInt64) -> Position {
        var position = self
        position.priceAgeMs += lagMs
        position.heldMs = heldMs.map { $0 + lagMs }
        return position
    }
}

extension Order {
    func aged(_ lagMs: UInt64) -> Order {
        var order = self
        order.ageMs += lagMs
        return order
    }
}
