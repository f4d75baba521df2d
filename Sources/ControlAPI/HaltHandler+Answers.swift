import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers, in the order of their requests, and the connection's end.
extension HaltHandler {
    /// Gives what is due: own answers that are ready, then the next request to the server behind.
    func advance(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, !isClosing else { return }
        while let first = slots.first {
            switch first {
            case .own(_, nil, _), .passed(_, isForwarded: true): return
            case .own(_, let answer?, let closes):
                slots.removeFirst()
                let isLast = closes || (slots.isEmpty && (isBroken || hasInputEnded))
                let written = write(answer, closes: isLast, context)
                if isLast { return close(after: written, context) }
                if slots.isEmpty, !isInside { wait(hand.limits.idleTime, .idle) }
            case .passed(let parts, isForwarded: false): forward(parts, context)
            }
        }
    }

    /// What the server behind answers.
    func passOn(_ data: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        // Its request was refused meanwhile.
        guard !isClosing, case .passed(_, isForwarded: true)? = slots.first else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.status.kind != .informational {
                hasAnswerBegun = true
                if head.headerFields[.connection]?.lowercased() == "close" { closesAfterPassed = true }
            }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            hasAnswerBegun = false
            slots.removeFirst()
            let isLast = closesAfterPassed || (slots.isEmpty && (isBroken || hasInputEnded))
            guard isLast else {
                context.writeAndFlush(data, promise: promise)
                if slots.isEmpty, !isInside { wait(hand.limits.idleTime, .idle) }
                return advance(context)
            }
            let written: EventLoopPromise<Void> = promise ?? context.eventLoop.makePromise()
            context.writeAndFlush(data, promise: written)
            close(after: written.futureResult, context)
        }
    }

    /// Writes an answer of our own.
    func write(_ answer: APIAnswer, closes: Bool, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
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
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        return written.futureResult
    }

    /// Refuses in words, in its turn, what this connection asks now, and ends the connection after it.
    func refuse(_ refusal: APIRefusal, _ context: ChannelHandlerContext) {
        guard !isClosing, !isBroken else { return }
        isBroken = true
        endWait()
        let slot = Slot.own(newSlot(), APIAnswer(refusing: refusal), closes: true)
        if isInside, case .passed(let parts, let isForwarded)? = slots.last {
            if isForwarded, hasAnswerBegun {
                // It has its answer already, which ends the connection.
                closesAfterPassed = true
                return
            }
            forget(parts)
            slots[slots.count - 1] = slot
        } else {
            slots.append(slot)
        }
        isInside = false
        advance(context)
    }

    /// Ends the connection once what was written is on its way.
    private func close(after written: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
        // Nothing more is written; what was is sent first, however slowly it is read.
        isClosing = true
        slots = []
        wait(hand.limits.bodyTime, .linger)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.whenComplete { _ in bound.value.0.close(bound.value.1) }
    }

    /// Ends the connection, and gives the other side time to read what was sent.
    func close(_ context: ChannelHandlerContext) {
        isClosing = true
        if hasInputEnded { return context.channel.close(promise: nil) }
        wait(HaltHandler.linger, .linger)
        context.channel.close(mode: .output, promise: nil)
    }
}
