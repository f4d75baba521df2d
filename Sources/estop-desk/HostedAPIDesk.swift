import ControlAPI
import Desk
import KillSwitch
import SafetyEngine

/// The hosted desk as the API sees it. The engine may start later than the API, or not at all.
struct HostedAPIDesk: APIDesk {
    let killSwitch: KillSwitch
    private let switchHost: Host
    private let engineSight: @Sendable () -> EngineSight
    private let engineHost: @Sendable () -> DeskHost?

    init(
        killSwitch: KillSwitch,
        switchHost: Host,
        sight: @escaping @Sendable () -> EngineSight,
        host: @escaping @Sendable () -> DeskHost?
    ) {
        self.killSwitch = killSwitch
        self.switchHost = switchHost
        engineSight = sight
        engineHost = host
    }

    var sight: EngineSight { engineSight() }
    var host: DeskHost? { engineHost() }
    func take(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) { switchHost.take(pulled, request) }
    func switchChanged() { engineHost()?.switchChanged() }
}
