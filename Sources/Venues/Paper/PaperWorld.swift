public import SafetyEngine

/// The paper venue and its bots, step by step: a pure value that time and gates are given to.
public struct PaperWorld: Sendable, Equatable, Codable {
    /// The venue.
    public var venue: PaperVenue
    /// Those who trade on it.
    public internal(set) var bots: [PaperBot]

    /// Creates a world at its time 0.
    ///
    /// - Parameters:
    ///   - settings: how venue and bots are set up.
    ///   - wallMs: the wall clock now: milliseconds since 1970, UTC.
    public init(_ settings: PaperSettings = PaperSettings(), wallMs: Int64) {
        venue = PaperVenue(settings, wallMs: wallMs)
        bots = PaperBot.all(settings, wallMs: wallMs)
    }

    /// Lets time pass.
    ///
    /// - Parameters:
    ///   - atMs: until when, in the venue's own time.
    ///   - permits: asked right before each order: whether the bot at that place may send one that shrinks a position
    ///     (true), or any (false).
    /// - Returns: what the venue says and what the bots claim, in order.
    public mutating func advance(to atMs: UInt64, permits: (_ bot: Int, _ reducing: Bool) -> Bool) -> [Event] {
        var events: [Event] = []
        while venue.nowMs + PaperVenue.stepMs <= atMs {
            let said = venue.step()
            events += said
            for place in bots.indices {
                events += bots[place].hear(said, &venue)
                events += bots[place].decide(&venue) { permits(place, $0) }
            }
        }
        return events
    }

    /// Goes on in another process, or after a pause: nothing happened meanwhile, and all is listed again.
    public mutating func resume(wallMs: Int64) {
        venue.resume(wallMs: wallMs)
        for place in bots.indices { bots[place].resume(wallMs: wallMs) }
    }
}
