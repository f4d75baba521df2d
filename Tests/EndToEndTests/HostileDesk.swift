import Foundation
import KillSwitch
import Testing

@testable import Operators

/// A halted desk that serves HTTP, with ways to make and forge tokens for it.
final class HostileDesk {
    static let path = "/api/emergency/kill-switch/deactivate"
    static let reason = #"{"reason": "fixed"}"#

    let api: APIDesk
    let authority: TokenAuthority
    let connection: APIConnection

    /// - Parameter environment: of its host.
    init(_ configuration: String = "", environment: [String: String] = [:]) throws {
        api = try APIDesk(configuration, environment: environment)
        authority = TokenAuthority(directory: api.desk.state, audience: "test")
        connection = try APIConnection(port: api.port)
        // So that there is a resume to compare with, and keys.
        try #require(try api.sandbox.resume("begin").status == 0)
        _ = try connection.post("/api/trading/halt", #"{"reason": "the halt that stays"}"#)
        _ = try issue(.viewer)
    }

    var now: Int64 { Clock.wallMilliseconds() / 1_000 }
    var killSwitch: KillSwitch { get throws { try api.sandbox.killSwitch() } }

    // MARK: - Tokens

    /// A token that is in the desk's ledger.
    func issue(
        _ role: TokenRole = .resume,
        ago: Int64 = 0,
        seconds: Int64 = 900,
        _ algorithm: TokenAlgorithm = .edDSA,
        for desk: String = "test"
    ) throws -> String {
        let authority = TokenAuthority(directory: api.desk.state, audience: desk)
        let request = TokenRequest(operatorName: "eve", role: role, seconds: seconds, algorithm: algorithm)
        return try authority.issue(request, by: "eve", now: now - ago).text
    }

    func key(_ algorithm: TokenAlgorithm) throws -> TokenKey {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: api.desk.state + "/" + TokenKeys.name))
        return try #require(try TokenKeys(bytes: Array(bytes)).key(for: algorithm))
    }

    /// A good token's parts.
    func parts(_ algorithm: TokenAlgorithm = .edDSA) throws -> (header: String, payload: String, signature: String) {
        let parts = try issue(.resume, algorithm).split(separator: ".").map(String.init)
        return (parts[0], parts[1], parts[2])
    }

    /// A text as a part of a token.
    static func part(_ text: String) -> String { Base64URL.text(Array(text.utf8)) }

    static func text(_ part: String) throws -> String {
        String(decoding: try #require(Base64URL.bytes(part.utf8)), as: UTF8.self)
    }

    /// A good payload under another header, signed by a key.
    func forge(header: String, payload: String? = nil, with key: TokenKey?) throws -> String {
        let signed = try HostileDesk.part(header) + "." + (payload ?? parts().payload)
        return signed + "." + (key.map { Base64URL.text($0.signature(of: Array(signed.utf8))) } ?? "")
    }

    func id(of token: String) throws -> String {
        let payload = try HostileDesk.text(String(token.split(separator: ".")[1]))
        return try #require(JSON(payload)?["jti"]?.string)
    }

    func isSpent(_ token: String) throws -> Bool {
        let id = try id(of: token)
        return try authority.list().first { $0.id == id }?.spent != nil
    }

    // MARK: - What it is like

    /// What must not change by a resume that is refused.
    struct Standing: Equatable {
        var word: Word?
        var latches: [String]
        var applied: Set<String>
        var stopFiles: Int
    }

    func standing() throws -> Standing {
        let seen = try killSwitch.observe()
        return Standing(
            word: seen.word,
            latches: seen.latches.map(\.id),
            applied: seen.fold.applied,
            stopFiles: seen.stopFiles.count
        )
    }

    /// The newest record of the audit of this kind.
    func newest(_ type: String = "resume_refused") throws -> JSON? {
        try connection.get("/api/risk/events?limit=20")["events"]?.array?.first { $0["type"] == .string(type) }
    }

    /// Asks for a resume that has to be refused: with this status and word, the desk as halted as before, and an entry in
    /// the audit that says who, what and why.
    func refuses(
        _ name: String,
        _ status: Int,
        _ code: String,
        token: String?,
        body: String = HostileDesk.reason
    ) throws {
        let before = try standing()
        #expect(before.word?.mode == .halted, "\(name)")
        let known = try newest()?["id"]?.integer ?? 0
        let answer = try connection.post(HostileDesk.path, body, token: token)
        #expect(answer.status == status && answer["error"]?["code"] == .string(code), "\(name): \(answer)")
        // Nothing is as this resume would have it; a host that a busy machine held up may have halted once more by itself.
        let after = try standing()
        let added = try killSwitch.observe().latches.filter { !before.latches.contains($0.id) }
        #expect(after.word == before.word || !added.isEmpty, "\(name): \(before), then \(after)")
        #expect(after.word?.mode == .halted && after.applied == before.applied, "\(name): \(after)")
        #expect(after.stopFiles == before.stopFiles && Set(before.latches).isSubset(of: after.latches), "\(name)")
        #expect(added.allSatisfy { $0.source == .watchdog }, "\(name): \(added)")
        var entry: JSON?
        try api.sandbox.wait("an entry about: \(name)") {
            entry = try newest()
            return (entry?["id"]?.integer ?? 0) > known
        }
        let details = entry?["details"]
        let who = entry?["who"]?.string ?? ""
        #expect(who == "operator:eve" || who == "http", "\(name): \(who)")
        // Whoever is known, or says a name, is named.
        if status == 403 || status == 409 || code == "reason_missing" {
            #expect(who == "operator:eve" || details?["claims_to_be"]?.string?.hasPrefix("eve (") == true, "\(name)")
        }
        #expect(details?["code"] == .string(code) && details?["path"] == .string(HostileDesk.path), "\(name)")
        #expect(details?["why"] == answer["error"]?["message"], "\(name)")
        #expect(details?["from"]?.string?.hasPrefix("http 127.0.0.1") == true, "\(name)")
    }
}
