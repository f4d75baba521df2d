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
        do {
            let enrolled = try list()
            if enrolled.isEmpty {
                return killSwitch.directory.isOwned
                    ? nil
                    : "nobody is enrolled, so only the owner of \(directory) may \(what == "resume" ? "resume" : "issue one"): run this as that user"
            }
            guard let passphrase else { return "an operator's passphrase is needed" }
            switch try verify(name: name, passphrase: passphrase) {
            case .accepted: return nil
            case .wrong, .unknownOperator:
                try? killSwitch.noteCredential(
                    "wrong passphrase for '\(name)': \(what) refused",
                    about: name,
                    identity: identity
                )
                return "the operator's name or passphrase is wrong; the attempt is recorded"
            }
        } catch {
            return "\(error)"
        }
    }
}
