import Foundation
import Glibc
import KillSwitch
import SafetyEngine
import Testing

/// HTTP over `estop.sock`, beside lines of JSON.
@Suite(.serialized) struct APISocketTests {
    /// curl over the socket; by way of a short name, since a socket's address has room for 107 bytes.
    private func curl(_ api: APIDesk, _ words: String..., as user: [String] = []) throws -> (status: Int, json: JSON?) {
        try curl(api.sandbox, words, as: user)
    }

    private func curl(
        _ sandbox: Sandbox,
        _ words: [String],
        as user: [String] = []
    ) throws -> (status: Int, json: JSON?) {
        let all = ["/usr/bin/curl", "-s", "-m", "20", "--unix-socket", "estop.sock", "-w", "\n%{http_code}"] + words
        let script = "cd '\(sandbox.state)' && exec \"$@\""
        let run = try sandbox.run("/bin/sh", ["-c", script, "sh"] + user + all)
        let lines = run.output.split(separator: "\n")
        return (Int(lines.last ?? "") ?? 0, JSON(lines.dropLast().joined(separator: "\n")))
    }

    @Test func everyRouteIsServedOnTheSocketToo() throws {
        let api = try APIDesk()
        #expect(try curl(api, "http://localhost/api/v1/snapshot").status == 200)
        #expect(try curl(api, "http://localhost/openapi.json").json?["openapi"] != nil)
        #expect(try curl(api, "http://localhost/nothing").status == 404)
        let refused = try curl(api, "-X", "POST", "http://localhost/api/emergency/kill-switch/deactivate", "-d", "{}")
        #expect(refused.status == 401)
        let halted = try curl(
            api,
            "-X",
            "POST",
            "http://localhost/api/emergency/kill-switch/activate",
            "-d",
            #"{"reason": "over the socket"}"#
        )
        #expect(halted.status == 200 && halted.json?["durable"] == .bool(true))
        let record = try #require(try api.desk.halts().last)
        #expect(record.reason == "over the socket" && record.source == .api)
        #expect(record.from.contains("estop.sock uid \(getuid())") && !record.op.isEmpty)
        // Lines of JSON are what they were.
        #expect(try api.desk.view().atMs > 0)
    }

    @Test func theSocketServesHTTPAlsoWhereNoAddressDoes() throws {
        let desk = try EngineDesk("[api]\nenabled = false\nport = 1\n")
        try desk.serve()
        #expect(try curl(desk.sandbox, ["http://localhost/api/v1/snapshot"]).status == 200)
        let halted = try curl(desk.sandbox, ["-X", "POST", "http://localhost/api/trading/halt"])
        #expect(halted.status == 200 && desk.mode == .halted)
        #expect(desk.said.contains("HTTP API on estop.sock alone"), "\(desk.said)")
    }

