/// Why a desk that takes two people for a resume does not take this one.
public enum ApprovalRefusal: Sendable, Equatable {
    /// Nobody proved who asks: no credential, or one of another name.
    case notProven
    /// So many operators are enrolled, which is not enough for two.
    case tooFew(enrolled: Int)
    /// Another operator's request waits already.
    case otherWaits(WaitingResume)
    /// Who confirms is who asked.
    case own(WaitingResume)
    /// There is no such request.
    case missing(String)
    /// The request's time is over.
    case expired(String)
    /// Why the request counts no more.
    case void(String, why: String)
    /// One person is enough here, so there is nothing to confirm.
    case notNeeded

    /// What is wrong and what to do.
    public var message: String {
        switch self {
        case .notProven:
            "this desk takes two enrolled operators for a resume, and nobody has proven to be one: "
                + "give an operator's name and passphrase, or a token of theirs"
        case .tooFew(let enrolled):
            "this desk takes two operators for a resume ([resume] approvals = 2), and "
                + (enrolled == 0 ? "nobody is enrolled" : "only one is enrolled")
                + ": the owner of the state directory enrolls each with 'estop operator add NAME'; it stays halted until then"
        case .otherWaits(let waiting):
            "\(waiting.askedBy) asked for a resume already, to \(waiting.target): \(waiting.reason); confirm that one with "
                + "'\(waiting.command)', or wait \(WaitingResume.countdown(waiting.leftMs)) until it expires"
        case .own(let waiting):
            "\(waiting.askedBy) asked for this resume, and the second person has to be another operator: "
                + "let them use '\(waiting.command)'"
        case .missing(let id): "no request '\(VisibleID.cut(id))' waits for a second person: ask for the resume first"
        case .expired(let id): "the request \(id) has expired (a request waits 5 minutes): ask for the resume again"
        case .void(let id, let why): "the request \(id) counts no more (\(why)): ask for the resume again"
        case .notNeeded: "this desk takes one person for a resume: resume it without a request to confirm"
        }
    }
}

/// An id as somebody gave it, safe to say again.
private enum VisibleID {
    static func cut(_ id: String) -> String {
        String(
            String.UnicodeScalarView(
                id.unicodeScalars.prefix(16).map { $0.value > 0x20 && $0.value < 0x7f ? $0 : "?" }
            )
        )
    }
}
