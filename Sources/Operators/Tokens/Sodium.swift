internal import CSodium

/// What tokens take from libsodium, as functions over bytes.
enum Sodium {
    /// The first use starts it.
    static let isReady = sodium_init() >= 0

    /// So many bytes from the system's randomness.
    static func random(_ count: Int) -> [UInt8] {
        _ = isReady
        var out = [UInt8](repeating: 0, count: count)
        randombytes_buf(&out, out.count)
        return out
    }

    /// HMAC with SHA-256 (RFC 2104), with a key of any length.
    static func hmac(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        var out = [UInt8](repeating: 0, count: crypto_auth_hmacsha256_bytes())
        _ = crypto_auth_hmacsha256_init(&state, key, key.count)
        _ = crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
        _ = crypto_auth_hmacsha256_final(&state, &out)
        return out
    }

    /// Whether two are the same, in a time that tells nothing of where they differ.
    static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && sodium_memcmp(one, other, one.count) == 0
    }

    /// BLAKE2b of so many bytes, hexadecimal.
    static func digest(_ bytes: [UInt8], length: Int) -> String {
        // The least that libsodium makes is 16 bytes; a beginning of it serves as well.
        var out = [UInt8](repeating: 0, count: max(length, crypto_generichash_bytes_min()))
        _ = crypto_generichash(&out, out.count, bytes, UInt64(bytes.count), nil, 0)
        return hexadecimal(out.prefix(length))
    }

    /// Bytes as text, two digits each.
    static func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
