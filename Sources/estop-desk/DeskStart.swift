import Console
import Desk
import KillSwitch
import Logging
import SafetyEngine
import Settings

/// Starts the host of a desk as its configuration says.
enum DeskStart {
    /// Starts it.
    ///
    /// - Parameter onView: called when there is something new to show; must not wait.
    /// - Throws: what keeps it from hosting, in words.
    static func host(
        _ killSwitch: KillSwitch,
        logger: Logger,
        onView: @escaping @Sendable () -> Void = {}
    ) throws -> DeskHost {
        var configuration = DeskConfiguration()
        configuration.engine.deskName = killSwitch.settings.name
        configuration.engine.isPaper = killSwitch.settings.paper
        return try DeskHost(
            killSwitch,
            configuration: configuration,
            adapters: [],
            logger: logger,
            onView: onView
        )
    }
}
