import Desk
import HTTPTypes
import KillSwitch
import NIOCore
import NIOHTTPTypes

/// What all connections of one event loop share. Unchecked: only that loop's thread touches it.
final class LoopHand: @unchecked Sendable {
    let handle: HaltHandle
    let scribe: HaltScribe
    let door: HaltDoor
    let limits: ConnectionLimits
    let book: ConnectionBook

    init(_ directory: StateDirectory, _ scribe: HaltScribe, _ door: HaltDoor, _ limits: ConnectionLimits) {
        handle = HaltHandle(directory)
        self.scribe = scribe
        self.door = door
        self.limits = limits
        book = ConnectionBook(most: limits.mostConnections)
    }
}

/// Who may halt without a token.
struct HaltDoor: Sendable {
    /// Whether anybody may, from wherever.
    var isOpen: Bool
    /// Whether everything comes through a proxy, so that an address says nothing about who asks.
    var isProxied = false
    /// Asks, on a thread that may wait, whether a token is any good; answers on any thread.
    var verify: @Sendable (String?, @escaping @Sendable (BearerRefusal?) -> Void) -> Void
}

/// How long and how much.
struct ConnectionLimits: Sendable {
    var mostConnections: Int
    var headTime: TimeAmount
    var bodyTime: TimeAmount
    var idleTime: TimeAmount
    /// A halt's body that takes longer is not waited for.
    var haltTime = TimeAmount.seconds(2)
    /// A halt's body beyond this is not looked at.
    var haltBytes = 65_536
    /// How long a record may take until it is answered that it is not on disk yet.
    var recordTime = TimeAmount.seconds(3)
}

