/// What became of events that were handed to the engine: all of them, or none.
public enum EventOffer: Sendable, Equatable {
    /// The engine has them.
    case taken
    /// Too many wait: the sender is called when there is room.
    case noRoom
    /// No engine takes them, for this reason: nobody has them, and the sender has to hand them in again.
    case notNow(String)
}
