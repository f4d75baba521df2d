import KillSwitch
import Synchronization

/// What `estop.sock` serves: the switch's own part always, and what needs the engine once there is one.
///
/// Invariants (DeskTests/SwitchDoorTests): a halt is on the page before anything else is done about it, with an engine and
/// without; what needs an engine that does not run is refused in words, never left unanswered.
final class SwitchDoor: ControlService {
    private let killSwitch: KillSwitch
    private let keep: @Sendable (HaltHandle.Pulled, HaltRequest) -> Void
    private let behind = Mutex<(any EngineService)?>(nil)
    private let http = Mutex<(any HTTPTaker)?>(nil)

    /// What is said where the engine is asked and does not run.
    static let engineIsDown =
        "the host runs, but its engine does not: it says why on its standard error, and tries again"

    /// - Parameter keep: takes over the record of a halt that could not be put on disk.
    init(_ killSwitch: KillSwitch, keep: @escaping @Sendable (HaltHandle.Pulled, HaltRequest) -> Void) {
        self.killSwitch = killSwitch
        self.keep = keep
    }

    /// Names the engine's service; nil: none runs.
    func open(_ service: (any EngineService)?) { behind.withLock { $0 = service } }

    /// Names who takes connections over that speak HTTP; nil: nobody, and only a halt is served there.
    func serveHTTP(by taker: (any HTTPTaker)?) { http.withLock { $0 = taker } }

    private var engine: (any EngineService)? { behind.withLock { $0 } }

    var takerOfHTTP: (any HTTPTaker)? { http.withLock { $0 } }

    /// The switch may have changed: the engine looks after what follows from it.
    func switchChanged() { engine?.switchChanged() }

    /// What is known of the halts in force. As long as no engine runs nobody knows anything.
    var verdicts: [HaltVerdict] { engine?.verdicts ?? [] }

    var objectionToEvents: String? { engine == nil ? SwitchDoor.engineIsDown : nil }

    func offer(
        _ events: [EngineLoop.Incoming],
        from peer: Peer,
        whenEmptied: @escaping @Sendable () -> Void
    ) -> Bool {
        // Gone since the lines were read: nobody takes them, and a flush says how many were taken.
        guard let engine else { return true }
        return engine.offer(events, from: peer, whenEmptied: whenEmptied)
    }

    func refused(_ count: Int, from peer: Peer) { engine?.refused(count, from: peer) }

    func answer(
        _ request: ControlRequest,
        from peer: Peer,
        events: ControlCounts,
        reply: @escaping @Sendable (String) -> Bool
    ) {
        if case .halt(let scope, let reason) = request {
            return halt(HaltRequest(scope: scope, reason: reason, source: .library, op: peer.name)) { report in
                _ = reply(
                    JSON.object([
                        .init(
                            "halted",
                            .object([
                                .init("taken", .bool(report.taken)), .init("on_page", .bool(report.onPage)),
                                .init("durable", .bool(report.durable)), .init("id", .string(report.id)),
                                .init("generation", .number(report.state.generation)),
                            ])
                        )
                    ]).line
                )
            }
        }
        guard let engine else {
            _ = reply(
                JSON.object([.init("error", .string(SwitchDoor.engineIsDown)), .init("engine", .string("down"))]).line
            )
            return
        }
        engine.answer(request, from: peer, events: events, reply: reply)
    }

    func halt(_ request: HaltRequest, reply: @escaping @Sendable (HaltReport) -> Void) {
        let pulled = HaltHandle(killSwitch.directory).pull(for: request)
        // The record waits for the disk; the page does not wait for the record.
        let (killSwitch, keep) = (killSwitch, keep)
        let record: @Sendable () -> Void = {
            let report = killSwitch.record(pulled, request)
            if !report.durable { keep(pulled, request) }
            reply(report)
        }
        if !ThreadStart.detached(record) { record() }
    }
}
