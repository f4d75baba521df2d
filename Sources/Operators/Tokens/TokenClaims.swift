import KillSwitch

/// What a token says, and nothing else does it say: eight claims, all required, and a feed's `scope`.
public struct TokenClaims: Sendable, Equatable {
    /// `iss`: always `estop`.
    public static let issuer = "estop"
    /// 9999-12-31T23:59:59Z: no time is later.
    static let latest: Int64 = 253_402_300_799

    /// `aud`: the desk that it is for.
    public let audience: String
    /// `sub`: whose token it is.
    public let operatorName: String
    /// `role`: what it may do.
    public let role: TokenRole
    /// `iat`: when it was issued, in seconds since 1970.
    public let issued: Int64
    /// `nbf`: from when it is good, in seconds since 1970.
    public let notBefore: Int64
    /// `exp`: from when it is good no longer, in seconds since 1970.
    public let expires: Int64
    /// `jti`: the name that it has in the ledger, 16 hexadecimal digits.
    public let id: String
    /// `scope`: for which venues a feed may speak; not there: for none.
    public let scope: FeedScope

    private static let names = ["iss", "aud", "sub", "role", "iat", "nbf", "exp", "jti"]

    init(
        audience: String,
        operatorName: String,
        role: TokenRole,
        issued: Int64,
        notBefore: Int64,
        expires: Int64,
        id: String,
        scope: FeedScope = .none
    ) {
        self.audience = audience
        self.operatorName = operatorName
        self.role = role
        self.issued = issued
        self.notBefore = notBefore
        self.expires = expires
        self.id = id
        self.scope = scope
    }

    /// Reads the payload of a token whose signature is right.
    init(payload: [UInt8]) throws(TokenRefusal) {
        guard let object = FlatObject(bytes: payload) else {
            throw .malformed("its claims are not one JSON object with each member once")
        }
        if let missing = TokenClaims.names.first(where: { object[$0] == nil }) { throw .missingClaim(missing) }
        if let other = object.keys.first(where: { !TokenClaims.names.contains($0) && $0 != "scope" }) {
            throw .badClaim(other)
        }
        guard try TokenClaims.text("iss", in: object) == TokenClaims.issuer else { throw .wrongIssuer }
        audience = try TokenClaims.text("aud", in: object)
        operatorName = try TokenClaims.text("sub", in: object)
        guard (try? Operator.check(name: operatorName)) != nil else { throw .badClaim("sub") }
        guard let role = TokenRole(rawValue: try TokenClaims.text("role", in: object)) else { throw .badClaim("role") }
        self.role = role
        issued = try TokenClaims.time("iat", in: object)
        notBefore = try TokenClaims.time("nbf", in: object)
        expires = try TokenClaims.time("exp", in: object)
        guard issued <= notBefore, notBefore < expires else { throw .badClaim("exp") }
        id = try TokenClaims.text("jti", in: object)
        guard TokenClaims.isID(id) else { throw .badClaim("jti") }
        if object["scope"] == nil {
            scope = .none
        } else {
            guard role == .feed, let read = FeedScope(try TokenClaims.text("scope", in: object)), read != .none else {
                throw .badClaim("scope")
            }
            scope = read
        }
    }

    private static func text(_ name: String, in object: FlatObject) throws(TokenRefusal) -> String {
        guard let text = object[name]?.string else { throw .badClaim(name) }
        return text
    }

    /// A time is a whole number in this calendar: neither text nor a fraction, which others read in other ways.
    private static func time(_ name: String, in object: FlatObject) throws(TokenRefusal) -> Int64 {
        guard let number = object[name]?.integer, (0...latest).contains(number) else { throw .badClaim(name) }
        return number
    }

    /// Whether a text can be the id of a token.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == 16
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// The payload of a token.
    var payload: [UInt8] {
        let further = scope == .none ? [] : [JSON.Member("scope", .string(scope.text))]
        return JSON.object(
            [
                JSON.Member("iss", .string(TokenClaims.issuer)), JSON.Member("aud", .string(audience)),
                JSON.Member("sub", .string(operatorName)), JSON.Member("role", .string(role.rawValue)),
                JSON.Member("iat", .integer(issued)), JSON.Member("nbf", .integer(notBefore)),
                JSON.Member("exp", .integer(expires)), JSON.Member("jti", .string(id)),
            ] + further
        ).bytes
    }
}

/// A JSON object whose members are all there once and are neither arrays nor objects.
struct FlatObject {
    private let members: [JSON.Member]

    /// Reads it; nil for anything else.
    init?(bytes: [UInt8]) {
        guard case .object(let members) = JSON(bytes: bytes), members.count <= 32,
            Set(members.map(\.key)).count == members.count,
            members.allSatisfy({
                switch $0.value {
                case .array, .object: false
                default: true
                }
            })
        else { return nil }
        self.members = members
    }

    /// The names of its members, in the order of the text.
    var keys: [String] { members.map(\.key) }

    /// A member's value; nil when there is none.
    subscript(key: String) -> JSON? { members.first { $0.key == key }?.value }
}
