import KillSwitch

/// The compact form of RFC 7515: three parts of base64url with points between them.
///
/// Invariants: the key decides the algorithm, by its name, never the header; the claims are read only when the
/// signature is right.
enum SignedToken {
    /// The bytes that a token may have; ours have about 450.
    static let limit = 4096

    /// Writes and signs a token.
    static func text(_ claims: TokenClaims, key: TokenKey) -> String { text(payload: claims.payload, key: key) }

    /// Signs any payload.
    static func text(payload: [UInt8], key: TokenKey) -> String {
        let header = JSON.object([
            JSON.Member("alg", .string(key.algorithm.rawValue)), JSON.Member("typ", .string("JWT")),
            JSON.Member("kid", .string(key.name)),
        ]).bytes
        let signed = Base64URL.text(header) + "." + Base64URL.text(payload)
        return signed + "." + Base64URL.text(key.signature(of: Array(signed.utf8)))
    }

    /// The claims of a token that a key of the desk has signed.
    static func claims(of text: [UInt8], keys: TokenKeys) throws(TokenRefusal) -> TokenClaims {
        guard !text.isEmpty else { throw .missing }
        guard text.count <= limit else { throw .tooLong }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("it has not three parts") }
        guard let header = Base64URL.bytes(parts[0]), let payload = Base64URL.bytes(parts[1]),
            let signature = Base64URL.bytes(parts[2])
        else { throw .malformed("a part is not base64url without padding") }
        let key = try key(of: header, keys: keys)
        let signed = Array(text[..<(parts[1].endIndex)])
        guard key.verifies(signature, of: signed) else { throw .badSignature }
        return try TokenClaims(payload: payload)
    }

    /// The key that a header names, if all else in it is as it has to be for that key.
    private static func key(of bytes: [UInt8], keys: TokenKeys) throws(TokenRefusal) -> TokenKey {
        guard case .object(let members) = JSON(bytes: bytes) else { throw .malformed("its header is no JSON object") }
        guard !members.contains(where: { $0.key == "crit" }) else { throw .criticalHeader }
        guard let header = FlatObject(bytes: bytes), let algorithm = header["alg"]?.string else { throw .badHeader }
        // Before the name of the key: `none` comes without one, and is to be told apart.
        guard TokenAlgorithm(rawValue: algorithm) != nil else { throw .wrongAlgorithm }
        guard header.keys.count == 3, header["typ"]?.string == "JWT", let name = header["kid"]?.string else {
            throw .badHeader
        }
        guard let key = keys.key(named: name) else { throw .unknownKey }
        guard algorithm == key.algorithm.rawValue else { throw .wrongAlgorithm }
        return key
    }
}
