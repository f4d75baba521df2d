import Foundation
import KillSwitch
import Testing

@testable import Operators

/// One resume that is refused.
struct HostileResume: Sendable {
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

/// The table, several of each class.
extension HostileResume {
    static let all = times + rights + tampered + forged + ended + unfit

    static let times: [HostileResume] = [
        HostileResume("expired a second ago", 401, "token_expired") { try $0.issue(ago: 61, seconds: 60) },
        HostileResume("expired yesterday", 401, "token_expired") { try $0.issue(ago: 86_400, seconds: 3_600) },
        HostileResume("expired, by HS256", 401, "token_expired") { try $0.issue(ago: 7_200, seconds: 3_600, .hs256) },
        HostileResume("an admin's, expired", 401, "token_expired") { try $0.issue(.admin, ago: 7_200, seconds: 60) },
        HostileResume("good in a minute", 401, "token_not_yet_valid") { try $0.issue(ago: -60) },
        HostileResume("good tomorrow", 401, "token_not_yet_valid") { try $0.issue(ago: -86_400, seconds: 3_600) },
        HostileResume("good in a minute, by HS256", 401, "token_not_yet_valid") { try $0.issue(ago: -60, .hs256) },
    ]

    static let rights: [HostileResume] = [
        HostileResume("a viewer's", 403, "role_insufficient") { try $0.issue(.viewer) },
        HostileResume("a feed's", 403, "role_insufficient") { try $0.issue(.feed) },
        HostileResume("an operator's", 403, "role_insufficient") { try $0.issue(.operator) },
        HostileResume("an operator's, by HS256", 403, "role_insufficient") { try $0.issue(.operator, .hs256) },
        HostileResume("for another desk", 401, "token_audience") { try $0.issue(for: "other") },
        HostileResume("for a desk of nearly this name", 401, "token_audience") { try $0.issue(for: "test ") },
        HostileResume("an admin's for another desk", 401, "token_audience") { try $0.issue(.admin, for: "TEST") },
        HostileResume("nobody's", 401, "token_missing") { _ in nil },
        HostileResume("empty", 401, "token_missing") { _ in "" },
        HostileResume("a word", 401, "token_malformed") { _ in "YOUR_JWT_TOKEN" },
        HostileResume("longer than any", 401, "token_too_long") { _ in String(repeating: "A", count: 5_000) },
    ]

