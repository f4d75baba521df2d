import Console
import KillSwitch
import Settings

/// The desk that a screen is opened on. Halting needs no configuration: a broken one is said and does not keep K away.
struct OpenedDesk {
    let killSwitch: KillSwitch
    /// Where its configuration is named.
    let arguments: Arguments
    /// What the operator ought to know about the configuration.
    var notices: [String]
    /// Whether this process may host the desk itself: a paper desk whose configuration is sound.
    let mayHost: Bool

    /// Opens the desk of the arguments and makes its state directory when it is not there.
    ///
    /// - Throws: what is wrong, when there is no directory that could be halted.
    init(_ arguments: Arguments) throws(ChosenDesk.Failure) {
        self.arguments = arguments
        do {
            let desk = try ChosenDesk(arguments, create: true)
            killSwitch = desk.killSwitch
            notices = CrashRecord.recent(in: desk.killSwitch.directory).prefix(3).map(\.text)
            notices += desk.configuration.warnings.map { "configuration, \($0.description)" }
            let refusal = ConfigCommand.refusal(arguments)
            if let refusal { notices.append("no host starts on this configuration: \(refusal.message)") }
            mayHost = desk.killSwitch.settings.paper && refusal == nil
        } catch {
            do {
                let location = try StateLocation.choose(option: arguments.state)
                let directory = try StateDirectory(location.path, create: true)
                killSwitch = ChosenDesk.fallback(directory, KillSwitch(directory).observe().host)
            } catch let other {
                throw ChosenDesk.Failure(message: "\(error.message); \(other)")
            }
            notices = [error.message]
            mayHost = false
        }
    }
}
