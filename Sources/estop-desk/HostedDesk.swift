import Console
import Desk
import KillSwitch
import Logging
import SafetyEngine
import Settings
import Venues

/// A desk that is hosted as its configuration says, and goes on with what the configuration becomes.
final class HostedDesk: Sendable {
    let host: DeskHost
    private let watch: ConfigurationWatch

    /// Starts it.
    ///
    /// - Parameters:
    ///   - arguments: where its configuration is named.
    ///   - onView: called when something changed that matters; must not wait.
    /// - Throws: what keeps it from hosting, in words.
    init(
        _ killSwitch: KillSwitch,
        _ arguments: Arguments,
        logger: Logger,
        onView: @escaping @Sendable () -> Void = {}
    ) throws {
        let state = killSwitch.directory.path
        let reading = try DeskConfiguration.load(named: arguments.config, state: state)
        let adapters: [any VenueAdapter] =
            killSwitch.settings.paper
            ? [
                PaperDesk(killSwitch.directory, settings: PaperSettings(reading.desk.paper)) {
                    logger.warning("paper venue: \($0)")
                }
            ] : []
        let host = try DeskHost(
            killSwitch,
            configuration: reading.desk,
            adapters: adapters,
            logger: logger,
            onView: onView
        )
        self.host = host
        watch = ConfigurationWatch(ConfigurationWatch.Place(named: arguments.config, state: state), running: reading) {
            HostedDesk.take($0, host, logger)
        }
        watch.start()
    }

    /// Reads the configuration again, changed or not.
    func reload() { watch.ask() }

    /// Stops everything.
    func stop() {
        watch.stop()
        host.stop()
    }

    private static func take(_ outcome: ConfigurationWatch.Outcome, _ host: DeskHost, _ logger: Logger) {
        switch outcome {
        case .same: logger.notice("the configuration is what it was")
        case .refused(let refusal):
            logger.error("the configuration is refused, and the one that ran goes on: \(refusal.message)")
        case .changed(let change):
            host.take(change.live, differences: change.differences, by: "host:configuration")
            logger.notice("configuration: \(change.differences.joined(separator: "; "))")
            for line in change.atNextStart { logger.warning("waits for the host's next start: \(line)") }
        }
    }
}

extension PaperSettings {
    /// What the configuration says.
    init(_ settings: DeskConfiguration.Paper) {
        self.init(seed: settings.seed, bots: settings.bots, balance: settings.balance)
    }
}
