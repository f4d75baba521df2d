internal import CSodium
import Glibc

/// Argon2id by libsodium: strings that bear their own salt and cost.
enum PassphraseHash {
    /// What one guess costs.
    struct Cost: Sendable {
        var operations: UInt64
        var memory: Int

        /// Three passes over 64 MiB (0.1 to 0.2 s): the second choice of RFC 9106.
        ///
        /// Not libsodium's 256 MiB (`MEMLIMIT_MODERATE`): a resume is asked for on a machine in trouble, where such a piece of memory
        /// may not be had or may cost a bot its own, and a file that only its owner reads, with 12 characters at least and
        /// delayed attempts, gains little by it. The passes are `OPSLIMIT_MODERATE`'s.
        static let standard = Cost(
            operations: UInt64(crypto_pwhash_opslimit_moderate()),
            memory: crypto_pwhash_memlimit_interactive()
        )

        /// The least that libsodium does, for tests of everything else.
        static let least = Cost(operations: UInt64(crypto_pwhash_opslimit_min()), memory: crypto_pwhash_memlimit_min())
    }

    /// The first use of libsodium starts it: commands that only halt or look never pay for it.
    private static let isReady = sodium_init() >= 0

    private static func start() throws(OperatorsError) {
        guard isReady else {
            throw OperatorsError(.system, "libsodium does not start: estop operator cannot work here")
        }
    }

    /// Whether a text looks like a hash that `verify` can use.
    static func isPlausible(_ text: String) -> Bool {
        text.hasPrefix("$argon2id$") && text.utf8.count < crypto_pwhash_strbytes()
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    /// Hashes a passphrase with a new salt. Takes a tenth of a second or two.
    static func make(_ passphrase: Passphrase, cost: Cost) throws(OperatorsError) -> String {
        try start()
        var out = [CChar](repeating: 0, count: crypto_pwhash_strbytes())
        let result = passphrase.withBytes { bytes in
            withCharacters(of: bytes) { crypto_pwhash_str(&out, $0, UInt64(bytes.count), cost.operations, cost.memory) }
        }
        guard result == 0 else { throw noMemory() }
        return String(decoding: out.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether it is the passphrase of that hash. Takes as long as `make`.
    static func verify(_ passphrase: Passphrase, against hash: String) throws(OperatorsError) -> Bool {
        try start()
        errno = 0
        let (result, code) = passphrase.withBytes { bytes in
            withCharacters(of: bytes) { characters in
                (crypto_pwhash_str_verify(hash, characters, UInt64(bytes.count)), errno)
            }
        }
        if result == 0 { return true }
        // EINVAL is libsodium's word for another passphrase; all else says nothing about it.
        if code == EINVAL { return false }
        throw code == 0 ? OperatorsError(.corrupt, "an operator's hash cannot be used: enrol them again") : noMemory()
    }

    /// A short name for a text that is not to be found in a file, such as a passphrase typed where a name belongs.
    static func digest(_ text: String) throws(OperatorsError) -> String {
        try start()
        var out = [UInt8](repeating: 0, count: 16)
        let bytes = Array(text.utf8)
        _ = crypto_generichash(&out, out.count, bytes, UInt64(bytes.count), nil, 0)
        return out.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func noMemory() -> OperatorsError {
        OperatorsError(.system, "there is no memory to check a passphrase (64 MiB are needed): free some and try again")
    }

    private static func withCharacters<Result>(
        of bytes: UnsafeRawBufferPointer,
        _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        var nothing: CChar = 0
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return body(&nothing) }
        return body(start.assumingMemoryBound(to: CChar.self))
    }
}
