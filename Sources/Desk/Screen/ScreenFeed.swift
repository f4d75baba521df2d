public import KillSwitch
public import SafetyEngine
import Synchronization

/// What screens on other machines are told of a desk: at once where something matters, else once a second.
public final class ScreenFeed: Sendable {
    private let sight: @Sendable () -> EngineSight
    private let state: Mutex<State>

    /// Ages alone are told so often, in milliseconds.
    private static let paceMs: UInt64 = 1_000

    private struct State {
        var builder: SnapshotBuilder
        var view: EngineView?
        var engine: JSON = .null
        var engineAt: UInt64 = 0
        var desk: JSON = .null
        var settled: JSON = .null
        var deskAt: UInt64 = 0
    }

    /// Creates a feed.
    ///
    /// - Parameter sight: what is seen of the engine now.
    public init(_ killSwitch: KillSwitch, sight: @escaping @Sendable () -> EngineSight) {
        self.sight = sight
        state = Mutex(State(builder: SnapshotBuilder(killSwitch: killSwitch)))
    }

    /// Looks. The same as last time where nothing is due. May wait for the disk.
    ///
    /// - Parameter isWhole: whether all of it is due now: for somebody who has seen nothing yet.
    public func look(isWhole: Bool = false) -> (desk: JSON, engine: JSON) {
        let (view, ageMs, problem): (EngineView?, UInt64, String?) =
            switch sight() {
            case .view(let view, let age): (view, age, nil)
            case .lost(let view, let age, let reason): (view, age, reason)
            }
        return state.withLock { state in
            let now = Clock.boottime()
            func isDue(_ at: UInt64) -> Bool { isWhole || now >= at + ScreenFeed.paceMs * 1_000_000 }
            if isDue(state.engineAt) || ScreenFeed.differ(view, state.view) {
                state.engine = ScreenCodec.json(of: view)
                state.view = view
                state.engineAt = now
            }
            var desk = ScreenCodec.json(of: state.builder.snapshot(own: nil, isHost: false, notices: []))
            if case .object(let members) = desk {
                // How old the view below was when it was taken.
                let age = ageMs + (now - state.engineAt) / 1_000_000
                desk = .object(
                    members + [.init("engine_age_ms", .number(age)), .init("engine_problem", .text(problem))]
                )
            }
            let settled = ScreenFeed.settled(desk)
            if isDue(state.deskAt) || settled != state.settled {
                state.desk = desk
                state.settled = settled
                state.deskAt = now
            }
            return (state.desk, state.engine)
        }
    }

    private static func differ(_ new: EngineView?, _ old: EngineView?) -> Bool {
        guard let new, let old else { return (new == nil) != (old == nil) }
        return new.differsInSubstance(from: old)
    }

    /// Without what changes by itself.
    private static func settled(_ json: JSON) -> JSON {
        switch json {
        case .object(let members):
            let isPending = json["state"] == .string("pending")
            return .object(
                members.filter { !isCounter($0.key, isPending: isPending) }.map { .init($0.key, settled($0.value)) }
            )
        case .array(let rows): return .array(rows.map(settled))
        default: return json
        }
    }

    private static func isCounter(_ key: String, isPending: Bool) -> Bool {
        key.hasSuffix("age_ms") || key.hasSuffix("AgeMs") || (isPending && key == "ms")
            || ["checks", "refusals", "checks_per_second", "gaps", "expires_in_ms"].contains(key)
    }
}
