public import SafetyEngine

/// Draws one screen after another, and of each only what is not as it was: a key that moves the cursor redraws one pane.
///
/// Invariant (DashboardTests/DrawingTests): the frame is the one that `render` makes, but for ages and clocks, which may
/// stand as they were for the rest of the second.
public struct Drawing {
    /// The screen drawn last.
    public private(set) var frame = Frame(width: 0, height: 0, unicode: true)
    /// The rows of it that may differ from the screen before.
    public private(set) var rows: Range<Int> = 0..<0

    private var last: (screen: Screen, revision: UInt64, second: Int64)?

    /// Nothing drawn yet.
    public init() {}

    /// Draws the screen; the parameters are those of `render`.
    ///
    /// - Parameter revision: another number for every snapshot that is not the one before.
    public mutating func draw(
        _ interface: Interface,
        snapshot: DeskSnapshot,
        revision: UInt64,
        width: Int,
        height: Int,
        nowMs: UInt64,
        wallClockMs: Int64,
        unicode: Bool
    ) {
        let second = wallClockMs / 1000
        let isSameSize = frame.width == width && frame.height == height && frame.unicode == unicode
        if var last, isSameSize, last.revision == revision, last.second == second,
            interface.differsOnlyInViews(from: last.screen.interface),
            !interface.isCounting(snapshot, nowMs: nowMs)
        {
            // Given up first, so that it is changed where it is and not copied.
            self.last = nil
            rows = last.screen.look(interface, into: &frame)
            self.last = last
            return
        }
        let scene = interface.scene(snapshot, nowMs: nowMs, wallClockMs: wallClockMs)
        let screen = Screen(interface, scene, width: width, height: height)
        frame = Frame(width: width, height: height, unicode: unicode)
        screen.draw(into: &frame)
        rows = 0..<height
        last = (screen, revision, second)
    }

    /// The screen drawn last.
    var screen: Screen? { last?.screen }
}
