import Foundation
import Glibc
import KillSwitch
import Testing

/// Halting over HTTP while what else the host does is stuck.
@Suite(.serialized) struct APIStuckTests {
    @Test func aFullDiskHaltsSaysSoAndIsRecordedOnceThereIsRoom() throws {
        guard geteuid() == 0 else { return }
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: true)
        let mounted = try sandbox.run(
            "/bin/mount",
            ["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", sandbox.state]
        )
        guard mounted.status == 0 else { return }
        defer { _ = try? sandbox.run("/bin/umount", ["-l", sandbox.state]) }
        let host = try sandbox.serve()
        defer {
            host.terminate()
            host.waitUntilExit()
        }
        var connection: DeskConnection?
        try sandbox.wait("the socket") {
            connection = DeskConnection(socket: sandbox.state + "/estop.sock")
            return connection != nil
        }
        let hand = try #require(connection)
        #expect(hand.halt()?.json?["durable"] == .bool(true))
        _ = try sandbox.run("/bin/sh", ["-c", "cat /dev/zero > '\(sandbox.state)/filler' 2>/dev/null; true"])
        // The log's last block may have room for a few records still.
        var answer = hand.halt(#"{"reason": "no room"}"#)
        for _ in 0..<30 where answer?.json?["durable"] == .bool(true) { answer = hand.halt(#"{"reason": "no room"}"#) }
        #expect(answer?.head.contains("200 OK") == true, "\(hand.problem)\n\(sandbox.hostLog)")
        #expect(answer?.json?["durable"] == .bool(false) && answer?.json?["is_active"] == .bool(true))
        #expect(answer?.json?["message"]?.string?.contains("not on disk") == true)
        let more = (0..<4).compactMap { hand.halt(#"{"reason": "full \#($0)"}"#)?.json?["id"]?.string }
        #expect(more.count == 4)
        let word = try sandbox.killSwitch().observe().word
        #expect(word?.mode == .halted)
        // Longer than after which a record that came counts as late: what could not be written moves no word.
        Clock.sleep(milliseconds: 2_500)
        #expect(try sandbox.killSwitch().observe().word == word)
        try FileManager.default.removeItem(atPath: sandbox.state + "/filler")
        try sandbox.wait("the host records it") { try sandbox.killSwitch().observe().fold.reachesWord }
        let seen = try sandbox.killSwitch().observe()
        #expect(seen.word == word)
        let halts = seen.fold.records.filter { $0.change == .halt }
        #expect(halts.suffix(4).map(\.id) == more && halts.suffix(4).map(\.reason) == (0..<4).map { "full \($0)" })
        #expect(Set(halts.map(\.state)).count == halts.count && !halts.contains { $0.reason.hasPrefix("unrecorded") })
    }

    @Test func aJournalThatSomebodyHoldsHoldsUpNoHalt() throws {
        let api = try APIDesk()
        let hand = try #require(DeskConnection(port: api.port))
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
            database.execute("BEGIN IMMEDIATE")
            print("held", flush=True)
            sys.stdin.read()
            """
        let holder = api.sandbox.process("/usr/bin/python3", ["-c", script, api.desk.journal])
        let (output, input) = (Pipe(), Pipe())
        holder.standardOutput = output
        holder.standardInput = input
        try holder.run()
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).contains("held"))
        // The engine has more to write than its journal takes.
        let line = Line.metric("cpu_percent", "5")
        let lines = String(repeating: line + "\n", count: 5_000)
        let feed = try #require(DeskConnection(socket: api.sandbox.state + "/estop.sock"))
        feed.send(lines)
        for number in 0..<30 {
            let start = Clock.boottime()
            let answer = hand.halt(#"{"reason": "held \#(number)"}"#)
            #expect(answer?.json?["durable"] == .bool(true))
            #expect(Double(Clock.boottime() - start) / 1e9 < 2)
        }
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        #expect(try api.desk.halts().contains { $0.reason == "held 29" })
    }
}
