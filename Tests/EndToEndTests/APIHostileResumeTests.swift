import Foundation
import Glibc
import KillSwitch
import Testing

@testable import Operators

/// Nobody resumes who should not: every kind of resume that has to be refused, over real HTTP.
@Suite(.serialized) struct APIHostileResumeTests {
    /// One resume that is refused.
    private struct Attack: Sendable {
        var name: String
        var status: Int
        var code: String
        var body = HostileDesk.reason
        var token: @Sendable (HostileDesk) throws -> String?

        init(
            _ name: String,
            _ status: Int,
            _ code: String,
            body: String = HostileDesk.reason,
            token: @escaping @Sendable (HostileDesk) throws -> String?
        ) {
            (self.name, self.status, self.code, self.body, self.token) = (name, status, code, body, token)
        }
    }

    private static let times: [Attack] = [
        Attack("expired a second ago", 401, "token_expired") { try $0.issue(ago: 61, seconds: 60) },
        Attack("expired yesterday", 401, "token_expired") { try $0.issue(ago: 86_400, seconds: 3_600) },
        Attack("expired, by HS256", 401, "token_expired") { try $0.issue(ago: 7_200, seconds: 3_600, .hs256) },
        Attack("an admin's, expired", 401, "token_expired") { try $0.issue(.admin, ago: 7_200, seconds: 60) },
        Attack("good in a minute", 401, "token_not_yet_valid") { try $0.issue(ago: -60) },
        Attack("good tomorrow", 401, "token_not_yet_valid") { try $0.issue(ago: -86_400, seconds: 3_600) },
        Attack("good in a minute, by HS256", 401, "token_not_yet_valid") { try $0.issue(ago: -60, .hs256) },
    ]

    private static let rights: [Attack] = [
        Attack("a viewer's", 403, "role_insufficient") { try $0.issue(.viewer) },
        Attack("a feed's", 403, "role_insufficient") { try $0.issue(.feed) },
        Attack("an operator's", 403, "role_insufficient") { try $0.issue(.operator) },
        Attack("an operator's, by HS256", 403, "role_insufficient") { try $0.issue(.operator, .hs256) },
        Attack("for another desk", 401, "token_audience") { try $0.issue(for: "other") },
        Attack("for a desk of nearly this name", 401, "token_audience") { try $0.issue(for: "test ") },
        Attack("an admin's for another desk", 401, "token_audience") { try $0.issue(.admin, for: "TEST") },
        Attack("nobody's", 401, "token_missing") { _ in nil },
        Attack("empty", 401, "token_missing") { _ in "" },
        Attack("a word", 401, "token_malformed") { _ in "YOUR_JWT_TOKEN" },
        Attack("longer than any", 401, "token_too_long") { _ in String(repeating: "A", count: 5_000) },
    ]

