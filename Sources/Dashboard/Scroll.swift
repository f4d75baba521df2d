/// How far a text that is longer than its box is scrolled.
struct Scroll {
    /// The first row that is shown.
    private(set) var offset = 0

    /// Moves, if that is what is asked for, up to the last of so many rows.
    ///
    /// - Returns: whether it was.
    mutating func handle(_ action: Action?, rows: Int) -> Bool {
        let most = max(0, rows - 1)
        switch action {
        case .down: offset = min(most, offset + 1)
        case .up: offset = max(0, offset - 1)
        case .pageDown: offset = min(most, offset + 10)
        case .pageUp: offset = max(0, offset - 10)
        case .top: offset = 0
        case .bottom: offset = most
        default: return false
        }
        return true
    }
}
