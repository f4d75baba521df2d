import KillSwitch
import SafetyEngine

/// Who serves the connections of `estop.sock` that speak HTTP.
public protocol HTTPTaker: AnyObject, Sendable {
    /// Takes a connection over; must not wait.
    ///
    /// - Parameters:
    ///   - descriptor: the connected socket, which is the taker's own from now on.
    ///   - begun: what was read from it already.
    ///   - peer: who is on the other side.
    func serve(_ descriptor: Int32, begun: [UInt8], peer: Peer)
}

/// What the socket needs of the host behind it.
protocol ControlService: Sendable {
    /// Takes events, all or none; when there is no room, `whenEmptied` is called once there is again.
    func offer(
        _ events: [EngineLoop.Incoming],
        from peer: Peer,
        whenEmptied: @escaping @Sendable () -> Void
    ) -> EventOffer

    /// Why no event can be taken now; nil: it can.
    var objectionToEvents: String? { get }

    /// The desk's name; empty: it has none.
    var deskName: String { get }

    /// Lines were refused; their sender was told.
    func refused(_ count: Int, from peer: Peer)

    /// Answers a request: exactly once, or (a watch) again and again until `reply` says that nobody listens.
    func answer(
        _ request: ControlRequest,
        from peer: Peer,
        events: ControlCounts,
        reply: @escaping @Sendable (String) -> Bool
    )

    /// Who takes a connection over that speaks HTTP; nil: nobody.
    var takerOfHTTP: (any HTTPTaker)? { get }

    /// Halts at once; `reply` comes when the record is on disk, or could not be put there.
    func halt(_ request: HaltRequest, reply: @escaping @Sendable (HaltReport) -> Void)
}

/// The engine of a host, which may start later than the switch's own part and end before it.
protocol EngineService: ControlService {
    /// The switch may have changed; must not wait.
    func switchChanged()

    /// What is known of the halts in force; of one that is not among them nothing is. Must not wait.
    var verdicts: [HaltVerdict] { get }
}

extension ControlService {
    var deskName: String { "" }
}

/// What came over one connection so far.
struct ControlCounts: Sendable, Equatable {
    /// Lines.
    var lines = 0
    /// Events taken.
    var taken = 0
    /// Lines refused.
    var refused = 0

    /// The answer to `received`.
    ///
    /// - Parameters:
    ///   - isReady: whether events are taken now.
    ///   - why: why not; nil: they are, or it is not known.
    func line(isReady: Bool, why: String? = nil) -> String {
        var members: [JSON.Member] = [
            .init("lines", .number(lines)), .init("taken", .number(taken)), .init("refused", .number(refused)),
            .init("ready", .bool(isReady)),
        ]
        if let why { members.append(.init("why", .string(why))) }
        return JSON.object([.init("received", .object(members))]).line
    }
}