    @Test func twoRequestsGoOverOneConnectionHoweverTheyAreCut() throws {
        let api = try APIDesk()
        let connection = try #require(DeskConnection(socket: api.sandbox.state + "/estop.sock"))
        connection.patience(seconds: 20)
        for piece in ["G", "E", "T /api/v1/trading/sta", "tus HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
            connection.send(piece)
            Clock.sleep(milliseconds: 20)
        }
        #expect(connection.answer()?.json?["mode"] != nil)
        #expect(connection.halt(#"{"reason": "kept"}"#)?.json?["success"] == .bool(true))
        let lines = try #require(DeskConnection(socket: api.sandbox.state + "/estop.sock"))
        lines.send(#"{"ask":"su"#)
        Clock.sleep(milliseconds: 20)
        lines.send("mmary\"}\n")
        #expect(lines.read(to: "\n")?.contains("summary") == true)
    }

    @Test func whatLibestopAsksIsRecordedAsTheLibraryS() throws {
        let api = try APIDesk()
        let connection = try #require(DeskConnection(socket: api.sandbox.state + "/estop.sock"))
        let body = #"{"reason":"a bot","scope":"global","source":"library"}"#
        connection.send(
            "POST /api/emergency/kill-switch/activate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        )
        #expect(connection.readAll().hasPrefix("HTTP/1.1 200"))
        #expect(try api.desk.halts().last?.source == .library)
    }

    @Test func whoMayNotUseTheDirectoryHaltsByLoopback() throws {
        guard geteuid() == 0 else { return }
        let api = try APIDesk()
        chmod(api.sandbox.root, 0o755)
        let configuration = api.sandbox.root + "/nobody.toml"
        try "[api]\nport = \(api.port)\n".write(toFile: configuration, atomically: true, encoding: .utf8)
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "\(Sandbox.products)/estop"]
        // The products may be out of nobody's reach; then there is nothing to try.
        guard try api.sandbox.run("/usr/bin/setpriv", nobody + ["--version"]).status == 0 else { return }
        let halted = try api.sandbox.run(
            "/usr/bin/setpriv",
            nobody + ["halt", "from", "afar"],
            environment: ["ESTOP_CONFIG": configuration]
        )
        #expect(halted.status == 1 && halted.output.contains("HALTED over HTTP"), "\(halted)")
        #expect(halted.error.contains("may not use"), "\(halted)")
        #expect(api.desk.mode == .halted)
        #expect(try api.desk.halts().last?.reason == "from afar")
        // A directory that is not there is a mistake in its name: nobody else's desk is halted for it.
        let missing = try api.sandbox.run(
            "/usr/bin/setpriv",
            nobody + ["halt", "--state", api.sandbox.root + "/none/there"],
            environment: ["ESTOP_CONFIG": configuration]
        )
        #expect(missing.status == 2, "\(missing)")
    }

    @Test func anotherUserOfTheSocketMayHaltAndNoMore() throws {
        guard geteuid() == 0 else { return }
        let api = try APIDesk()
        for place in [api.sandbox.root, api.sandbox.state, api.sandbox.state + "/estop.sock"] { chmod(place, 0o777) }
        let nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        #expect(try curl(api, "http://localhost/api/v1/snapshot", as: nobody).status == 401)
        let halted = try curl(api, "-X", "POST", "http://localhost/api/trading/halt", as: nobody)
        #expect(halted.status == 200 && halted.json?["is_active"] == .bool(true))
        #expect(try api.desk.halts().last?.op == "nobody")
        #expect(try curl(api, "http://localhost/api/v1/snapshot").status == 200)
        // Whoever a proxy speaks for is somebody else.
        let forwarded = try curl(
            api,
            "-X",
            "POST",
            "http://localhost/api/trading/halt",
            "-H",
            "X-Forwarded-For: 203.0.113.7"
        )
        #expect(forwarded.status == 401)
    }

    @Test func whereThePortIsTakenTheSocketServes() throws {
        let first = try APIDesk()
        let second = try EngineDesk("[api]\nport = \(first.port)\n")
        try second.serve()
        try second.sandbox.wait("it says so") { second.said.contains("cannot be listened on") }
        let connection = try #require(DeskConnection(socket: second.state + "/estop.sock"))
        #expect(connection.halt()?.json?["durable"] == .bool(true))
        try second.stop()
    }

    @Test func silentConnectionsKeepNobodyOutAndAreEnded() throws {
        let api = try APIDesk()
        let path = api.sandbox.state + "/estop.sock"
        // Somebody who has spoken stays, whoever else comes.
        let speaker = try #require(DeskConnection(socket: path))
        speaker.send("{\"ask\":\"summary\"}\n")
        #expect(speaker.read(to: "\n")?.contains("summary") == true)
        let begin = Clock.boottime()
        var silent = (0..<700).compactMap { _ in DeskConnection(socket: path) }
        #expect(silent.count == 700)
        let hand = try #require(DeskConnection(socket: path))
        hand.patience(seconds: 5)
        #expect(hand.halt(#"{"reason": "past the silent"}"#)?.json?["durable"] == .bool(true))
        let line = try #require(DeskConnection(socket: path))
        line.patience(seconds: 5)
        line.send("{\"ask\":\"summary\"}\n")
        #expect(line.read(to: "\n")?.contains("summary") == true)
        #expect(Double(Clock.boottime() - begin) / 1e9 < 5)
        // And one that never says what it wants is ended.
        let last = silent.removeLast()
        last.patience(seconds: 15)
        #expect(last.readAll().isEmpty)
        #expect(Double(Clock.boottime() - begin) / 1e9 < 12)
        speaker.send("{\"ask\":\"summary\"}\n")
        #expect(speaker.read(to: "\n")?.contains("summary") == true)
    }
}
