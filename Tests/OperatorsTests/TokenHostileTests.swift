import Glibc
import KillSwitch
import Testing

@testable import Operators

/// Invariant: a token is accepted only if a key of the desk signed it, the ledger has it just so, it is neither revoked
/// nor spent, and its time is now.
struct TokenHostileTests {
    let desk = TokenDesk()

    @Test(arguments: TokenAlgorithm.allCases, TokenRole.allCases)
    func aTokenThatWasIssuedIsAccepted(algorithm: TokenAlgorithm, role: TokenRole) throws {
        let (text, entry) = try desk.issue(role, algorithm)
        let claims = try desk.authority.verify(text.utf8, now: TokenDesk.now)
        #expect(claims.operatorName == "ann" && claims.role == role && claims.id == entry.id)
        #expect(claims.expires == TokenDesk.now + 900 && claims.audience == "momentum")
        #expect(desk.state.text(of: TokenLedger.name)?.contains(text) == false)
        for name in [TokenLedger.name, TokenKeys.name] {
            #expect(desk.state.status(of: name).map { $0.st_mode & 0o777 } == 0o600, "\(name)")
        }
    }

    @Test func timeIsCheckedToTheSecond() throws {
        let (text, _) = try desk.issue(seconds: 60)
        #expect(desk.refusal(text, now: TokenDesk.now + 59) == nil)
        #expect(desk.refusal(text, now: TokenDesk.now + 60) == .expired(TokenDesk.now + 60))
        #expect(desk.refusal(text, now: TokenDesk.now - 1) == .notYetValid(TokenDesk.now))
        #expect(desk.refusal(text, now: .max) == .expired(TokenDesk.now + 60))
        #expect(desk.refusal(text, now: .min) == .notYetValid(TokenDesk.now))
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func everyChangedByteIsRefused(algorithm: TokenAlgorithm) throws {
        let bytes = Array(try desk.issue(.admin, algorithm).text.utf8)
        for index in bytes.indices {
            for other in [bytes[index] ^ 1, UInt8(ascii: "A"), UInt8(ascii: "."), UInt8(ascii: "="), 0xff] {
                guard other != bytes[index] else { continue }
                var changed = bytes
                changed[index] = other
                #expect(desk.refusal(changed) != nil, "byte \(index)")
            }
            #expect(desk.refusal(bytes.prefix(index)) != nil, "the first \(index) bytes")
        }
        #expect(desk.refusal(bytes) == nil)
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", "", "HS384", "RS256", "ES256", "hs256", "eddsa"])
    func anotherAlgorithmIsRefused(name: String) throws {
        let payload = Array(TokenDesk.payload(of: try desk.issue(.admin).text).utf8)
        let key = try desk.key(.edDSA)
        for header in [
            "{\"alg\":\"\(name)\",\"typ\":\"JWT\",\"kid\":\"\(key.name)\"}", "{\"alg\":\"\(name)\",\"typ\":\"JWT\"}",
            "{\"alg\":\"\(name)\"}",
        ] {
            #expect(desk.refusal(TokenDesk.sign(header: header, payload: payload, with: key)) == .wrongAlgorithm)
            let bare = Base64URL.text(Array(header.utf8)) + "." + Base64URL.text(payload) + "."
            #expect(desk.refusal(bare) == .wrongAlgorithm)
        }
    }

    @Test func keysAreNotConfused() throws {
        let payload = Array(TokenDesk.payload(of: try desk.issue(.admin).text).utf8)
        let open = try desk.key(.edDSA)
        let secret = try desk.key(.hs256)
        // HS256 with the public key, as bytes and as text, for a secret.
        for forged in [open.publicKey, Array(Base64URL.text(open.publicKey).utf8)] {
            let key = try #require(TokenKey(.hs256, secret: forged))
            for (kid, refusal) in [
                (open.name, TokenRefusal.wrongAlgorithm), (secret.name, .badSignature), (key.name, .unknownKey),
            ] as [(String, TokenRefusal)] {
                let header = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(kid)\"}"
                #expect(desk.refusal(TokenDesk.sign(header: header, payload: payload, with: key)) == refusal)
            }
        }
        let crossed = "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"\(secret.name)\"}"
        #expect(desk.refusal(TokenDesk.sign(header: crossed, payload: payload, with: open)) == .wrongAlgorithm)
        for algorithm in TokenAlgorithm.allCases {
            let foreign = try #require(TokenKey.make(algorithm))
            #expect(desk.refusal(SignedToken.text(payload: payload, key: foreign)) == .unknownKey)
            let named =
                "{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"JWT\",\"kid\":\"\(try desk.key(algorithm).name)\"}"
            #expect(desk.refusal(TokenDesk.sign(header: named, payload: payload, with: foreign)) == .badSignature)
        }
    }

    @Test func headersThatNoDeskWritesAreRefused() throws {
        let payload = Array(TokenDesk.payload(of: try desk.issue(.admin).text).utf8)
        let key = try desk.key(.edDSA)
        let good = "\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"\(key.name)\""
        #expect(desk.refusal(TokenDesk.sign(header: "{\(good)}", payload: payload, with: key)) == nil)
        let table: [(String, TokenRefusal)] = [
            ("{\(good),\"crit\":[\"exp\"]}", .criticalHeader), ("{\(good),\"crit\":null}", .criticalHeader),
            ("{\(good),\"jwk\":{}}", .badHeader), ("{\(good),\"jku\":\"http://x\"}", .badHeader),
            ("{\(good),\"alg\":\"none\"}", .badHeader), ("{\(good),\"kid\":\"x\"}", .badHeader),
            ("{\"alg\":\"EdDSA\",\"kid\":\"\(key.name)\"}", .badHeader),
            ("{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}", .badHeader),
            ("{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":7}", .badHeader),
            ("{\"typ\":\"JWT\",\"kid\":\"x\"}", .badHeader),
            ("{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"../tokens.keys\"}", .unknownKey),
        ]
        for (header, refusal) in table {
            #expect(desk.refusal(TokenDesk.sign(header: header, payload: payload, with: key)) == refusal, "\(header)")
        }
        for header in ["", "[]", "null", "{", "{\(good),}", "\u{feff}{\(good)}"] {
            let said = desk.refusal(TokenDesk.sign(header: header, payload: payload, with: key))
            #expect(said?.code == "token_malformed", "\(header)")
        }
    }

    @Test func claimsThatNoDeskWritesAreRefusedThoughTheSignatureIsRight() throws {
        let text = try desk.issue(.operator).text
        let good = TokenDesk.payload(of: text)
        let key = try desk.key(.hs256)
        #expect(desk.refusal(SignedToken.text(payload: Array(good.utf8), key: key)) == nil)
        func expect(_ payload: String, _ refusal: TokenRefusal) {
            let said = desk.refusal(SignedToken.text(payload: Array(payload.utf8), key: key))
            #expect(said == refusal, "\(payload)")
        }
        func replaced(_ from: String, _ to: String) -> String {
            let parts = good.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? "\(parts[0])\(to)\(parts[1])" : "not replaced: \(from)"
        }
        for name in ["iss", "aud", "sub", "role", "iat", "nbf", "exp", "jti"] {
            expect(replaced("\"\(name)\":", "\"x\(name)\":"), .missingClaim(name))
            let twice = desk.refusal(
                SignedToken.text(payload: Array(replaced("{", "{\"\(name)\":1,").utf8), key: key)
            )
            #expect(twice?.code == "token_malformed", "\(name) twice")
        }
        let end = TokenDesk.now + 900
        for wrong in [
            "\"\(end)\"", "\(end).0", "\(end).5", "1e12", "-1", "null", "true", "9223372036854775807",
            "18446744073709551616", "253402300800", "\(TokenDesk.now)",
        ] { expect(replaced("\"exp\":\(end)", "\"exp\":\(wrong)"), .badClaim("exp")) }
        expect(replaced("\"iat\":\(TokenDesk.now)", "\"iat\":-1"), .badClaim("iat"))
        expect(replaced("\"nbf\":\(TokenDesk.now)", "\"nbf\":\"0\""), .badClaim("nbf"))
        expect(replaced("\"iss\":\"estop\"", "\"iss\":\"Estop\""), .wrongIssuer)
        expect(replaced("\"aud\":\"momentum\"", "\"aud\":\"other\""), .wrongAudience("momentum"))
        expect(replaced("\"aud\":\"momentum\"", "\"aud\":7"), .badClaim("aud"))
        expect(replaced("\"role\":\"operator\"", "\"role\":\"root\""), .badClaim("role"))
        expect(replaced("\"role\":\"operator\"", "\"role\":\"admin\""), .notAsIssued)
        expect(replaced("\"sub\":\"ann\"", "\"sub\":\"bob\""), .notAsIssued)
        expect(replaced("\"sub\":\"ann\"", "\"sub\":\"\""), .badClaim("sub"))
        expect(replaced("\"exp\":\(end)", "\"exp\":\(end + 9000)"), .notAsIssued)
        expect(replaced("\"jti\":\"", "\"jti\":\"0"), .badClaim("jti"))
        expect(replaced("}", ",\"scope\":\"all\"}"), .badClaim("scope"))
        let id = try #require(desk.authority.list().first?.id)
        expect(replaced(id, id == "0000000000000000" ? "1000000000000000" : "0000000000000000"), .notIssued)
    }

    @Test func textsThatAreNoTokensAreRefused() throws {
        let text = try desk.issue().text
        #expect(desk.refusal("") == .missing)
        #expect(desk.refusal([UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000)) == .tooLong)
        #expect(desk.refusal(text + String(repeating: "A", count: 4096)) == .tooLong)
        for wrong in [
            text + "=", text + "==", " " + text, text + "\n", text + ".", "." + text, "..", "a.b.c", "Bearer \(text)",
            String(text.prefix(20)), text.replacing("-", with: "+") + "+", text.replacing("_", with: "/") + "/",
            text + "\u{e9}",
            text + "\0",
        ] { #expect(desk.refusal(wrong)?.code == "token_malformed", "\(wrong)") }
        #expect(desk.refusal([0xff, 0xfe, 0x2e, 0x80, 0x2e, 0x00])?.code == "token_malformed")
        let notText = SignedToken.text(payload: [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d], key: try desk.key(.edDSA))
        #expect(desk.refusal(notText)?.code == "token_malformed")
    }

    @Test func randomBytesNeverVerifyAndNeverTrap() throws {
        let good = Array(try desk.issue(.admin).text.utf8)
        var generator = SystemRandomNumberGenerator()
        for round in 0..<3000 {
            var bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if round % 3 == 1 {
                bytes = Array(
                    (Base64URL.text(bytes) + "." + Base64URL.text(bytes.reversed()) + "." + Base64URL.text(bytes)).utf8
                )
            } else if round % 3 == 2 {
                bytes = good
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                        in: 0...255,
                        using: &generator
                    )
                }
                if bytes == good { continue }
            }
            #expect(desk.refusal(bytes) != nil, "\(bytes)")
        }
    }

    @Test func aRoleThatIsNotEnoughIsForbiddenAndAllElseUnauthenticated() throws {
        let desk = desk
        for rights in TokenRole.table {
            let text = try desk.issue(rights.role).text
            for permission in TokenRole.Permission.allCases {
                let error: TokenRefusal?
                do {
                    _ = try desk.authority.verify(text.utf8, may: permission, now: TokenDesk.now)
                    error = nil
                } catch let refusal { error = refusal }
                #expect(error == (rights.permissions.contains(permission) ? nil : .mayNot(rights.role, permission)))
                if let error {
                    #expect(error.status == .forbidden && error.challenge?.contains("insufficient_scope") == true)
                }
            }
        }
        #expect(TokenRefusal.missing.status == .unauthenticated && TokenRefusal.spent.status == .unauthenticated)
        #expect(TokenRefusal.expired(1).status.rawValue == 401)
    }

    @Test func everyRoleHasOneRow() {
        #expect(TokenRole.table.map(\.role) == TokenRole.allCases)
        #expect(TokenRole.table.filter(\.isSpentByResume).map(\.role) == [.resume])
        #expect(TokenRole.allCases.filter { $0.may(.resume) } == [.resume, .admin])
        #expect(TokenRole.allCases.filter { $0.may(.manage) } == [.admin])
    }
}
