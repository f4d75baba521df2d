extension Order.State {
    /// Whether a source's next word about an order may be `next`: the one table of possible transitions.
    ///
    /// Words in between may have been missed, so steps may be left out; none leads back, and nothing follows a final
    /// state. `unknown` is a state of our knowledge: it may follow any open one, and what follows it is judged by the
    /// state before it.
    public func mayBecome(_ next: Order.State) -> Bool {
        switch (self, next) {
        case (.new, .submitted), (.new, .acknowledged), (.new, .partiallyFilled), (.new, .filled), (.new, .canceled),
            (.new, .rejected), (.new, .expired), (.new, .unknown):
            true
        case (.submitted, .acknowledged), (.submitted, .partiallyFilled), (.submitted, .filled),
            (.submitted, .canceled), (.submitted, .rejected), (.submitted, .expired), (.submitted, .unknown):
            true
        // A venue may accept an order and refuse it after all (its matching engine, a post-only price).
        case (.acknowledged, .partiallyFilled), (.acknowledged, .filled), (.acknowledged, .canceled),
            (.acknowledged, .rejected), (.acknowledged, .expired), (.acknowledged, .unknown):
            true
        // What is filled in part cannot be refused any more.
        case (.partiallyFilled, .filled), (.partiallyFilled, .canceled), (.partiallyFilled, .expired),
            (.partiallyFilled, .unknown):
            true
        case (.unknown, _): next != .unknown
        default: false
        }
    }

    /// How far along the way it is: of two states that were true at the same time, the further one is the later.
    var progress: Int {
        switch self {
        case .unknown: -1
        case .new: 0
        case .submitted: 1
        case .acknowledged: 2
        case .partiallyFilled: 3
        case .canceled, .rejected, .expired: 4
        case .filled: 5
        }
    }
}
