/// The paths that halt: over TCP and over `estop.sock`, whatever else is up.
public enum HaltPaths {
    /// All of them, as the runbooks write them.
    public static let all = [
        "/api/emergency/kill-switch/activate", "/api/trading/halt", "/api/v1/emergency/kill_switch",
    ]
}
