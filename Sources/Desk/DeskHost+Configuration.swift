import KillSwitch
import Logging
import Notify
import SafetyEngine
public import Settings
import Synchronization

/// A configuration of which a part was held back, because it loosens limits while trading goes on.
struct HeldConfiguration: Sendable, Equatable {
    /// All of it, as it was read.
    var configuration: DeskConfiguration
    /// What was held back: `[cap] most: 8 -> 20`.
    var held: [String]
    /// Who wrote it, as far as can be known.
    var by: String
}

/// How a configuration is taken over.
///
/// What tightens a limit is taken at once. What loosens one is not, while a real desk trades: it waits for
/// `estop config confirm`, by somebody with the right to resume. A desk that is halted takes all of it: nobody trades by it
/// before somebody with that right resumes.
extension DeskHost {
    /// Takes another configuration over.
    ///
    /// - Parameters:
    ///   - differences: what changed, for the record.
    ///   - name: who wrote it, as far as can be known.
    public func take(_ configuration: DeskConfiguration, differences: [String], by name: String) {
        let before = parts.configuration.withLock { $0.engine }
        var taken = configuration
        var held: [String] = []
        if !configuration.engine.isPaper, stateDirectory.observe().mode.permitsAnything {
            (taken.engine, held) = before.tightened(to: configuration.engine)
        }
        apply(taken)
        audit(name, "configuration_changed", JSON.array(differences.map { .string($0) }))
        hold(configuration, held, by: name)
    }

    /// What a host starts with: of a configuration that loosens limits while trading goes on, what a running one would have
    /// taken over. A restart is no way around the confirmation.
    ///
    /// - Parameters:
    ///   - before: what the engine decided by last, as its journal says; nil: no engine ran here before.
    /// - Returns: the configuration to start with, and what is held back of the one that was read.
    static func startingWith(
        _ configuration: DeskConfiguration,
        after before: EngineSettings?,
        _ killSwitch: KillSwitch
    ) -> (running: DeskConfiguration, held: [String]) {
        // The page's own word: what nobody has beaten for yet reads as halted, and goes on with the first beat.
        let permits = killSwitch.observe().word?.mode.permitsAnything ?? true
        guard let before, !before.isPaper, !configuration.engine.isPaper, permits else { return (configuration, []) }
        var running = configuration
        let (engine, held) = before.tightened(to: configuration.engine)
        running.engine = engine
        return (running, held)
    }

    /// Keeps what was held back until somebody confirms it, and says so.
    ///
    /// - Parameter held: each value; none: all of it holds.
    func hold(_ configuration: DeskConfiguration, _ held: [String], by name: String) {
        parts.held.withLock {
            $0 = held.isEmpty ? nil : HeldConfiguration(configuration: configuration, held: held, by: name)
        }
        guard !held.isEmpty else { return }
        audit(name, "configuration_held", JSON.array(held.map { .string($0) }))
        say(
            .error,
            "configuration_held",
            "NOT taken over, because it loosens limits while trading goes on: \(held.joined(separator: "; ")) (written by "
                + "\(name)); the limits that ran go on until somebody who may resume confirms: estop config confirm REASON"
        )
    }

    /// Takes over what was held back.
    ///
    /// - Parameter name: the operator, whose right was checked.
    func confirmConfiguration(by name: String) -> ActionOutcome {
        var outcome = ActionOutcome(action: "confirm_configuration", by: name)
        guard let held = parts.held.withLock({ $0 }) else {
            outcome.problem = "nothing of the configuration waits to be confirmed"
            return outcome
        }
        parts.held.withLock { $0 = nil }
        apply(held.configuration)
        audit("operator:\(name)", "configuration_confirmed", JSON.array(held.held.map { .string($0) }))
        say(.warning, "configuration_confirmed", "confirmed by \(name): \(held.held.joined(separator: "; "))")
        outcome.requests = held.held.map { ActionOutcome.Request(.desk, $0, .done) }
        return outcome
    }

    private func apply(_ configuration: DeskConfiguration) {
        parts.configuration.withLock { $0 = configuration }
        notifier.configure(configuration.notify)
        submit([EngineLoop.host(.settings(configuration.engine))])
    }

    private func say(_ level: Decision.LogLine.Level, _ event: String, _ text: String) {
        log([Decision.LogLine(level, "configuration", text, event: event)])
        logger.warning("configuration: \(text)")
    }
}
