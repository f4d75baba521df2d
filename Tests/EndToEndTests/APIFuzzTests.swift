import Foundation
import Glibc
import KillSwitch
import Seeds
import Synchronization
import Testing

/// Bytes that are no requests, or nearly are. ESTOP_SEED repeats a run.
@Suite struct APIFuzzTests {
    /// Requests that are right, to make wrong ones of.
    private static let right = [
        "POST /api/emergency/kill-switch/activate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{\"reason\": \"x\"}",
        "POST /api/emergency/kill-switch/deactivate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer TOKEN\r\n"
            + "Content-Length: 19\r\n\r\n{\"reason\": \"fixed\"}",
        "GET /api/v1/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/orders/recent?limit=5&offset=0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST /api/v1/mode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\n\r\n{\"mode\": \"live\"}",
        "POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer TOKEN\r\n\r\n"
            + "5\r\n{\"v\":\r\n3\r\n1}\n\r\n0\r\n\r\n",
        "POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
        "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n",
        "HEAD /health HTTP/1.0\r\n\r\n", "GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]

    /// Pieces at which parsers of HTTP went wrong before.
    private static let pieces = [
        "\r\n", "\n", "\r", "\0", "\r\n\r\n", " ", ":", "\t", "Content-Length: 99999999999999999999\r\n",
        "Content-Length: -1\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "0\r\n\r\n", "Upgrade: h2c\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "%00", "%", "%zz", "/../", "\u{ff}\u{fe}", "Expect: 100-continue\r\n",
        "{\"a\":", "[[[[[[[[", "\"\\ud800\"", "1e999999", "\u{16}\u{3}\u{1}\u{2}\u{0}",
    ]

    @Test(.timeLimit(.minutes(5))) func noBytesWidenCrashHangOrLeak() throws {
        let seed =
            ProcessInfo.processInfo.environment["ESTOP_SEED"].flatMap { UInt64($0) }
            ?? UInt64(Date().timeIntervalSince1970 * 1_000)
        print("APIFuzzTests: ESTOP_SEED=\(seed)")
        let api = try APIDesk("head_time = \"1s\"\nbody_time = \"1s\"\nidle_time = \"1s\"\n")
        // An operator's token: none that resumes, so nothing at all may make trading wider.
        let token = try api.token("operator")
        let pid = try #require(api.desk.host?.processIdentifier)
        let before = try APIFuzzTests.descriptors(pid)
        let until = Clock.boottime() + (Sandbox.isLong ? 60 : 3) * 1_000_000_000
        let made = Atomic<Int>(0)
        let port = api.port
        let running = Mutex(4)
        for number in 0..<4 {
            Thread.detachNewThread {
                var dice = SeededRandom(seed: seed &+ UInt64(number))
                while Clock.boottime() < until {
                    APIFuzzTests.send(APIFuzzTests.bytes(&dice, token), &dice, port)
                    made.add(1, ordering: .relaxed)
                }
                running.withLock { $0 -= 1 }
            }
        }
        while running.withLock({ $0 }) > 0 {
            #expect(api.desk.mode == .halted, "ESTOP_SEED=\(seed)")
            // It answers: well; not well, for the moment in which a halt is on the page and not yet on disk; or busy. A halt
            // is answered at once.
            let health = try api.get("/health")
            #expect([200, 503].contains(health.status) && health.json != nil, "ESTOP_SEED=\(seed) \(health)")
            let halted = try api.post("/api/trading/halt")
            #expect(halted.status == 200 && halted.seconds < 5, "ESTOP_SEED=\(seed) \(halted)")
            Clock.sleep(milliseconds: 100)
        }
        #expect(made.load(ordering: .relaxed) > 100)
        #expect(api.desk.host?.isRunning == true, "ESTOP_SEED=\(seed): \(api.desk.said.suffix(2_000))")
        #expect(try api.post("/api/trading/halt").status == 200)
        // Well, but for the lines that it had to refuse.
        var last: [String] = []
        do {
            try api.sandbox.wait("it is well", seconds: 60) {
                last = try api.get("/health")["reasons"]?.array?.compactMap(\.string) ?? ["no answer"]
                return last.allSatisfy { $0.hasPrefix("events: ") || $0.hasPrefix("alert INGEST_REFUSED/") }
            }
        } catch { Issue.record("ESTOP_SEED=\(seed): \(error): \(last)") }
        let seen = try api.sandbox.killSwitch().observe()
        #expect(seen.fold.applied.isEmpty, "ESTOP_SEED=\(seed): something resumed")
        #expect(!seen.latches.contains { $0.id.hasPrefix("bad@") }, "ESTOP_SEED=\(seed): the log is damaged")
        do {
            try api.sandbox.wait("every descriptor is given back", seconds: 60) {
                try APIFuzzTests.descriptors(pid) <= before
            }
        } catch {
            Issue.record(
                "ESTOP_SEED=\(seed): \(before) descriptors, now \(try APIFuzzTests.descriptors(pid)): \(error)"
            )
        }
        print("APIFuzzTests: \(made.load(ordering: .relaxed)) connections")
    }

    private static func descriptors(_ pid: Int32) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }

    /// One connection's bytes.
    private static func bytes(_ dice: inout SeededRandom, _ token: String) -> [UInt8] {
        if dice.below(10) == 0 { return (0..<dice.below(2_000)).map { _ in UInt8(dice.below(256)) } }
        var bytes: [UInt8] = []
        for _ in 0...dice.below(3) {
            let text = right[dice.below(right.count)].replacingOccurrences(of: "TOKEN", with: token)
            bytes += Array(text.utf8)
        }
        for _ in 0..<dice.below(6) {
            let place = dice.below(bytes.count + 1)
            switch dice.below(6) {
            case 0: bytes.insert(contentsOf: Array(pieces[dice.below(pieces.count)].utf8), at: place)
            case 1: if place < bytes.count { bytes[place] = UInt8(dice.below(256)) }
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + dice.below(30)))
            case 3: bytes.removeSubrange(place...)
            case 4:
                let part = Array(bytes[place..<min(bytes.count, place + dice.below(60))])
                bytes.insert(contentsOf: part, at: dice.below(bytes.count + 1))
            default:
                let many = [UInt8](repeating: UInt8(dice.below(256)), count: dice.below(20_000))
                bytes.insert(contentsOf: many, at: place)
            }
        }
        return bytes
    }

    /// Sends them, at once or in parts, and goes away in one of the ways in which clients do.
    private static func send(_ bytes: [UInt8], _ dice: inout SeededRandom, _ port: Int) {
        guard let descriptor = APIDesk.open(port) else { return }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 0, tv_usec: 20_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(dice.below(3) == 0 ? 1 + dice.below(100) : rest.count))
            guard Glibc.send(descriptor, part, part.count, Int32(MSG_NOSIGNAL)) == part.count else { break }
            rest = rest.dropFirst(part.count)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        switch dice.below(4) {
        case 0:
            var abrupt = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
        case 1: break
        case 2:
            shutdown(descriptor, Int32(SHUT_WR))
            while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
        default: while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
        }
    }
}
