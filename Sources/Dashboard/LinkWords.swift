import SafetyEngine

/// The link to a desk on another machine, in the row below the mode: where it is, when it was heard last, how far away.
enum LinkWords {
    static func spans(_ link: DeskLink, _ scene: Scene) -> [Span] {
        let place = Span("\(link.place) ", .text)
        guard let silent = link.silentMs else { return [place, Span("never heard", .lost)] }
        // The link's ages are of the delivery, not of what was delivered.
        let age = silent &+ scene.elapsedMs &- min(scene.elapsedMs, link.heldMs)
        let trip = link.roundTripMs.map { ", round trip \($0) ms" } ?? ", no answer"
        switch scene.freshness {
        case .live: return [place, Span("heard \(Age.calm(age)) ago\(trip)", .text)]
        case .stale: return [place, Span("SILENT for \(Age.whole(age))", .stale)]
        case .lost, .never: return [place, Span("LINK LOST, heard \(Age.whole(age)) ago", .lost)]
        }
    }
}