/// Stands right behind the HTTP decoder of one connection and answers the requests that halt, itself: on the event loop,
/// without an executor, a lock that others hold, or a disk. Also keeps the connection's limits, and the order of answers.
///
/// Invariants (ControlAPITests/HaltHandlerTests): a request to a halting path is on the page when its body has ended, is
/// too long, breaks off, or takes too long, and never twice; answers come in the order of the requests, whoever gives
/// them; a request that is not for a halt goes on unchanged.
final class HaltHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// One request whose answer is still to come, in the order in which they came.
    private enum Slot {
        /// Answered here.
        case own(Int, APIAnswer?, closes: Bool)
        /// Answered by the server behind; its parts wait until those before it are answered.
        case passed(parts: [HTTPRequestPart], isForwarded: Bool)
    }

    private struct Halting {
        var slot: Int
        var body: [UInt8] = []
        var needsToken: Bool
        var token: String?
        var from: String
        var isPulled = false
    }

    /// Most parts of requests that wait behind a halt on the same connection.
    private static let mostHeld = 1_024

    private let hand: LoopHand
    private var slots: [Slot] = []
    private var nextSlot = 0
    private var halting: Halting?
    private var isInside = false
    /// Whether the request that is coming in goes on to the server behind as it comes.
    private var isForwarding = false
    private var hasAnswerBegun = false
    private var held = 0
    private var hasDeferredRead = false
    private var isClosing = false
    private var timer: Scheduled<Void>?

    init(_ hand: LoopHand) { self.hand = hand }

    // MARK: - The connection

    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { opened(context) } }

    func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    private func opened(_ context: ChannelHandlerContext) {
        let channel = context.channel
        for channel in hand.book.add(channel) {
            channel.pipeline.fireUserInboundEventTriggered(TooManyConnections())
        }
        wait(hand.limits.headTime, context) { $0.late($1) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        hand.book.remove(context.channel)
        // Whoever asked for a halt and went away meant it.
        if halting != nil { pull(context) }
        isClosing = true
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is TooManyConnections:
            if slots.isEmpty {
                refuse(APIRefusal(503, "too_many_connections", "there are too many connections: try again"), context)
            }
        case ChannelEvent.inputClosed:
            if halting != nil { pull(context) }
            context.fireUserInboundEventTriggered(event)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if halting != nil {
            // The body is not HTTP: the halt is.
            pull(context)
            isClosing = true
            return
        }
        guard !isInside || slots.isEmpty else { return context.fireErrorCaught(error) }
        let text = "\(error)"
        if text.contains("eaderOverflow") || text.contains("too many header") {
            refuse(APIRefusal(431, "head_too_long", "the head of the request is too long"), context)
        } else {
            refuse(APIRefusal(400, "bad_request", "this is no HTTP/1.1 request: \(text)"), context)
        }
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            isInside = true
            isForwarding = false
            hand.book.touch(context.channel)
            begin(head, context)
        case .body(let bytes):
            if halting == nil { return hold(part, context) }
            take(bytes, context)
        case .end:
            isInside = false
            if halting == nil {
                hold(part, context)
                if slots.count == 1 { timer?.cancel() }
            } else {
                pull(context)
                halting = nil
            }
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let expects = head.headerFields[.expect]?.lowercased() == "100-continue"
        if expects, slots.isEmpty {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        guard head.method == .post, HaltPaths.contains(head.path ?? "") else {
            slots.append(.passed(parts: [.head(head)], isForwarded: false))
            held += 1
            wait(hand.limits.bodyTime, context) { $0.late($1) }
            return advance(context)
        }
        let slot = nextSlot
        nextSlot += 1
        slots.append(.own(slot, nil, closes: head.headerFields[.connection]?.lowercased() == "close"))
        let origin = Origin(head, context.channel.remoteAddress, isProxied: hand.door.isProxied)
        halting = Halting(
            slot: slot,
            needsToken: !hand.door.isOpen && !origin.isLocal,
            token: origin.token,
            from: origin.description
        )
        wait(hand.limits.haltTime, context) { handler, context in handler.pull(context) }
    }

    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard var now = halting, !now.isPulled else { return }
        guard now.body.count + bytes.readableBytes <= hand.limits.haltBytes else { return pull(context) }
        halting = nil
        now.body.append(contentsOf: bytes.readableBytesView)
        halting = now
    }

    // MARK: - Halting

    /// Puts the halt on the page, unless that is done, and has it recorded.
    private func pull(_ context: ChannelHandlerContext) {
        guard let now = halting, !now.isPulled else { return }
        halting?.isPulled = true
        timer?.cancel()
        let body = HaltBody(now.body)
        guard now.needsToken else { return pull(now.slot, body, now.from, context) }
        let (loop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        hand.door.verify(now.token) { refusal in
            loop.execute {
                let (handler, context) = bound.value
                if let refusal {
                    handler.finish(now.slot, APIAnswer(refusing: APIRefusal(refusal)), context)
                } else {
                    handler.pull(now.slot, body, now.from, context)
                }
            }
        }
    }

    private func pull(_ slot: Int, _ body: HaltBody, _ from: String, _ context: ChannelHandlerContext) {
        let request = HaltRequest(
            scope: body.scope,
            reason: body.reason,
            source: .api,
            op: body.user ?? "",
            from: body.source.map { "\(from) (\($0))" } ?? from
        )
        let pulled = hand.handle.pull(for: request)
        let (loop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        hand.scribe.record(pulled, request, body) { answer in
            loop.execute { bound.value.0.finish(slot, answer.answer, bound.value.1) }
        }
        // A disk that does not move keeps nobody from hearing that the page does.
        let early = HaltAnswer(
            body: body,
            isTaken: pulled.onPage,
            isDurable: false,
            isActive: pulled.onPage,
            generation: pulled.word.generation,
            gates: nil,
            id: pulled.id
        )
        loop.assumeIsolated().scheduleTask(in: hand.limits.recordTime) { [self] in
            finish(slot, early.answer, context)
        }
    }

    // MARK: - Answers, in order

    private func finish(_ slot: Int, _ answer: APIAnswer, _ context: ChannelHandlerContext) {
        let place = slots.firstIndex { if case .own(slot, nil, _) = $0 { true } else { false } }
        guard let place, case .own(_, _, let closes) = slots[place] else { return }
        slots[place] = .own(slot, answer, closes: closes)
        advance(context)
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

    /// Gives what is due: own answers that are ready, then the next request to the server behind.
    private func advance(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        while let first = slots.first {
            switch first {
            case .own(_, nil, _), .passed(_, isForwarded: true): return
            case .own(_, let answer?, let closes):
                slots.removeFirst()
                write(answer, closes: closes || isClosing, context)
                if closes || isClosing { return close(context) }
                if slots.isEmpty, halting == nil { idle(context) }
            case .passed(let parts, isForwarded: false):
                slots[0] = .passed(parts: [], isForwarded: true)
                held -= parts.count
                isForwarding = slots.count == 1 && halting == nil && isInside
                for part in parts { context.fireChannelRead(wrapInboundOut(part)) }
                context.fireChannelReadComplete()
                if hasDeferredRead {
                    hasDeferredRead = false
                    context.read()
                }
            }
        }
    }

    func read(context: ChannelHandlerContext) {
        // One connection cannot fill the memory by asking on behind a halt.
        if held > HaltHandler.mostHeld { hasDeferredRead = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        context.write(data, promise: promise)
        if case .head(let head) = part, head.status.kind != .informational { hasAnswerBegun = true }
        guard case .end = part else { return }
        hasAnswerBegun = false
        guard case .passed(_, isForwarded: true)? = slots.first else { return }
        context.flush()
        slots.removeFirst()
        if slots.isEmpty, !isInside { idle(context) }
        advance(context)
    }

    private func write(_ answer: APIAnswer, closes: Bool, _ context: ChannelHandlerContext) {
        var fields = HTTPFields()
        fields[.contentType] = answer.contentType
        fields[.contentLength] = String(answer.body.count)
        for header in answer.headers {
            if let name = HTTPField.Name(header.name) { fields[name] = header.value }
        }
        if closes { fields[.connection] = "close" }
        let head = HTTPResponse(status: HTTPResponse.Status(code: answer.status), headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        var buffer = context.channel.allocator.buffer(capacity: answer.body.count)
        buffer.writeBytes(answer.body)
        context.write(wrapOutboundOut(.body(buffer)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    // MARK: - Limits

    /// Refuses in words whatever this connection is doing, and ends it.
    private func refuse(_ refusal: APIRefusal, _ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        if slots.isEmpty { write(APIAnswer(refusing: refusal), closes: true, context) }
        close(context)
    }

    /// Ends the connection once what was written has had time to be read.
    private func close(_ context: ChannelHandlerContext) {
        isClosing = true
        timer?.cancel()
        let channel = context.channel
        channel.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    private func late(_ context: ChannelHandlerContext) {
        guard isInside else {
            guard slots.isEmpty else { return }
            return refuse(APIRefusal(408, "too_slow", "the head of the request did not come in time"), context)
        }
        isClosing = true
        if slots.count == 1, case .passed? = slots.first, !hasAnswerBegun {
            let refusal = APIRefusal(408, "too_slow", "the body of the request did not come in time")
            write(APIAnswer(refusing: refusal), closes: true, context)
        }
        close(context)
    }

    private func idle(_ context: ChannelHandlerContext) {
        wait(hand.limits.idleTime, context) { handler, context in
            guard handler.slots.isEmpty else { return }
            handler.close(context)
        }
    }

    private func wait(
        _ time: TimeAmount,
        _ context: ChannelHandlerContext,
        _ body: @escaping (HaltHandler, ChannelHandlerContext) -> Void
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            guard context.channel.isActive else { return }
            body(self, context)
        }
    }
}

/// Told to a connection that has to make room for others.
struct TooManyConnections: Sendable {}