    static let tampered: [HostileResume] = [
        HostileResume("header: another type", 401, "token_header") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).replacingOccurrences(of: "JWT", with: "JWX")
            return "\(HostileDesk.part(header)).\(parts.payload).\(parts.signature)"
        },
        HostileResume("header: one member more", 401, "token_header") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).dropLast() + #","x":1}"#
            return "\(HostileDesk.part(String(header))).\(parts.payload).\(parts.signature)"
        },
        HostileResume("header: a critical extension", 401, "token_critical") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).dropLast() + #","crit":["exp"]}"#
            return "\(HostileDesk.part(String(header))).\(parts.payload).\(parts.signature)"
        },
        HostileResume("header: written otherwise", 401, "token_signature") {
            let parts = try $0.parts()
            let header = try HostileDesk.text(parts.header).replacingOccurrences(of: ":", with: ": ")
            return "\(HostileDesk.part(header)).\(parts.payload).\(parts.signature)"
        },
        HostileResume("payload: another role", 401, "token_signature") {
            let parts = try $0.issue(.viewer).split(separator: ".").map(String.init)
            let payload = try HostileDesk.text(parts[1]).replacingOccurrences(of: "viewer", with: "resume")
            return "\(parts[0]).\(HostileDesk.part(payload)).\(parts[2])"
        },
        HostileResume("payload: a later end", 401, "token_signature") {
            let parts = try $0.issue(ago: 3_600, seconds: 60).split(separator: ".").map(String.init)
            let payload = try HostileDesk.text(parts[1])
            let end = try #require(JSON(payload)?["exp"]?.integer)
            let later = payload.replacingOccurrences(of: "\(end)", with: "\(end + 86_400)")
            return "\(parts[0]).\(HostileDesk.part(later)).\(parts[2])"
        },
        HostileResume("payload: of another token", 401, "token_signature") {
            let (one, other) = (try $0.parts(), try $0.parts())
            return "\(one.header).\(other.payload).\(one.signature)"
        },
        HostileResume("signature: one bit", 401, "token_signature") {
            let parts = try $0.parts()
            var bytes = try #require(Base64URL.bytes(parts.signature.utf8))
            bytes[10] ^= 1
            return "\(parts.header).\(parts.payload).\(Base64URL.text(bytes))"
        },
        HostileResume("signature: none", 401, "token_signature") {
            let parts = try $0.parts()
            return "\(parts.header).\(parts.payload)."
        },
        HostileResume("signature: half of it", 401, "token_signature") {
            let parts = try $0.parts()
            return "\(parts.header).\(parts.payload).\(parts.signature.prefix(40))"
        },
        HostileResume("signature: of HS256, half of it", 401, "token_signature") {
            let parts = try $0.parts(.hs256)
            return "\(parts.header).\(parts.payload).\(parts.signature.prefix(20))"
        },
        HostileResume("two parts", 401, "token_malformed") {
            let parts = try $0.parts()
            return "\(parts.header).\(parts.payload)"
        },
        HostileResume("four parts", 401, "token_malformed") { "\(try $0.issue()).AAAA" },
        HostileResume("with padding", 401, "token_malformed") { "\(try $0.issue())=" },
    ]

    static let forged: [HostileResume] =
        ["none", "None", "NONE", "nOnE", ""].flatMap { name in
            [
                HostileResume("alg '\(name)', unsigned", 401, "token_algorithm") {
                    try $0.forge(header: "{\"alg\":\"\(name)\",\"typ\":\"JWT\"}", with: nil)
                },
                HostileResume("alg '\(name)' with a key's name", 401, "token_algorithm") {
                    let kid = try $0.key(.edDSA).name
                    return try $0.forge(header: "{\"alg\":\"\(name)\",\"typ\":\"JWT\",\"kid\":\"\(kid)\"}", with: nil)
                },
            ]
        } + [
            HostileResume("HS256 by the public key, under its name", 401, "token_algorithm") {
                let open = try $0.key(.edDSA)
                let key = try #require(TokenKey(.hs256, secret: open.publicKey))
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(open.name)"}"#, with: key)
            },
            HostileResume("HS256 by the public key, under the secret's name", 401, "token_signature") {
                let key = try #require(TokenKey(.hs256, secret: $0.key(.edDSA).publicKey))
                let kid = try $0.key(.hs256).name
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            HostileResume("HS256 by the public key as text", 401, "token_signature") {
                let text = Array(Base64URL.text(try $0.key(.edDSA).publicKey).utf8)
                let key = try #require(TokenKey(.hs256, secret: text))
                let kid = try $0.key(.hs256).name
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            HostileResume("EdDSA under the secret's name", 401, "token_algorithm") {
                let kid = try $0.key(.hs256).name
                return try $0.forge(header: #"{"alg":"EdDSA","typ":"JWT","kid":"\#(kid)"}"#, with: $0.key(.edDSA))
            },
            HostileResume("another key", 401, "token_key_unknown") {
                let key = try #require(TokenKey.make(.edDSA))
                return try $0.forge(header: #"{"alg":"EdDSA","typ":"JWT","kid":"\#(key.name)"}"#, with: key)
            },
            HostileResume("another key under the right name", 401, "token_signature") {
                let kid = try $0.key(.edDSA).name
                let key = try #require(TokenKey.make(.edDSA))
                return try $0.forge(header: #"{"alg":"EdDSA","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            HostileResume("another secret under the right name", 401, "token_signature") {
                let kid = try $0.key(.hs256).name
                let key = try #require(TokenKey.make(.hs256))
                return try $0.forge(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, with: key)
            },
            HostileResume("by the desk's key, but never issued", 401, "token_not_issued") {
                let claims = try HostileDesk.text($0.parts().payload)
                let id = try #require(JSON(claims)?["jti"]?.string)
                let payload = claims.replacingOccurrences(of: id, with: "0123456789abcdef")
                let key = try $0.key(.edDSA)
                let header = #"{"alg":"EdDSA","typ":"JWT","kid":"\#(key.name)"}"#
                return try $0.forge(header: header, payload: HostileDesk.part(payload), with: key)
            },
            HostileResume("by the desk's key, as another role than issued", 401, "token_not_as_issued") {
                let token = try $0.issue(.viewer).split(separator: ".").map(String.init)
                let payload = try HostileDesk.text(token[1]).replacingOccurrences(of: "viewer", with: "admin")
                let key = try $0.key(.edDSA)
                let header = #"{"alg":"EdDSA","typ":"JWT","kid":"\#(key.name)"}"#
                return try $0.forge(header: header, payload: HostileDesk.part(payload), with: key)
            },
        ]

    static let ended: [HostileResume] = [
        HostileResume("revoked", 401, "token_revoked") {
            let token = try $0.issue()
            try $0.authority.revoke(try $0.id(of: token), reason: "laptop lost", now: $0.now)
            return token
        },
        HostileResume("revoked by the command", 401, "token_revoked") {
            let token = try $0.issue(.admin)
            let ran = try $0.api.sandbox.estop("token", "revoke", try $0.id(of: token), "--reason", "left")
            try #require(ran.status == 0)
            return token
        },
        HostileResume("spent elsewhere", 401, "token_spent") {
            let token = try $0.issue()
            try $0.authority.spend(try $0.id(of: token), now: $0.now)
            return token
        },
        HostileResume("spent by a resume", 401, "token_spent") {
            let token = try $0.issue()
            let resumed = try $0.connection.post(HostileDesk.path, HostileDesk.reason, token: token)
            #expect(resumed.status == 200, "\(resumed)")
            _ = try $0.connection.post("/api/trading/halt")
            return token
        },
        HostileResume("spent by a resume, by HS256", 401, "token_spent") {
            let token = try $0.issue(.resume, .hs256)
            #expect(try $0.connection.post(HostileDesk.path, HostileDesk.reason, token: token).status == 200)
            _ = try $0.connection.post("/api/trading/halt")
            return token
        },
    ]

    /// What a good token does not make good. Missing and own approvals belong here.
    static let unfit: [HostileResume] =
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
        ].map { name, status, code, body in HostileResume(name, status, code, body: body) { try $0.issue() } } + [
            HostileResume("an admin's without answers", 409, "preflight") { try $0.issue(.admin) }
        ]
}
