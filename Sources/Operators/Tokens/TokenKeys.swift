import KillSwitch

/// The keys of a desk: tokens.keys in the state directory, mode 0600, made when the first token is issued.
///
/// Invariants: no key comes from anything but the system's randomness or this file; a file that cannot be read, trusted
/// or understood is never taken for none, and never replaced. Whoever removes the file ends every token there is.
struct TokenKeys: Sendable, Equatable {
    static let name = "tokens.keys"

    let keys: [TokenKey]

    /// New ones, one of each algorithm.
    static func make() throws(OperatorsError) -> TokenKeys {
        let keys = TokenAlgorithm.allCases.compactMap { TokenKey.make($0) }
        guard keys.count == TokenAlgorithm.allCases.count else {
            throw OperatorsError(.system, "libsodium does not start: no token can be issued here")
        }
        return TokenKeys(keys: keys)
    }

    /// The key for an algorithm.
    func key(for algorithm: TokenAlgorithm) -> TokenKey? { keys.first { $0.algorithm == algorithm } }

    /// The key of a name.
    func key(named name: String) -> TokenKey? { keys.first { $0.name == name } }

    private init(keys: [TokenKey]) { self.keys = keys }

    /// Reads the contents: `{"version":1,"keys":[{"kid","alg","secret","public"}]}`, the bytes as base64url.
    ///
    /// - Throws: `corrupt`, with what a person can do.
    init(bytes: [UInt8]) throws(OperatorsError) {
        guard Sodium.isReady else { throw OperatorsError(.system, "libsodium does not start: no token can be checked") }
        guard let json = JSON(bytes: bytes), json["version"]?.integer == 1, let list = json["keys"]?.array,
            list.count == TokenAlgorithm.allCases.count
        else { throw TokenKeys.corrupt("it is not version 1 with a key of each algorithm") }
        var keys: [TokenKey] = []
        for element in list {
            guard let algorithm = element["alg"]?.string.flatMap(TokenAlgorithm.init(rawValue:)),
                let kid = element["kid"]?.string, let open = element["public"]?.string,
                let secret = element["secret"]?.string.flatMap({ Base64URL.bytes($0.utf8) })
            else { throw TokenKeys.corrupt("a key is not kid, alg, secret and public") }
            guard secret.count >= TokenKey.length else {
                throw TokenKeys.corrupt(
                    "the \(algorithm.rawValue) key has \(secret.count) bytes, not \(TokenKey.length)"
                )
            }
            guard let key = TokenKey(algorithm, secret: secret), key.name == kid, Base64URL.text(key.publicKey) == open
            else { throw TokenKeys.corrupt("the \(algorithm.rawValue) key is damaged") }
            guard !keys.contains(where: { $0.algorithm == algorithm }) else {
                throw TokenKeys.corrupt("\(algorithm.rawValue) is there twice")
            }
            keys.append(key)
        }
        self.keys = keys
    }

    private static func corrupt(_ what: String) -> OperatorsError {
        OperatorsError(
            .corrupt,
            "\(name) cannot be used (\(what)), so no token is accepted or issued: restore it, or remove it as the owner of "
                + "the state directory (which ends every token) and issue new ones"
        )
    }

    /// The contents as text.
    var text: String {
        let list = keys.map { key in
            JSON.object([
                JSON.Member("kid", .string(key.name)), JSON.Member("alg", .string(key.algorithm.rawValue)),
                JSON.Member("secret", .string(Base64URL.text(key.secret))),
                JSON.Member("public", .string(Base64URL.text(key.publicKey))),
            ])
        }
        return JSON.object([JSON.Member("version", .integer(1)), JSON.Member("keys", .array(list))]).line + "\n"
    }
}
