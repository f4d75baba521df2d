import KillSwitch
import Operators

/// Whether the operator at the dashboard may resume.
enum Authority {
    /// Who they are, or why they may not. Blocks, for a wrong passphrase up to half a minute.
    static func check(
        _ request: ResumeRequest,
        passphrase: String,
        on killSwitch: KillSwitch,
        identity: Identity
    ) -> Authentication {
        OperatorStore(directory: killSwitch.directory.path).authenticate(
            request.op,
            passphrase: Passphrase(passphrase),
            on: killSwitch,
            identity: identity
        )
    }
}
