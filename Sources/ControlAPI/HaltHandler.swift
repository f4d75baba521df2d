import Desk
import HTTPTypes
import KillSwitch
import NIOCore
import NIOHTTPTypes

/// Stands right behind the HTTP decoder of one connection and answers the requests that halt, itself: on the event loop,
/// without an executor, a lock that others hold, or a disk. Also keeps the connection's limits, and the order of answers.
///
/// Invariants (ControlAPITests/HaltHandlerTests): a request to a halting path is on the page when its body has ended, is
/// too long, breaks off, or is not there a moment after the head, and never twice; answers come in the order of the requests, whoever gives
/// them; a request that is not for a halt goes on unchanged; whatever is refused is refused in words before the
/// connection ends.
final class HaltHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// One request whose answer is still to come, in the order in which they came.
    enum Slot {
        /// Answered here.
        case own(Int, APIAnswer?, closes: Bool)
        /// Answered by the server behind; its parts wait until those before it are answered.
        case passed(parts: [HTTPRequestPart], isForwarded: Bool)
    }

    /// The halt whose body is coming in.
    struct Halting {
        var slot: Int
        var asker: Asker
        var needsToken: Bool
        var body: [UInt8] = []
        /// On the page, or refused.
        var isPulled = false
        /// Nothing that comes of the body now is looked at.
        var isOver = false
        /// Its moment has begun.
        var hasPatience = false
    }

    /// A halt that was pulled before its body was there: it is answered when both are known, what became of it and what
    /// the body says.
    struct Ahead {
        var slot: Int
        var asker: Asker
        var answer: HaltAnswer?
        var body: HaltBody?
    }

    /// What is done when its time has come.
    enum Due {
        case head, body, halt, idle, linger
    }

    /// Most parts of requests that wait behind a halt on the same connection.
    private static let mostHeld = 1_024
    /// How long a connection that ends waits for the other side to end it too: what was sent is not thrown away.
    static let linger = TimeAmount.seconds(1)

    let hand: LoopHand
    let peer: Peer?
    var slots: [Slot] = []
    private var nextSlot = 0
    var halting: Halting?
    var ahead: [Ahead] = []
    /// Between a request's head and its end.
    var isInside = false
    /// Whether the request that is coming in goes on to the server behind as it comes.
    private var isForwarding = false
    var hasAnswerBegun = false
    /// Whether the connection ends after the answer that the server behind gives now.
    var closesAfterPassed = false
    private var held = 0
    private var hasDeferredRead = false
    /// Nothing more is read: what came is no HTTP, or too late.
    var isBroken = false
    /// The other side sends nothing more.
    var hasInputEnded = false
    /// Nothing more is written.
    var isClosing = false
    private var due: (at: NIODeadline, what: Due)?
    var early: [(slot: Int, at: NIODeadline, answer: HaltAnswer)] = []
    private var context: ChannelHandlerContext?

    /// - Parameter peer: who is on the other side, where it is `estop.sock`.
    init(_ hand: LoopHand, peer: Peer? = nil) {
        self.hand = hand
        self.peer = peer
    }

    // MARK: - The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { opened(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        hand.book.remove(self)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    private func opened(_ context: ChannelHandlerContext) {
        wait(hand.limits.headTime, .head)
        for other in hand.book.add(self) { other.makeRoom() }
        hand.watch(context.eventLoop)
    }

    func channelInactive(context: ChannelHandlerContext) {
        due = nil
        early = []
        hand.book.remove(self)
        // Whoever asked for a halt and went away meant it.
        if halting != nil { endBody(context) }
        isClosing = true
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasInputEnded = true
        if halting != nil { endBody(context) }
        if isClosing { return context.channel.close(promise: nil) }
        // The server behind would end the connection at once, and with it the answers that are still to come.
        if slots.isEmpty { context.fireUserInboundEventTriggered(event) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if halting != nil {
            // The body is not HTTP: the halt is.
            endBody(context)
            halting = nil
            isInside = false
            isBroken = true
            if slots.isEmpty, !isClosing { close(context) }
        } else if isBroken {
            // It has been dealt with: what follows must not end the connection before its answer.
        } else if haltsByItsBeginning(context) {
            // Its head is too long, or no HTTP, or broke off: the halt stands.
        } else if let refusal = BadRequest.refusal(for: error, LastBytes.line(context)) {
            refuse(refusal, context)
        } else {
            context.fireErrorCaught(error)
        }
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing, !isBroken else { return }
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            isInside = true
            isForwarding = false
            hand.book.touch(self)
            begin(head, context)
        case .body(let bytes):
            if halting == nil { return hold(part, context) }
            take(bytes, context)
        case .end:
            guard isInside else { return }
            isInside = false
            LastBytes.requestEnded(context)
            if halting == nil {
                hold(part, context)
                if slots.count == 1 { due = nil }
            } else {
                endBody(context)
                halting = nil
                // Its answer may have been given before its end.
                if slots.isEmpty { wait(hand.limits.idleTime, .idle) }
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        waitForBody(context)
        context.fireChannelReadComplete()
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let began = Clock.boottime()
        let path = head.method == .post ? HaltPaths.named(by: head.path ?? "") : nil
        let isHalt = path != nil
        if let expected = head.headerFields[.expect] {
            let isContinue = expected.lowercased() == "100-continue"
            // Whatever a halt expects, it is a halt.
            guard isContinue || isHalt else {
                isInside = false
                return refuse(
                    APIRefusal(417, "expectation_failed", "only 'Expect: 100-continue' can be expected here"),
                    context
                )
            }
            if isContinue, slots.isEmpty, isHalt || !isTooLong(head) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        }
        guard let path else {
            slots.append(.passed(parts: [.head(head)], isForwarded: false))
            held += 1
            wait(hand.limits.bodyTime, .body)
            return advance(context)
        }
        let slot = newSlot()
        slots.append(.own(slot, nil, closes: head.headerFields[.connection]?.lowercased() == "close"))
        let origin = Origin(
            head,
            context.channel.remoteAddress,
            peer,
            owner: hand.owner,
            isProxied: hand.door.isProxied
        )
        halting = Halting(
            slot: slot,
            asker: Asker(path: path, from: origin.description, began: began, peer: peer, token: origin.token),
            needsToken: !hand.door.isOpen && !origin.mayHalt
        )
        wait(hand.limits.haltTime, .halt)
    }

    private func isTooLong(_ head: HTTPRequest) -> Bool {
        head.headerFields[.contentLength].flatMap { Int($0) }.map { $0 > hand.limits.longestBody } ?? false
    }

    func newSlot() -> Int {
        nextSlot += 1
        return nextSlot
    }

    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard var now = halting, !now.isOver else { return }
        guard now.body.count + bytes.readableBytes <= hand.limits.haltBytes else { return endBody(context) }
        halting = nil
        now.body.append(contentsOf: bytes.readableBytesView)
        halting = now
    }

    private func hold(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        // Its answer may have been given before its end: the server behind reads on all the same.
        if isForwarding { return context.fireChannelRead(wrapInboundOut(part)) }
        guard case .passed(var parts, isForwarded: false)? = slots.last else { return }
        slots[slots.count - 1] = .passed(parts: [], isForwarded: false)
        parts.append(part)
        held += 1
        slots[slots.count - 1] = .passed(parts: parts, isForwarded: false)
    }

    /// Hands the next request to the server behind.
    func forward(_ parts: [HTTPRequestPart], _ context: ChannelHandlerContext) {
        slots[0] = .passed(parts: [], isForwarded: true)
        held -= parts.count
        isForwarding = slots.count == 1 && halting == nil && isInside
        for part in parts { context.fireChannelRead(wrapInboundOut(part)) }
        context.fireChannelReadComplete()
        guard hasDeferredRead else { return }
        hasDeferredRead = false
        context.read()
    }

    /// A request that was to be handed on is not.
    func forget(_ parts: [HTTPRequestPart]) { held -= parts.count }

    func read(context: ChannelHandlerContext) {
        // One connection cannot fill the memory by asking on behind a halt.
        if held > HaltHandler.mostHeld { hasDeferredRead = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        passOn(data, promise, context)
    }

    /// Whether nothing is asked over it now.
    var isIdle: Bool { slots.isEmpty && !isClosing }

    // MARK: - Time

    func wait(_ time: TimeAmount, _ what: Due) {
        guard let context else { return }
        due = (context.eventLoop.now + time, what)
    }

    func endWait() { due = nil }

    /// The host ends.
    func end() { context?.channel.close(promise: nil) }

    /// Does what is due.
    func tick(_ now: NIODeadline) {
        guard let context else { return }
        while let first = early.first, first.at <= now { finish(first.slot, first.answer.answer, context) }
        guard let due, due.at <= now else { return }
        self.due = nil
        switch due.what {
        case .head:
            guard slots.isEmpty, !haltsByItsBeginning(context) else { return }
            refuse(APIRefusal(408, "too_slow", "the head of the request did not come in time"), context)
        case .body: refuse(APIRefusal(408, "too_slow", "the body of the request did not come in time"), context)
        case .halt:
            endBody(context)
            // It is answered; what still comes of it is not waited for without end.
            if self.due == nil { wait(hand.limits.bodyTime, .idle) }
        case .idle: if slots.isEmpty { close(context) }
        case .linger: context.channel.close(promise: nil)
        }
    }

    /// There are too many connections, and this one has been idle longest.
    private func makeRoom() {
        guard let context, isIdle else { return }
        let refusal = APIRefusal(503, "too_many_connections", "there are too many connections: try again")
        isClosing = true
        // At once: whoever says nothing has nothing on the way that could be lost.
        let channel = context.channel
        write(APIAnswer(refusing: refusal), closes: true, context).whenComplete { _ in channel.close(promise: nil) }
    }
}
