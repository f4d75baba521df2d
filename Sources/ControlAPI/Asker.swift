import Desk
import KillSwitch

/// Who asks for something that restricts, and how, as it is recorded.
///
/// Invariant (ControlAPITests/AskerTests): where a token, or the kernel on `estop.sock`, proves who asks, that is the one on
/// record; a name that the body gives is only what it says, and is shown as a claim.
struct Asker: Sendable {
    /// What was asked, as it stands in the table of routes.
    var path: String
    /// Where it came from.
    var from: String
    /// CLOCK_BOOTTIME ns when its head was there.
    var began: UInt64
    /// Who is on the other side, where it is `estop.sock`.
    var peer: Peer?
    /// The bearer token, proved or not; nil: none.
    var token: String?
    /// Whose it is; nil: nobody is proved.
    var claims: BearerClaims?

    /// The longest part of a record that the body decides.
    private static let longest = 80

    /// The operator on record. Looks a local user up, which may wait.
    func name(_ said: String?) -> String {
        claims?.operatorName ?? peer?.name ?? said.map { "\($0) (unproved)" } ?? ""
    }

    /// Who it is for counting what comes again and again: what the connection says, and nothing that was sent over it.
    var counted: String { claims.map { "token \($0.id)" } ?? peer.map { "uid \($0.uid)" } ?? from }

    /// Terminal and address on record.
    ///
    /// - Parameters:
    ///   - source: where the body says that it comes from.
    ///   - said: who the body says that it is.
    func place(source: String?, _ said: String?) -> String {
        var text = from
        if let claims { text += "; token \(claims.id)" }
        if let source { text += " (\(source.prefix(Asker.longest)))" }
        let proved = claims?.operatorName ?? peer?.name
        if let proved, let said, said != proved { text += "; says it is \(said.prefix(Asker.longest))" }
        return text
    }
}

extension Asker {
    /// Who asks for what an answer is made for.
    init(_ request: APIRequest, _ call: APICall) {
        self.init(path: request.path, from: request.from, began: 0, peer: request.peer, claims: call.claims)
    }
}
