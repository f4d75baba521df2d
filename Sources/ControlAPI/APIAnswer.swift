import KillSwitch

/// One answer.
struct APIAnswer: Sendable, Equatable {
    /// Its HTTP status.
    var status: Int
    /// What its body is.
    var contentType = "application/json"
    /// Its body.
    var body: [UInt8]
    /// Further headers.
    var headers: [Header] = []

    /// A header.
    struct Header: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// JSON.
    init(_ json: JSON) { self.init(200, json) }

    /// JSON with a status.
    init(_ status: Int, _ json: JSON, headers: [Header] = []) {
        self.status = status
        body = json.bytes + [UInt8(ascii: "\n")]
        self.headers = headers
    }

    /// Text.
    init(text: String, contentType: String) {
        status = 200
        self.contentType = contentType
        body = Array(text.utf8)
    }

    /// An error as the design has it.
    init(refusing refusal: APIRefusal) {
        self.init(
            refusal.status,
            .object([
                .init(
                    "error",
                    .object(
                        [.init("code", .string(refusal.code)), .init("message", .string(refusal.message))]
                            + refusal.details
                    )
                )
            ]),
            headers: refusal.headers
        )
    }
}

/// Why a request is not done.
struct APIRefusal: Error, Sendable, Equatable {
    var status: Int
    /// The word for programs.
    var code: String
    /// What is wrong and what to do, for people.
    var message: String
    var details: [JSON.Member] = []
    var headers: [APIAnswer.Header] = []
    /// Whom a token that was refused names, unproved: for the audit alone.
    var claimed: String?
    /// Whose a good token is that does not allow it: for the audit alone.
    var proved: BearerClaims?

    init(
        _ status: Int,
        _ code: String,
        _ message: String,
        details: [JSON.Member] = [],
        headers: [APIAnswer.Header] = []
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers
    }

    init(_ refusal: BearerRefusal) {
        self.init(
            refusal.status,
            refusal.code,
            refusal.message,
            headers: refusal.challenge.map { [.init(name: "WWW-Authenticate", value: $0)] } ?? []
        )
        claimed = refusal.claimed
        proved = refusal.proved
    }
}
