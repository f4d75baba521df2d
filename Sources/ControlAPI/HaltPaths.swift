/// The paths that halt. They are answered by `HaltHandler`, in front of everything else.
enum HaltPaths {
    /// All of them, as the runbooks write them.
    static let all = [
        "/api/emergency/kill-switch/activate", "/api/trading/halt", "/api/v1/emergency/kill_switch",
    ]

    /// Whether a request's target is one of them.
    static func contains(_ target: some StringProtocol) -> Bool { all.contains(APIRequest.split(target).path) }
}
