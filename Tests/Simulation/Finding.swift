/// An invariant that does not hold.
struct Finding: Error, Equatable, CustomStringConvertible {
    /// Which.
    enum Invariant: String {
        case neverWider = "trading is never wider than the record allows"
        case decidedInTime = "no kill condition goes undecided for more than a second"
        case listedIsOpen = "what a venue lists as open is open"
        case alertsOnce = "no alert is lost or doubled"
        case replaysEqual = "replaying the journal gives the same decisions, byte for byte"
    }

    var invariant: Invariant
    var text: String

    init(_ invariant: Invariant, _ text: String) {
        self.invariant = invariant
        self.text = text
    }

    var description: String { "\(invariant.rawValue): \(text)" }
}
