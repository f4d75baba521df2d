import KillSwitch

/// A hold of the page by the thread that reads the keys. Unchecked: only that thread pulls.
final class Hand: @unchecked Sendable {
    private let handle: HaltHandle

    /// Takes hold.
    init(_ directory: StateDirectory) { handle = HaltHandle(directory) }

    /// The store into the page.
    func pull() -> HaltHandle.Pulled { handle.pull() }
}
