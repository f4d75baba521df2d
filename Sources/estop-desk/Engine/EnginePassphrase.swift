import Console
import KillSwitch
import Operators

/// The passphrase of whoever types, for what spends or loosens.
enum EnginePassphrase {
    /// Asks for it where an operator is enrolled; empty where nobody is.
    static func ask(
        _ killSwitch: KillSwitch,
        _ identity: Identity,
        fromInput: Bool
    ) throws(ChosenDesk.Failure) -> String {
        do {
            guard try !OperatorStore(directory: killSwitch.directory.path).list().isEmpty else { return "" }
            let prompt = fromInput ? Prompt.standardInput() : try Prompt.terminal()
            let bytes = try prompt.passphrase("Passphrase of \(identity.name): ")
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            throw ChosenDesk.Failure(message: "\(error); without a terminal give it as a line with --stdin")
        }
    }
}
