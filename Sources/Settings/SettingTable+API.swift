import SafetyEngine

extension SettingTable {
    /// What is asked over HTTP. All of it holds from the host's next start.
    static let asking: [Setting] = {
        let api = Shelf.table("api")
        return [
            api.key(
                "enabled",
                .flag,
                \.desk.api.isEnabled,
                forStart: true,
                "Whether HTTP is served at the address; at estop.sock it always is."
            ),
            api.key(
                "address",
                .numericAddress,
                \.desk.api.address,
                example: "\"127.0.0.1\"",
                forStart: true,
                "Where; what others reach needs behind_tls."
            ),
            api.key("port", .count(0...65_535), \.desk.api.port, forStart: true, "Where; 0: any that is free."),
            api.key(
                "hosts",
                .texts("host names, as in [\"desk.example.com\"]") {
                    $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } && !$0.isEmpty
                },
                \.desk.api.hosts,
                example: "[\"desk.example.com\"]",
                forStart: true,
                "Names besides localhost under which it may be asked."
            ),
            api.key(
                "behind_tls",
                .flag,
                \.desk.api.isBehindTLS,
                forStart: true,
                "All comes through a proxy that speaks TLS: any address may be used, and nobody counts as on this machine."
            ),
            api.key(
                "open_halt",
                .flag,
                \.desk.api.opensHalt,
                forStart: true,
                "A halt from elsewhere needs no token either."
            ),
            api.key(
                "most_connections",
                .count(64...65_536, of: "connections"),
                \.desk.api.mostConnections,
                forStart: true,
                "Above it the ones that have been idle longest are ended."
            ),
            api.key(
                "longest_body",
                .bytes(4_096...67_108_864),
                \.desk.api.longestBody,
                forStart: true,
                "The longest body that is read; a halt's may be longer."
            ),
            api.key(
                "longest_head",
                .bytes(1_024...1_048_576),
                \.desk.api.longestHead,
                forStart: true,
                "The longest head of a request."
            ),
            api.key(
                "head_time",
                .time(100...3_600_000),
                \.desk.api.headTimeMs,
                forStart: true,
                "How long a head may take."
            ),
            api.key(
                "body_time",
                .time(100...3_600_000),
                \.desk.api.bodyTimeMs,
                forStart: true,
                "How long a body may take."
            ),
            api.key(
                "idle_time",
                .time(100...86_400_000),
                \.desk.api.idleTimeMs,
                forStart: true,
                "How long a connection may be idle between requests."
            ),
        ]
    }()
}
