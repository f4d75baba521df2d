import Glibc
import Synchronization
import Testing

@testable import KillSwitch

/// The engine's part of a preflight, asked for over the socket: what an answer, and what no answer, comes to.
struct EngineChecksTests {
    private func checks(_ killSwitch: KillSwitch, _ mode: Mode = .live) -> [PreflightCheck] {
        killSwitch.preflight(killSwitch.observe(), mode: mode, scope: .global, answers: []).filter {
            PreflightCheck.Name.hosted.contains($0.name)
        }
    }

    private func answer(_ failing: [PreflightCheck.Name]) -> String {
        let rows = PreflightCheck.Name.hosted.map { name in
            JSON.object([
                .init("name", .string(name.rawValue)), .init("passed", .bool(!failing.contains(name))),
                .init("detail", .string("said by the engine of \(name.rawValue)")),
            ])
        }
        return JSON.object([.init("checks", .array(rows))]).line
    }

    @Test func withoutAHostNothingIsCheckedAndTheHostSCheckSpeaksForTheEngine() throws {
        let killSwitch = try Scratch().killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        #expect(checks(killSwitch).map(\.name) == PreflightCheck.Name.hosted)
        #expect(
            checks(killSwitch).allSatisfy { $0.outcome == .notChecked && !$0.refuses && $0.detail.contains("no host") }
        )
        let all = killSwitch.preflight(killSwitch.observe(), mode: .live, scope: .global, answers: [])
        #expect(all.first { $0.name == .host }?.passed == false)
    }

    @Test func aHostWithoutItsEngineHasCheckedNothingAndRefusesWhatTradesForReal() throws {
        let killSwitch = try Scratch().killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        var seen = killSwitch.observe()
        seen.host = HostLock.Presence(pid: 1, tradingMode: nil)
        seen.beat = seen.now
        for mode in [Mode.live, .reduceOnly, .paper] {
            let checks = killSwitch.engineChecks(seen, mode: mode, scope: .global)
            #expect(checks.allSatisfy { $0.outcome == .notChecked && $0.refuses == (mode != .paper) })
        }
    }

    @Test func theEngineSAnswerIsTheCheckAndMayBeOverriddenByName() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        killSwitch.halt(HaltRequest(reason: "halted", source: .library))
        let line = answer([.ordersGone, .rules])
        let host = try OneAnswer(killSwitch.directory, line)
        defer { host.stop() }
        let found = checks(killSwitch)
        #expect(found.filter { !$0.passed }.map(\.name) == [.ordersGone, .rules])
        #expect(found.allSatisfy { $0.detail == "said by the engine of \($0.name.rawValue)" })
        #expect(host.asked.first == EngineChecks.question(mode: .live, scope: .global))

        guard case .refused(let why) = killSwitch.resume(.test()) else {
            Issue.record("resumed over what the engine found")
            return
        }
        #expect(why.contains("orders-gone: said by the engine") && why.contains("rules: said"))
        #expect(killSwitch.observe().word?.mode == .halted)
        var request = ResumeRequest.test()
        request.overrides[.ordersGone] = "seen by hand"
        request.overrides[.rules] = "known"
        // No gate was ever open there: whether anything has stopped, nobody can tell.
        request.overrides[.gates] = "no bot runs"
        guard case .resumed = killSwitch.resume(request) else {
            Issue.record("not resumed")
            return
        }
        let noted = killSwitch.observe().fold.lastApplied?.overrides.map(\.key) ?? []
        #expect(noted.contains("orders-gone") && noted.contains("rules"))
    }

    @Test(arguments: [
        "{\"error\":\"what is that\"}", "no JSON at all", "{\"checks\":4}", "{\"checks\":[]}",
        "{\"checks\":[{\"name\":\"venues\"}]}",
    ])
    func aWrongAnswerPassesNothing(_ line: String) throws {
        let killSwitch = try Scratch().killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        let host = try OneAnswer(killSwitch.directory, line)
        defer { host.stop() }
        #expect(checks(killSwitch, .paper).allSatisfy { !$0.passed && $0.refuses && !$0.detail.isEmpty })
    }

    @Test func whoeverAsksInTheFirstSecondWaitsForTheEngine() throws {
        let killSwitch = try Scratch().killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        var seen = killSwitch.observe()
        seen.host = HostLock.Presence(pid: 1, tradingMode: nil)
        seen.beat = seen.now
        let down = "{\"error\":\"the engine does not run\",\"engine\":\"down\"}"
        let host = try OneAnswer(killSwitch.directory, first: [down, down, down], answer([]))
        defer { host.stop() }
        let asked = killSwitch.preflight(seen, mode: .live, scope: .global, answers: [])
        #expect(asked.filter { PreflightCheck.Name.hosted.contains($0.name) }.allSatisfy { $0.passed })
        #expect(host.asked.count == 4)
    }

    @Test func whatWasNotCheckedRefusesUntilItIsOverriddenAndIsOnRecord() throws {
        let killSwitch = try Scratch().liveSwitch()
        killSwitch.halt(HaltRequest(reason: "halted", source: .library))
        let rows = PreflightCheck.Name.hosted.map { name in
            name == .feeds
                ? PreflightCheck(name: name, notChecked: "no price has been received", refuses: true)
                : PreflightCheck(name: name, passed: true, detail: "well")
        }
        let host = try OneAnswer(
            killSwitch.directory,
            JSON.object([.init("checks", .array(rows.map(\.json)))]).line
        )
        defer { host.stop() }
        let all = killSwitch.preflight(killSwitch.observe(), mode: .live, scope: .global, answers: [])
        #expect(all.first { $0.name == .gates }.map { $0.outcome == .notChecked && $0.refuses } == true)
        guard case .refused(let why) = killSwitch.resume(.test()) else {
            Issue.record("resumed over what nobody checked")
            return
        }
        #expect(why.contains("feeds (not checked): no price") && why.contains("gates (not checked)"))
        var request = ResumeRequest.test()
        request.overrides[.feeds] = "y"
        request.overrides[.gates] = "no bot runs"
        guard case .refused(let short) = killSwitch.resume(request) else {
            Issue.record("one letter is no reason")
            return
        }
        #expect(short.contains("'y' is no reason"))
        request.overrides[.feeds] = "prices seen at the venue"
        guard case .resumed = killSwitch.resume(request) else {
            Issue.record("not resumed")
            return
        }
        let record = killSwitch.observe().fold.lastApplied
        #expect(record?.answers == ["understood", "resolved", "verified", "safe"])
        #expect(record?.notChecked == ["gates", "feeds"])
        #expect(record?.overrides.map(\.key).contains("feeds") == true)
    }

    @Test func aGateThatNamesAVenueMakesWhatWasNotCheckedRefuse() throws {
        let killSwitch = try Scratch().liveSwitch()
        let rows = PreflightCheck.Name.hosted.map { PreflightCheck(name: $0, notChecked: "unknown", refuses: false) }
        let host = try OneAnswer(
            killSwitch.directory,
            JSON.object([.init("checks", .array(rows.map(\.json)))]).line
        )
        defer { host.stop() }
        #expect(checks(killSwitch).allSatisfy { !$0.refuses })
        let gate = try Gate(state: killSwitch.directory.path, name: "bot", scope: "venue=kraken,account=main")
        withExtendedLifetime(gate) {
            #expect(checks(killSwitch).allSatisfy { $0.outcome == .notChecked && $0.refuses })
        }
    }

    @Test func anEngineThatDoesNotAnswerIsNotWaitedForLong() throws {
        let killSwitch = try Scratch().killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        let host = try OneAnswer(killSwitch.directory, nil)
        defer { host.stop() }
        let began = Clock.boottime()
        guard case .problem(let why) = EngineChecks.ask(killSwitch.directory, mode: .live, scope: .global, withinMs: 50)
        else {
            Issue.record("an answer out of nothing")
            return
        }
        #expect(why.contains("50 ms"))
        #expect(Clock.boottime() - began < 10_000_000_000)
    }
}

/// A host's socket that gives one answer to whoever asks; nil: it takes the question and says nothing.
private final class OneAnswer: Sendable {
    private let listener: Int32
    private let questions = Mutex<[String]>([])

    var asked: [String] { questions.withLock { $0 } }

    /// - Parameter first: what it answers before that, one after another.
    init(_ directory: StateDirectory, first: [String] = [], _ answer: String?) throws {
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in "\(directory.path)/estop.sock".utf8.enumerated() { field[index] = byte }
        }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 8) == 0)
        ThreadStart.detached { [self] in serve(first, answer) }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ first: [String], _ last: String?) {
        var before = first[...]
        while true {
            let peer = accept(listener, nil, nil)
            guard peer >= 0 else { break }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(peer, &bytes, bytes.count, 0)
            let line = String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self)
            questions.withLock { $0.append(line) }
            let answer = before.popFirst() ?? last
            if let answer {
                _ = send(peer, answer + "\n", answer.utf8.count + 1, Int32(MSG_NOSIGNAL))
            } else {
                // Until the other one gives up.
                _ = recv(peer, &bytes, bytes.count, 0)
            }
            close(peer)
        }
        close(listener)
    }
}
