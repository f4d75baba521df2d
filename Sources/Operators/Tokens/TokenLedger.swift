import KillSwitch

/// The contents of tokens.json: every token that was issued, never the token itself, and what became of it.
///
/// Invariants: a token counts only while it is in here; whatever is not exactly what was written is damaged, and a
/// damaged ledger accepts no token; an entry goes only `memory` after its end, and a token without an entry is refused,
/// so no clock that is set back revives one that was spent or revoked.
struct TokenLedger: Sendable, Equatable {
    static let name = "tokens.json"
    /// How long an entry is kept after its token's end, in seconds: 30 days, so that people find what they issued.
    static let memory: Int64 = 30 * 24 * 3600
    /// How many entries there may be. Only the desk's owner can issue, so this is met by a loop gone wrong.
    static let capacity = 4096
    /// The bytes that the file may have: that many entries with the longest texts.
    static let fileLimit = 8 * 1024 * 1024
    /// The bytes of a reason for a revocation.
    static let reasonLimit = 512

    var tokens: [IssuedToken] = []

    init() {}

    /// The token of an id.
    subscript(id: String) -> IssuedToken? { tokens.first { $0.id == id } }

    /// Forgets what ended long before a time (seconds since 1970).
    mutating func prune(now: Int64) {
        tokens.removeAll { $0.expires < now - TokenLedger.memory }
    }

    // MARK: - Text

    /// Reads the contents: `{"version":1,"digest":HEX,"tokens":[...]}`.
    ///
    /// - Throws: `corrupt`, with what a person can do.
    init(bytes: [UInt8]) throws(OperatorsError) {
        guard let json = JSON(bytes: bytes), json["version"]?.integer == 1, let list = json["tokens"],
            let elements = list.array, let digest = json["digest"]?.string
        else { throw TokenLedger.corrupt("it is not version 1 with a digest and tokens") }
        guard digest == TokenLedger.digest(list) else { throw TokenLedger.corrupt("its digest is of other tokens") }
        for element in elements {
            guard let token = IssuedToken(json: element) else { throw TokenLedger.corrupt("a token is incomplete") }
            tokens.append(token)
        }
        guard Set(tokens.map(\.id)).count == tokens.count else { throw TokenLedger.corrupt("a token is there twice") }
    }

    private static func corrupt(_ what: String) -> OperatorsError {
        OperatorsError(
            .corrupt,
            "\(name) cannot be understood (\(what)), so no token is accepted: remove it as the owner of the state directory "
                + "(which ends every token) and issue new ones"
        )
    }

    private static func digest(_ list: JSON) -> String { Sodium.digest(list.bytes, length: 16) }

    /// The contents as text.
    var text: String {
        let list = JSON.array(tokens.map { $0.json(private: true) })
        return JSON.object([
            JSON.Member("version", .integer(1)), JSON.Member("digest", .string(TokenLedger.digest(list))),
            JSON.Member("tokens", list),
        ]).line + "\n"
    }
}
