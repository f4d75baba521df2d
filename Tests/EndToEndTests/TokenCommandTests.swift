import Foundation
import KillSwitch
import Operators
import Testing

/// `estop token issue|list|revoke`, as a person types them.
struct TokenCommandTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: true)
    }

    private var now: Int64 { Clock.wallMilliseconds() / 1000 }

    private func authority() throws -> TokenAuthority {
        TokenAuthority(directory: sandbox.state, audience: DeskSettings().name)
    }

    private func listed() throws -> JSON {
        let list = try sandbox.estop("token", "list", "--json")
        #expect(list.status == 0, "\(list.error)")
        return try #require(JSON(list.output)?.array?.first)
    }

    @Test func aTokenIsIssuedListedRevokedAndRecorded() throws {
        let issued = try sandbox.estop("token", "issue", "--operator", "ann", "--role", "operator", "--ttl", "15m")
        #expect(issued.status == 0, "\(issued.error)")
        let lines = issued.output.split(separator: "\n")
        #expect(lines.count == 1, "the token alone")
        let token = String(try #require(lines.first))
        let claims = try authority().verify(token.utf8, may: .act, now: now)
        #expect(claims.operatorName == "ann" && claims.expires - claims.issued == 900)
        #expect(issued.error.contains(claims.id) && !issued.error.contains(token))
        #expect(try listed()["state"]?.string == "valid")
        #expect(try listed()["id"]?.string == claims.id)
        #expect(try sandbox.estop("token", "list").output.contains(claims.id))

        #expect(try sandbox.estop("token", "revoke", claims.id).status == 64, "a reason is required")
        #expect(try sandbox.estop("token", "revoke", claims.id, "--reason", "laptop lost").status == 0)
        #expect(try listed()["state"]?.string == "revoked")
        #expect(throws: TokenRefusal.revoked("laptop lost")) { try authority().verify(token.utf8, now: now) }
        #expect(try sandbox.estop("token", "revoke", claims.id, "--reason", "again").status == 1)

        let history = try sandbox.estop("history", "--json").output
        #expect(history.contains("issued token \(claims.id)") && history.contains("revoked token \(claims.id)"))
        #expect(!history.contains(token))
    }

    @Test(arguments: [
        ["--role", "viewer", "--ttl", "15"], ["--role", "viewer", "--ttl", "0s"], ["--role", "viewer", "--ttl", "91d"],
        ["--role", "resume", "--ttl", "25h"], ["--role", "feed", "--scope", "kraken"],
        ["--role", "viewer", "--scope", "venue=kraken"], ["--role", "nobody"],
    ])
    func wordsThatAreNotUnderstoodExit64AndSayWhatToType(_ words: [String]) throws {
        let refused = try sandbox.run("estop", ["token", "issue", "--operator", "ann"] + words)
        #expect(refused.status == 64 && refused.output.isEmpty, "\(words): \(refused.status) \(refused.error)")
        #expect(refused.error.split(separator: "\n").count == 1 && refused.error.contains("type "), "\(refused.error)")
        #expect(try authority().list().isEmpty)
    }

    @Test func whoTakesATokenThatResumesIsToldWhatItsUseStates() throws {
        let resume = try sandbox.estop("token", "issue", "--operator", "ann", "--role", "resume")
        #expect(resume.status == 0 && resume.output.split(separator: "\n").count == 1)
        for answer in PreflightCheck.Name.answers {
            #expect(resume.error.contains("\(answer.rawValue): \(try #require(answer.question))"), "\(resume.error)")
        }
        let admin = try sandbox.estop("token", "issue", "--operator", "ann", "--role", "admin")
        #expect(admin.status == 0 && !admin.error.contains("understood"))
    }

    @Test func wherePassphrasesAreSetUpTheOperatorsOwnIsNeeded() throws {
        let phrase = "correct horse battery"
        let store = OperatorStore(directory: sandbox.state)
        try store.add(name: "ann", passphrase: Passphrase(phrase))
        try store.add(name: "bob", passphrase: Passphrase("another horse battery"))
        func issue(_ name: String, _ input: String?, role: String = "resume") throws -> Sandbox.Result {
            try sandbox.run(
                "estop",
                ["token", "issue", "--operator", name, "--role", role, "--by", "ann", "--stdin"],
                input: input
            )
        }
        for (name, input) in [("ann", "wrong horse battery\n"), ("bob", phrase + "\n"), ("eve", phrase + "\n")] {
            let refused = try issue(name, input)
            #expect(refused.status == 1 && refused.output.isEmpty, "\(name): \(refused.output)")
        }
        #expect(try authority().list().isEmpty)
        let issued = try issue("ann", phrase + "\n")
        #expect(issued.status == 0, "\(issued.error)")
        let token = issued.output.trimmingCharacters(in: .newlines)
        #expect(try authority().verify(token.utf8, may: .resume, now: now).operatorName == "ann")
        #expect(try issue("grid-bot", phrase + "\n", role: "feed").status == 0)
        #expect(try sandbox.estop("history", "--json").output.contains("wrong passphrase for 'ann': token refused"))
    }

    @Test(arguments: [
        ["--role", "viewer"], ["--operator", "ann"], ["--operator", "ann", "--role", "root"],
        ["--operator", "ann", "--role", "viewer", "--alg", "none"],
    ])
    func wrongArgumentsAreRefusedBeforeAnythingIsMade(arguments: [String]) throws {
        let refused = try sandbox.run("estop", ["token", "issue"] + arguments)
        #expect(refused.status == 64 && refused.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: sandbox.state + "/tokens.keys"))
    }

    @Test(arguments: [
        ("resume", "25h"), ("admin", "2d"), ("operator", "8d"), ("viewer", "91d"), ("feed", "2161h"), ("viewer", "0"),
        ("viewer", "500ms"), ("viewer", "1500ms"), ("viewer", "15"), ("viewer", "-1s"), ("viewer", "99999d"),
    ])
    func aLifeThatARoleMayNotHaveIsRefused(role: String, ttl: String) throws {
        let refused = try sandbox.estop("token", "issue", "--operator", "ann", "--role", role, "--ttl=\(ttl)")
        #expect(refused.status != 0 && refused.output.isEmpty, "\(refused.output)")
        #expect(try authority().list().isEmpty)
    }

    @Test(arguments: ["EdDSA", "HS256"])
    func anotherImplementationReadsAndWritesTheSameTokens(algorithm: String) throws {
        let issued = try sandbox.estop(
            "token",
            "issue",
            "--operator",
            "ann",
            "--role",
            "viewer",
            "--ttl",
            "90d",
            "--alg",
            algorithm
        )
        #expect(issued.status == 0, "\(issued.error)")
        let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/python/token_test.py"
        let made = try sandbox.run(
            "/usr/bin/env",
            ["python3", program, sandbox.state + "/tokens.keys"],
            input: issued.output
        )
        #expect(made.status == 0, "\(made.error)")
        let theirs = made.output.trimmingCharacters(in: .newlines)
        #expect(theirs != issued.output.trimmingCharacters(in: .newlines))
        let claims = try authority().verify(theirs.utf8, may: .read, now: now)
        #expect(claims.operatorName == "ann" && claims.expires - claims.issued == 90 * 24 * 3600)
    }
}