    private static let tampered: [Attack] = [
        Attack("header: another type", 401, "token_header") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).replacingOccurrences(of: "JWT", with: "JWX")
            return "\(HostileDesk.part(header)).\(parts.payload).\(parts.signature)"
        },
        Attack("header: one member more", 401, "token_header") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).dropLast() + #","x":1}"#
            return "\(HostileDesk.part(String(header))).\(parts.payload).\(parts.signature)"
        },
        Attack("header: a critical extension", 401, "token_critical") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).dropLast() + #","crit":["exp"]}"#
            return "\(HostileDesk.part(String(header))).\(parts.payload).\(parts.signature)"
        },
        Attack("header: written otherwise", 401, "token_signature") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).replacingOccurrences(of: ":", with: ": ")
            return "\(HostileDesk.part(header)).\(parts.payload).\(parts.signature)"
        },
        Attack("payload: another role", 401, "token_signature") {
            let parts = try $0.issue(.viewer).split(separator: ".").map(String.init)
            let payload = try HostileDesk.text(parts[1]).replacingOccurrences(of: "viewer", with: "resume")
            return "\(parts[0]).\(HostileDesk.part(payload)).\(parts[2])"
        },
        Attack("payload: a later end", 401, "token_signature") {
            let parts = try $0.issue(ago: 3_600, seconds: 60).split(separator: ".").map(String.init)
            let payload = try HostileDesk.text(parts[1])
            let end = try #require(JSON(payload)?["exp"]?.integer)
            let later = payload.replacingOccurrences(of: "\(end)", with: "\(end + 86_400)")
            return "\(parts[0]).\(HostileDesk.part(later)).\(parts[2])"
        },
        Attack("payload: of another token", 401, "token_signature") {
            let (one, other) = (try $0.parts(), try $0.parts())
            return "\(one.header).\(other.payload).\(one.signature)"
        },
        Attack("signature: one bit", 401, "token_signature") {
            let parts = try $0.parts()
            var bytes = try #require(Base64URL.bytes(parts.signature.utf8))
            bytes[10] ^= 1
            return "\(parts.header).\(parts.payload).\(Base64URL.text(bytes))"
        },
        Attack("signature: none", 401, "token_signature") {
            let parts = try $0.parts()
            return "\(parts.header).\(parts.payload)."
        },
        Attack("signature: half of it", 401, "token_signature") {
            let parts = try $0.parts()
            return "\(parts.header).\(parts.payload).\(parts.signature.prefix(40))"
        },
        Attack("signature: of HS256, half of it", 401, "token_signature") {
            let parts = try $0.parts(.hs256)
            return "\(parts.header).\(parts.payload).\(parts.signature.prefix(20))"
        },
        Attack("two parts", 401, "token_malformed") {
            let parts = try $0.parts()
            return "\(parts.header).\(parts.payload)"
        },
        Attack("four parts", 401, "token_malformed") { "\(try $0.issue()).AAAA" },
        Attack("with padding", 401, "token_malformed") { "\(try $0.issue())=" },
    ]

    private static let forged: [Attack] =
        ["none", "None", "NONE", "nOnE", ""].flatMap { name in
            [
                Attack("alg '\(name)', unsigned", 401, "token_algorithm") {
                    try $0.forge(header: "{\"alg\":\"\(name)\",\"typ\":\"JWT\"}", with: nil)
                },
                Attack("alg '\(name)' with a key's name", 401, "token_algorithm") {
                    let kid = try $0.key(.edDSA).name
                    return try $0.forge(header: "{\"alg\":\"\(name)\",\"typ\":\"JWT\",\"kid\":\"\(kid)\"}", with: nil)
                },
            ]
        } + [
            Attack("HS256 by the public key, under its name", 401, "token_algorithm") {
                let open = try $0.key(.edDSA)
                let key = try #require(TokenKey(.hs256, secret: open.publicKey))
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(open.name)"}"#, with: key)
            },
            Attack("HS256 by the public key, under the secret's name", 401, "token_signature") {
                let key = try #require(TokenKey(.hs256, secret: $0.key(.edDSA).publicKey))
                let kid = try $0.key(.hs256).name
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            Attack("HS256 by the public key as text", 401, "token_signature") {
                let text = Array(Base64URL.text(try $0.key(.edDSA).publicKey).utf8)
                let key = try #require(TokenKey(.hs256, secret: text))
                let kid = try $0.key(.hs256).name
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            Attack("EdDSA under the secret's name", 401, "token_algorithm") {
                let kid = try $0.key(.hs256).name
                return try $0.forge(header: #"{"alg":"EdDSA","typ":"JWT","kid":"\#(kid)"}"#, with: $0.key(.edDSA))
            },
            Attack("another key", 401, "token_key_unknown") {
                let key = try #require(TokenKey.make(.edDSA))
                return try $0.forge(header: #"{"alg":"EdDSA","typ":"JWT","kid":"\#(key.name)"}"#, with: key)
            },
            Attack("another key under the right name", 401, "token_signature") {
                let kid = try $0.key(.edDSA).name
                let key = try #require(TokenKey.make(.edDSA))
                return try $0.forge(header: #"{"alg":"EdDSA","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            Attack("another secret under the right name", 401, "token_signature") {
                let kid = try $0.key(.hs256).name
                let key = try #require(TokenKey.make(.hs256))
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            Attack("by the desk's key, but never issued", 401, "token_not_issued") {
                let claims = try HostileDesk.text($0.parts().payload)
                let id = try #require(JSON(claims)?["jti"]?.string)
                let payload = claims.replacingOccurrences(of: id, with: "0123456789abcdef")
                let key = try $0.key(.edDSA)
                let header = #"{"alg":"EdDSA","typ":"JWT","kid":"\#(key.name)"}"#
                return try $0.forge(header: header, payload: HostileDesk.part(payload), with: key)
            },
            Attack("by the desk's key, as another role than issued", 401, "token_not_as_issued") {
                let token = try $0.issue(.viewer).split(separator: ".").map(String.init)
                let payload = try HostileDesk.text(token[1]).replacingOccurrences(of: "viewer", with: "admin")
                let key = try $0.key(.edDSA)
                let header = #"{"alg":"EdDSA","typ":"JWT","kid":"\#(key.name)"}"#
                return try $0.forge(header: header, payload: HostileDesk.part(payload), with: key)
            },
        ]

    private static let ended: [Attack] = [
        Attack("revoked", 401, "token_revoked") {
            let token = try $0.issue()
            try $0.authority.revoke(try $0.id(of: token), reason: "laptop lost", now: $0.now)
            return token
        },
        Attack("revoked by the command", 401, "token_revoked") {
            let token = try $0.issue(.admin)
            let ran = try $0.api.sandbox.estop("token", "revoke", try $0.id(of: token), "--reason", "left")
            try #require(ran.status == 0)
            return token
        },
        Attack("spent elsewhere", 401, "token_spent") {
            let token = try $0.issue()
            try $0.authority.spend(try $0.id(of: token), now: $0.now)
            return token
        },
        Attack("spent by a resume", 401, "token_spent") {
            let token = try $0.issue()
            let resumed = try $0.connection.post(HostileDesk.path, HostileDesk.reason, token: token)
            #expect(resumed.status == 200, "\(resumed)")
            _ = try $0.connection.post("/api/trading/halt")
            return token
        },
        Attack("spent by a resume, by HS256", 401, "token_spent") {
            let token = try $0.issue(.resume, .hs256)
            #expect(try $0.connection.post(HostileDesk.path, HostileDesk.reason, token: token).status == 200)
            _ = try $0.connection.post("/api/trading/halt")
            return token
        },
    ]

    /// What a good token does not make good. Missing and own approvals belong here.
    private static let unfit: [Attack] =
        [
            ("no body", 400, "bad_body", ""), ("no JSON", 400, "bad_body", "reason=fixed"),
            ("a list", 400, "bad_body", #"["fixed"]"#), ("cut off", 400, "bad_body", #"{"reason": "fixed""#),
            ("no reason", 400, "reason_missing", "{}"), ("an empty reason", 400, "reason_missing", #"{"reason": ""}"#),
            ("a blank reason", 400, "reason_missing", #"{"reason": " \t\n\u00a0\u3000"}"#),
            ("a reason that is no text", 400, "reason_missing", #"{"reason": 5}"#),
            ("a null reason", 400, "reason_missing", #"{"reason": null}"#),
            ("no answers", 409, "preflight", #"{"reason": "fixed", "confirm": []}"#),
            ("three answers", 409, "preflight", #"{"reason": "fixed", "confirm": ["understood", "resolved", "safe"]}"#),
            (
                "one answer four times", 409, "preflight",
                #"{"reason": "x", "confirm": ["safe", "safe", "safe", "safe"]}"#
            ),
            ("answers that are null", 400, "bad_confirm", #"{"reason": "fixed", "confirm": null}"#),
            ("answers that are true", 400, "bad_confirm", #"{"reason": "fixed", "confirm": true}"#),
            ("an answer that is none", 400, "bad_confirm", #"{"reason": "fixed", "confirm": ["recorded"]}"#),
            ("an override of the record", 400, "bad_overrides", #"{"reason": "x", "overrides": {"recorded": "x"}}"#),
            ("an override of a stop file", 400, "bad_overrides", #"{"reason": "x", "overrides": {"stop-file": "x"}}"#),
            ("an override without a reason", 400, "bad_overrides", #"{"reason": "x", "overrides": {"host": " "}}"#),
            ("a mode that is none", 400, "bad_mode", #"{"reason": "x", "mode": "fast"}"#),
            ("to halted", 400, "bad_mode", #"{"reason": "x", "mode": "halted"}"#),
            ("a scope that is none", 400, "bad_scope", #"{"reason": "x", "scope": "="}"#),
        ].map { name, status, code, body in Attack(name, status, code, body: body) { try $0.issue() } } + [
            Attack("an admin's without answers", 409, "preflight") { try $0.issue(.admin) }
        ]

    @Test func everyHostileResumeIsRefusedAndRecorded() throws {
        let desk = try HostileDesk()
        typealias Here = APIHostileResumeTests
        for attack in Here.times + Here.rights + Here.tampered + Here.forged + Here.ended + Here.unfit {
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
        _ = gate?.permits
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
