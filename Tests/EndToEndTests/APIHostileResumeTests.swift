import Foundation
import Glibc
import KillSwitch
import Testing

@testable import Operators

/// Nobody resumes who should not: every kind of resume that has to be refused, over real HTTP.
@Suite(.serialized) struct APIHostileResumeTests {
    @Test func everyHostileResumeIsRefusedAndRecorded() throws {
        let desk = try HostileDesk()
        for attack in HostileResume.all {
            try desk.refuses(
                attack.name,
                attack.status,
                attack.code,
                token: try attack.token(desk),
                body: attack.body
            )
        }
        // A good one is accepted all the same: none of the above was refused for want of anything else.
        let good = try desk.connection.post(HostileDesk.path, HostileDesk.reason, token: desk.issue())
        #expect(good.status == 200 && desk.api.desk.mode == .live, "\(good)")
    }

    @Test func whatThePreflightFindsRefuses() throws {
        let stop = NSTemporaryDirectory() + "estop-stop-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: stop) }
        let desk = try HostileDesk("[stop_file]\npaths = [\"\(stop)\"]\n")
        let token = try desk.issue()
        try Data().write(to: URL(fileURLWithPath: stop))
        try desk.api.sandbox.wait("the stop file is recorded") {
            try desk.killSwitch.observe().latches.contains { $0.source == .file }
        }
        try desk.refuses("a stop file of another place", 409, "preflight", token: token)
        try FileManager.default.removeItem(atPath: stop)
        try desk.api.sandbox.wait("it is seen to be gone") { try desk.killSwitch.observe().stopFiles.isEmpty }

        var gate: Gate? = try Gate(state: desk.api.desk.state, name: "deaf bot", scope: "venue=x")
        _ = gate?.permits()
        _ = try desk.connection.post("/api/trading/halt")
        try desk.refuses("a gate that has not acknowledged", 409, "preflight", token: token)
        gate = nil
        #expect(try !desk.isSpent(token), "what is refused uses nothing up")
        let good = try desk.connection.post(HostileDesk.path, HostileDesk.reason, token: token)
        #expect(good.status == 200, "\(good)")
    }

    @Test func ofManyResumesAtOnceWithOneTokenOneIsDone() throws {
        let desk = try HostileDesk()
        for _ in 0..<(Sandbox.isLong ? 50 : 4) {
            let token = try desk.issue()
            let before = try desk.standing()
            let answers = try desk.atOnce((0..<8).map { _ in token })
            #expect(answers.filter { $0.status == 200 }.count == 1, "\(answers)")
            #expect(answers.allSatisfy { [200, 401, 409].contains($0.status) }, "\(answers)")
            #expect(try desk.standing().applied.subtracting(before.applied).count == 1)
            #expect(try desk.isSpent(token))
            _ = try desk.connection.post("/api/trading/halt")
            #expect(desk.api.desk.mode == .halted)
        }
    }

    @Test func ofManyResumesAtOnceWithTokensOfTheirOwnOneIsDone() throws {
        let desk = try HostileDesk()
        for _ in 0..<(Sandbox.isLong ? 50 : 4) {
            let tokens = try (0..<4).map { _ in try desk.issue() }
            let before = try desk.standing()
            let answers = try desk.atOnce(tokens)
            // The others find nothing to resume, or a desk that changed since they asked.
            #expect(answers.allSatisfy { [200, 409].contains($0.status) }, "\(answers)")
            #expect(answers.filter { $0["message"] == .string("trading is resumed: live") }.count == 1, "\(answers)")
            #expect(try desk.standing().applied.subtracting(before.applied).count == 1)
            #expect(try tokens.filter { try desk.isSpent($0) }.count == 1)
            _ = try desk.connection.post("/api/trading/halt")
            #expect(desk.api.desk.mode == .halted)
        }
    }

    /// The resume has passed its questions and waits for its turn; then somebody halts.
    @Test func aHaltAfterTheQuestionsRefusesTheResume() throws {
        let desk = try HostileDesk()
        let token = try desk.issue()
        let file = open(desk.api.desk.state + "/resume.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        try #require(file >= 0 && flock(file, LOCK_EX) == 0)
        let asked = try desk.begin(token)
        try desk.api.sandbox.wait("the resume stands at the lock") { try desk.isSpent(token) }
        let halted = try desk.connection.post("/api/trading/halt", #"{"reason": "in between"}"#)
        #expect(halted.status == 200)
        close(file)
        let answer = try asked.finish()
        #expect(answer.status == 409 && answer["error"]?["code"] == .string("refused"), "\(answer)")
        try desk.staysHalted(by: "in between", token)
    }

    /// The resume is recorded, and its compare-and-swap is next; then somebody halts.
    @Test func aHaltBeforeTheCompareAndSwapRefusesTheResume() throws {
        let marker = NSTemporaryDirectory() + "estop-held-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: marker) }
        let desk = try HostileDesk(environment: [
            "LD_PRELOAD": "\(Sandbox.products)/libfaults.so", "ESTOP_FAULT": "hold:held at its record",
            "ESTOP_FAULT_DONE": marker,
        ])
        let token = try desk.issue()
        let asked = try desk.begin(token, #"{"reason": "held at its record"}"#)
        try desk.api.sandbox.wait("the resume is recorded") { FileManager.default.fileExists(atPath: marker) }
        #expect(desk.api.desk.mode == .halted)
        let halted = try desk.connection.post("/api/trading/halt", #"{"reason": "in between"}"#)
        #expect(halted.status == 200 && halted["durable"] == .bool(true))
        try FileManager.default.removeItem(atPath: marker)
        let answer = try asked.finish()
        #expect(answer.status == 409 && answer["error"]?["code"] == .string("refused"), "\(answer)")
        try desk.staysHalted(by: "in between", token)
    }
}

extension HostileDesk {
    /// A resume that is under way.
    struct Asked {
        var process: Process
        var output: Pipe

        func finish() throws -> APIDesk.Answer {
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let cut = try #require(text.lastIndex(of: "\n"))
            return APIDesk.Answer(
                status: Int(text[cut...].trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0,
                text: String(text[..<cut]),
                seconds: 0
            )
        }
    }

    func begin(_ token: String, _ body: String = HostileDesk.reason) throws -> Asked {
        let process = api.sandbox.process(
            "/usr/bin/curl",
            [
                "-s", "-m", "30", "-w", "\n%{http_code}", "-X", "POST", api.base + HostileDesk.path, "-d", body, "-H",
                "Authorization: Bearer \(token)",
            ]
        )
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        return Asked(process: process, output: output)
    }

    /// Resumes, one for each token, at the same time.
    func atOnce(_ tokens: [String]) throws -> [APIDesk.Answer] {
        let asked = try tokens.map { try begin($0) }
        return try asked.map { try $0.finish() }
    }

    /// The desk is halted, by that halt too; the token is as it was; the audit says what happened.
    func staysHalted(by reason: String, _ token: String) throws {
        let seen = try killSwitch.observe()
        #expect(seen.mode == .halted && seen.latches.contains { $0.reason == reason })
        #expect(seen.latches.contains { $0.reason == "the halt that stays" }, "no halt was lifted")
        #expect(try !isSpent(token))
        try api.sandbox.wait("the audit says so") {
            let entry = try newest()
            return entry?["who"] == .string("operator:eve") && entry?["details"]?["code"] == .string("refused")
        }
    }
}
