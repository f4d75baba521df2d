import Desk
import KillSwitch
import NIOCore

/// What all connections of one event loop share. Unchecked: only that loop's thread touches it.
final class LoopHand: @unchecked Sendable {
    let handle: HaltHandle
    let scribe: HaltScribe
    let door: HaltDoor
    let limits: ConnectionLimits
    let book: ConnectionBook
    /// The state directory's owner: on `estop.sock` they are who they are on the loopback.
    let owner: UInt32
    private var isTicking = false

    /// Between two looks at what is late. One timer for all connections: cancelling one of its own for each request would
    /// search all of them.
    private static let tick = TimeAmount.milliseconds(200)

    init(_ directory: StateDirectory, _ scribe: HaltScribe, _ door: HaltDoor, _ limits: ConnectionLimits) {
        handle = HaltHandle(directory)
        owner = directory.owner
        self.scribe = scribe
        self.door = door
        self.limits = limits
        book = ConnectionBook(most: limits.mostConnections)
    }

    /// Looks at what is late, for as long as there are connections.
    func watch(_ loop: any EventLoop) {
        guard !isTicking else { return }
        isTicking = true
        loop.assumeIsolated().scheduleTask(in: LoopHand.tick) { [self] in
            isTicking = false
            let now = loop.now
            for handler in book.handlers { handler.tick(now) }
            if !book.isEmpty { watch(loop) }
        }
    }
}

/// Who may halt without a token.
struct HaltDoor: Sendable {
    /// Whether anybody may, from wherever.
    var isOpen: Bool
    /// Whether everything comes through a proxy, so that an address says nothing about who asks.
    var isProxied = false
    /// Asks, on a thread that may wait, whose a token is; answers on any thread.
    var verify: @Sendable (String?, @escaping @Sendable (Result<BearerClaims, BearerRefusal>) -> Void) -> Void
    /// Somebody was told that they may not; must not wait.
    var refused: @Sendable (BearerRefusal, Asker) -> Void = { _, _ in }
}

/// How long and how much.
struct ConnectionLimits: Sendable {
    var mostConnections: Int
    var headTime: TimeAmount
    var bodyTime: TimeAmount
    var idleTime: TimeAmount
    /// Between a halt's head and everything being halted, where its body is not there: less than people notice, more than
    /// the next packet needs.
    var bodyPatience = TimeAmount.milliseconds(50)
    /// A halt's body that takes longer is not waited for to answer.
    var haltTime = TimeAmount.seconds(2)
    /// A halt's body beyond this is not looked at.
    var haltBytes = 65_536
    /// How long a record may take until it is answered that it is not on disk yet.
    var recordTime = TimeAmount.seconds(3)
    /// The longest body of other requests: whoever announces a longer one is not asked to send it.
    var longestBody = 4_194_304
}
