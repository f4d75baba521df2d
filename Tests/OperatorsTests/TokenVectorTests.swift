import Testing

@testable import Operators

/// What others published about the algorithms, and what base64url is.
struct TokenVectorTests {
    /// RFC 7515, appendix A.1.
    @Test func theHMACOfRFC7515() throws {
        let secret = try #require(
            Base64URL.bytes(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow".utf8
            )
        )
        #expect(secret.count == 64)
        let key = try #require(TokenKey(.hs256, secret: secret))
        let signed =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
            + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let signature = Base64URL.text(key.signature(of: Array(signed.utf8)))
        #expect(signature == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(key.verifies(try #require(Base64URL.bytes(signature.utf8)), of: Array(signed.utf8)))
    }

    /// RFC 8037, appendices A.1, A.4 and A.5.
    @Test func theEd25519OfRFC8037() throws {
        let seed = try #require(Base64URL.bytes("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".utf8))
        let key = try #require(TokenKey(.edDSA, secret: seed))
        #expect(Base64URL.text(key.publicKey) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        let signature = Base64URL.text(key.signature(of: Array(signed.utf8)))
        #expect(signature == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
        #expect(key.verifies(try #require(Base64URL.bytes(signature.utf8)), of: Array(signed.utf8)))
        #expect(!key.verifies(try #require(Base64URL.bytes(signature.utf8)), of: Array((signed + "A").utf8)))
    }

    /// RFC 4648, section 10, without padding.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64URLOfRFC4648(bytes: String, text: String) {
        #expect(Base64URL.text(Array(bytes.utf8)) == text)
        #expect(Base64URL.bytes(text.utf8) == Array(bytes.utf8))
    }

    @Test(arguments: ["A", "Zg==", "Zh", "Zm9", "Zm 8", "Zm9v\n", "+A", "/w", "Zm9vA", "é"])
    func base64URLHasOneSpelling(text: String) { #expect(Base64URL.bytes(text.utf8) == nil) }

    @Test func whateverIsWrittenIsRead() {
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255) }
            #expect(Base64URL.bytes(Base64URL.text(bytes).utf8) == bytes)
        }
    }
}
