import KillSwitch
import Synchronization

/// The last look at the switch, so that the next one reads the log again only where it changed.
final class LastLook: Sendable {
    private let last = Mutex<Observation?>(nil)

    func look(_ killSwitch: KillSwitch) -> Observation {
        let seen = killSwitch.observe(knowing: last.withLock { $0 })
        last.withLock { $0 = seen }
        return seen
    }
}
