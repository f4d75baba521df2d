/// For which venues a feed's token may speak: `venue=kraken,venue=binance`; nothing: for none, as a bot only.
///
/// A venue's word is the proof of what is held and open, so who may write it may make a resume look safe.
public struct FeedScope: Sendable, Equatable {
    /// The venues, as they were written.
    public let venues: [String]

    /// No venue.
    public static let none = FeedScope(venues: [])

    private static let mostVenues = 16
    private static let longestName = 64

    private init(venues: [String]) { self.venues = venues }

    /// Reads one; nil when it is not pairs of that kind, or a venue is there twice.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            venues = []
            return
        }
        var found: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, sides[0] == "venue", (1...FeedScope.longestName).contains(sides[1].utf8.count),
                sides[1].utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
            else { return nil }
            let name = String(sides[1])
            guard !found.contains(name), found.count < FeedScope.mostVenues else { return nil }
            found.append(name)
        }
        venues = found
    }

    /// As it is written; empty for no venue.
    public var text: String { venues.map { "venue=\($0)" }.joined(separator: ",") }
}
