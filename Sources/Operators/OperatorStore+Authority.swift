public import KillSwitch

extension OperatorStore {
    /// Whether somebody may resume this desk: an enrolled operator with the right passphrase, or, while nobody is
    /// enrolled, the owner of the state directory.
    ///
    /// A wrong passphrase is refused after its delay and recorded in the log. Blocks: never on a thread that halts.
    ///
    /// - Parameters:
    ///   - killSwitch: The desk.
    ///   - name: The operator's name.
    ///   - passphrase: What was typed; nil when nobody asked.
    ///   - identity: Who runs this process, for the record of a wrong attempt.
    ///   - what: What is refused then, for that record.
    /// - Returns: Why not; nil when they may.
    public func objection(
        to name: String,
        passphrase: Passphrase?,
        on killSwitch: KillSwitch,
        identity: Identity,
        what: String = "resume"
    ) -> String? {
        switch authenticate(name, passphrase: passphrase, on: killSwitch, identity: identity, what: what) {
        case .accepted: nil
        case .refused(let why): why
        }
    }

    /// The same, and with it who was accepted: for a resume that takes two people.
    public func authenticate(
        _ name: String,
        passphrase: Passphrase?,
        on killSwitch: KillSwitch,
        identity: Identity,
        what: String = "resume"
    ) -> Authentication {
        do {
            let enrolled = try list()
            if enrolled.isEmpty {
                return killSwitch.directory.isOwned
                    ? .accepted(Credential(name: name, enrolled: []))
                    : .refused(
                        "nobody is enrolled, so only the owner of \(directory) may \(what == "resume" ? "resume" : "issue one"): run this as that user"
                    )
            }
            guard let passphrase else { return .refused("an operator's passphrase is needed") }
            switch try verify(name: name, passphrase: passphrase) {
            case .accepted: return .accepted(try credential(of: name))
            case .wrong, .unknownOperator:
                try? killSwitch.noteCredential(
                    "wrong passphrase for '\(name)': \(what) refused",
                    about: name,
                    identity: identity
                )
                return .refused("the operator's name or passphrase is wrong; the attempt is recorded")
            }
        } catch {
            return .refused("\(error)")
        }
    }

    /// What somebody's proof is worth among all who are enrolled now.
    ///
    /// - Parameter name: who proved it just now, here or by a token.
    /// - Throws: `OperatorsError` when the file cannot be read, trusted or understood.
    func credential(of name: String) throws(OperatorsError) -> Credential {
        Credential(name: name, enrolled: try list().map { .init(name: $0.name, since: $0.since) })
    }
}

/// Whether somebody is who they say.
public enum Authentication: Sendable, Equatable {
    /// They are. Where nobody is enrolled, the owner of the state directory is taken by any name.
    case accepted(Credential)
    /// Why not.
    case refused(String)
}
