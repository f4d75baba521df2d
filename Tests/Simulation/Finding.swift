/// An invariant that does not hold.
struct Finding: Error, Equatable, CustomStringConvertible {
    /// Which.
    enum Invariant: String {
        case neverWider = "trading is never wider than the record allows"
        case decidedInTime = "no kill condition goes undecided for more than a second"
        case listedIsOpen = "what a venue lists as open is open"
        case knownIsReported = "nothing is called agreed, none, compliant or live that is not known"
        case alertsOnce = "no alert is lost or doubled"
        case verifiedIsProved = "verified is never said while an order that can add exposure is open or on its way"
        case verifiedIsReached = "verified is reached once everything is gone and listed"
        case newOrdersAreTold = "an order that appears after a halt has stopped everything is an alert"
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
