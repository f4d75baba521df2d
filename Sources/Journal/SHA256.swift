import CSodium

/// SHA-256, by libsodium.
package enum SHA256 {
    /// Bytes of a hash.
    static let length = 32

    static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: length)
        crypto_hash_sha256(&out, bytes, UInt64(bytes.count))
        return out
    }

    /// The hash of bytes, as hexadecimal digits.
    package static func text(_ bytes: [UInt8]) -> String { hexadecimal(hash(bytes)) }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
