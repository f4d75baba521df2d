import KillSwitch
import Synchronization

/// What `estop.sock` serves: the switch's own part always, and what needs the engine once there is one.
///
/// Invariants (DeskTests/SwitchDoorTests): a halt is on the page before anything else is done about it, with an engine and
/// without; what needs an engine that does not run is refused in words, never left unanswered.
final class SwitchDoor: ControlService {
    private let killSwitch: KillSwitch
    private let keep: @Sendable (HaltHandle.Pulled, HaltRequest) -> Void
    private let behind = Mutex(Behind.missing(SwitchDoor.engineStarts))
    private let http = Mutex<(any HTTPTaker)?>(nil)
    private let repeats = Mutex(HaltRepeats())

    /// What is behind the door.
    private enum Behind: Sendable {
        /// No engine runs, for this reason.
        case missing(String)
        case running(any EngineService)
        /// The engine takes nothing more, and still says what became of what it took.
        case ending(any EngineService)
    }

    /// What is said where the engine is asked in the host's first moments.
    static let engineStarts = "starting, try again: the host runs, and its engine does not yet"
    /// What is said where the engine could not be started.
    static let engineIsDown =
        "the host runs, but its engine does not: it says why on its standard error, and tries again"

    /// - Parameter keep: takes over the record of a halt that could not be put on disk.
    init(_ killSwitch: KillSwitch, keep: @escaping @Sendable (HaltHandle.Pulled, HaltRequest) -> Void) {
        self.killSwitch = killSwitch
        self.keep = keep
    }

    /// Names the service of the engine that runs now.
    func open(_ service: any EngineService) { behind.withLock { $0 = .running(service) } }

    /// Says why no engine runs.
    func engineIsMissing(because why: String) { behind.withLock { $0 = .missing(why) } }

    /// The engine stops: it takes nothing more.
    func engineEnds() {
        behind.withLock { behind in
            if case .running(let service) = behind { behind = .ending(service) }
        }
    }

    /// The answer in the place of an engine that does not run: `again` says that the same may be asked again soon.
    static func engineIsMissing(_ why: String, _ more: [JSON.Member] = []) -> String {
        JSON.object(
            [.init("error", .string(why)), .init("engine", .string("down")), .init("again", .bool(true))] + more
        ).line
    }

    /// Names who takes connections over that speak HTTP; nil: nobody, and only a halt is served there.
    func serveHTTP(by taker: (any HTTPTaker)?) { http.withLock { $0 = taker } }

    private var engine: (any EngineService)? {
        if case .running(let service) = behind.withLock({ $0 }) { service } else { nil }
    }

    var takerOfHTTP: (any HTTPTaker)? { http.withLock { $0 } }

    /// The switch may have changed: the engine looks after what follows from it.
    func switchChanged() { engine?.switchChanged() }

    /// What is known of the halts in force. As long as no engine runs nobody knows anything.
    var verdicts: [HaltVerdict] { engine?.verdicts ?? [] }

    var objectionToEvents: String? {
        switch behind.withLock({ $0 }) {
        case .missing(let why): why
        case .ending: EngineLoop.hasEnded
        case .running: nil
        }
    }

    var deskName: String { engine?.deskName ?? killSwitch.settings.name }

    func offer(
        _ events: [EngineLoop.Incoming],
        from peer: Peer,
        whenEmptied: @escaping @Sendable () -> Void
    ) -> EventOffer {
        // Gone since the lines were read: nobody has them, and their sender has to know.
        if let why = objectionToEvents { return .notNow(why) }
        return engine?.offer(events, from: peer, whenEmptied: whenEmptied) ?? .notNow(EngineLoop.hasEnded)
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
        switch (behind.withLock { $0 }, request) {
        case (.running(let engine), _), (.ending(let engine), .flush):
            engine.answer(request, from: peer, events: events, reply: reply)
        case (_, .received): _ = reply(events.line(isReady: false, why: objectionToEvents))
        case (.missing(let why), _): _ = reply(SwitchDoor.engineIsMissing(why))
        case (.ending, _): _ = reply(SwitchDoor.engineIsMissing(EngineLoop.hasEnded))
        }
    }

    private func recordRepeats() {
        let due = repeats.withLock { $0.due(now: Clock.boottime(), all: true) }
        for (pulled, request) in due where !killSwitch.record(pulled, request).durable {
            repeats.withLock { $0.forgetRecorded() }
            keep(pulled, request)
        }
    }

    func halt(_ request: HaltRequest, reply: @escaping @Sendable (HaltReport) -> Void) {
        let pulled = HaltHandle(killSwitch.directory).pull(for: request)
        // The record waits for the disk; the page does not wait for the record.
        let now = Clock.boottime()
        let (verdict, isFirst) = repeats.withLock { repeats in
            let wasIdle = repeats.dueAt == nil
            let verdict = repeats.take(pulled, request, peer: request.op ?? "", now: now)
            return (verdict, wasIdle && repeats.dueAt != nil)
        }
        if isFirst {
            // What repeats itself costs one record in the interval, and no thread for each.
            let later: @Sendable () -> Void = { [self] in
                Clock.sleep(milliseconds: HaltRepeats.interval / 1_000_000)
                recordRepeats()
            }
            if !ThreadStart.detached(later) { recordRepeats() }
        }
        if case .counted(let isReasonRecorded) = verdict {
            return reply(HaltReport(pulled, isDurable: isReasonRecorded))
        }
        let record: @Sendable () -> Void = { [self] in
            let report = killSwitch.record(pulled, request)
            repeats.withLock { $0.wrote(request, peer: request.op ?? "", isDurable: report.durable) }
            if !report.durable { keep(pulled, request) }
            reply(report)
        }
        if !ThreadStart.detached(record) { record() }
    }
}
