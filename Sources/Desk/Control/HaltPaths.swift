/// The paths that halt: over TCP and over `estop.sock`, whatever else is up.
///
/// Invariant (ControlAPITests/HaltPathTests): whatever way of writing one of them means the same by RFC 3986 halts too.
public enum HaltPaths {
    /// All of them, as the runbooks write them.
    public static let all = [
        "/api/emergency/kill-switch/activate", "/api/trading/halt", "/api/v1/emergency/kill_switch",
    ]

    private static let segments = all.map { path in (path: path, segments: RequestPath.segments(path)) }

    /// The one that a request's target means; nil: none.
    public static func named(by target: some StringProtocol) -> String? {
        guard let asked = RequestPath.segments(target) else { return nil }
        return segments.first { $0.segments == asked }?.path
    }

    /// Whether a request's target means one of them.
    public static func contains(_ target: some StringProtocol) -> Bool { named(by: target) != nil }
}
