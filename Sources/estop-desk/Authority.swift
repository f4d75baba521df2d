import KillSwitch
import Operators

/// Whether the operator at the dashboard may resume.
enum Authority {
    /// Why not; nil when they may. Blocks, for a wrong passphrase up to half a minute.
    static func objection(
        to request: ResumeRequest,
        passphrase: String,
        on killSwitch: KillSwitch,
        identity: Identity
    ) -> String? {
        OperatorStore(directory: killSwitch.directory.path).objection(
            to: request.op,
            passphrase: Passphrase(passphrase),
            on: killSwitch,
            identity: identity
        )
    }
}
