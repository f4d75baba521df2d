public import SafetyEngine

/// What a window with the dashboard in it is called: the word of the mode bar and the desk. Printable ASCII only, since
/// it goes to the terminal as it is.
///
/// - Parameters:
///   - interface: the state of the screen.
///   - snapshot: the desk, as it was when it was last observed.
///   - nowMs: the monotonic clock that `interface` was given.
public func windowTitle(_ interface: Interface, snapshot: DeskSnapshot, nowMs: UInt64) -> String {
    let status = interface.scene(snapshot, nowMs: nowMs, wallClockMs: 0).status
    let isPlain: (Unicode.Scalar) -> Bool = { (0x20..<0x7f).contains($0.value) }
    var name = ""
    for scalar in snapshot.deskName.unicodeScalars.prefix(40) {
        name.unicodeScalars.append(isPlain(scalar) ? scalar : "?")
    }
    return (snapshot.mark.map { "\($0) " } ?? "") + "\(status.word) - \(name)"
}
