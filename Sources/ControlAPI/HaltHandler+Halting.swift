import Desk
import KillSwitch
import NIOCore

/// From a request that halts to the page, and to what is answered.
extension HaltHandler {
    /// The head of a halt is there and its body is not: it is given a moment, since it may name a scope, and a halt of
    /// everything cannot be taken back. Then everything is halted: no halt waits for the network.
    func waitForBody(_ context: ChannelHandlerContext) {
        guard let now = halting, !now.isPulled, !now.hasPatience else { return }
        halting?.hasPatience = true
        context.eventLoop.assumeIsolated().scheduleTask(in: hand.limits.bodyPatience) { [self] in
            guard let after = halting, after.slot == now.slot, !after.isPulled else { return }
            halting?.isPulled = true
            ahead.append(Ahead(slot: now.slot, asker: now.asker))
            pull(now, HaltBody(), isAheadOfBody: true, context)
        }
    }

    /// Halts for a request whose head cannot be read as a whole, where its beginning says that it is a halt: everything, since
    /// what it says of a scope is not known.
    ///
    /// - Returns: whether it is one.
    func haltsByItsBeginning(_ context: ChannelHandlerContext) -> Bool {
        guard !isInside, !isBroken, !isClosing, let head = LastBytes.brokenHead(context), let path = head.haltPath
        else { return false }
        isBroken = true
        let slot = newSlot()
        slots.append(.own(slot, nil, closes: true))
        let origin = Origin(
            head.request,
            context.channel.remoteAddress,
            peer,
            owner: hand.owner,
            isProxied: hand.door.isProxied
        )
        let asker = Asker(
            path: path,
            from: origin.description,
            began: Clock.boottime(),
            peer: peer,
            token: origin.token
        )
        halting = Halting(slot: slot, asker: asker, needsToken: !hand.door.isOpen && !origin.mayHalt)
        endBody(context)
        halting = nil
        return true
    }

    /// The body has ended, or is not waited for any longer: puts the halt on the page, unless that is done.
    func endBody(_ context: ChannelHandlerContext) {
        guard let now = halting, !now.isOver else { return }
        halting?.isOver = true
        endWait()
        let body = HaltBody(now.body)
        guard now.isPulled else {
            halting?.isPulled = true
            return pull(now, body, isAheadOfBody: false, context)
        }
        guard let place = ahead.firstIndex(where: { $0.slot == now.slot }) else { return }
        ahead[place].body = body
        if let place = early.firstIndex(where: { $0.slot == now.slot }) { early[place].answer.body = body }
        settle(place, context)
    }

    /// Puts the halt on the page, if it may, and has it recorded.
    private func pull(_ now: Halting, _ body: HaltBody, isAheadOfBody: Bool, _ context: ChannelHandlerContext) {
        guard now.needsToken else { return store(now.slot, body, now.asker, isAheadOfBody: isAheadOfBody, context) }
        let (loop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        hand.door.verify(now.asker.token) { [door = hand.door] found in
            loop.execute {
                let (handler, context) = bound.value
                switch found {
                case .success(let claims):
                    var asker = now.asker
                    asker.claims = claims
                    handler.store(now.slot, body, asker, isAheadOfBody: isAheadOfBody, context)
                case .failure(let refusal):
                    handler.ahead.removeAll { $0.slot == now.slot }
                    handler.finish(now.slot, APIAnswer(refusing: APIRefusal(refusal)), context)
                    door.refused(refusal, now.asker)
                }
            }
        }
    }

    private func store(
        _ slot: Int,
        _ body: HaltBody,
        _ asker: Asker,
        isAheadOfBody: Bool,
        _ context: ChannelHandlerContext
    ) {
        let pulled = hand.handle.pull(for: HaltRequest(scope: body.scope, reason: body.reason, source: .api))
        let (loop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        hand.scribe.record(pulled, body, asker, isAheadOfBody: isAheadOfBody) { answer in
            loop.execute {
                let (handler, context) = bound.value
                guard let place = handler.ahead.firstIndex(where: { $0.slot == slot }) else {
                    return handler.finish(slot, answer.answer, context)
                }
                handler.ahead[place].answer = answer
                handler.ahead[place].asker = asker
                handler.settle(place, context)
            }
        }
        // A disk that does not move keeps nobody from hearing that the page does.
        let answer = HaltAnswer(
            body: ahead.first { $0.slot == slot }?.body ?? body,
            isTaken: pulled.onPage,
            isDurable: false,
            isActive: pulled.onPage,
            generation: pulled.word.generation,
            gates: nil,
            id: pulled.id,
            isAheadOfBody: isAheadOfBody,
            coversAll: pulled.coversAll
        )
        early.append((slot, loop.now + hand.limits.recordTime, answer))
    }

    /// Answers a halt that was pulled before its body, once both are known: its reason joins as a note.
    private func settle(_ place: Int, _ context: ChannelHandlerContext) {
        let now = ahead[place]
        guard var answer = now.answer, let body = now.body else { return }
        ahead.remove(at: place)
        answer.body = body
        let (loop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        hand.scribe.explain(answer, now.asker) { answer in
            let made = answer.answer
            loop.execute { bound.value.0.finish(now.slot, made, bound.value.1) }
        }
    }

    func finish(_ slot: Int, _ answer: APIAnswer, _ context: ChannelHandlerContext) {
        early.removeAll { $0.slot == slot }
        let place = slots.firstIndex { if case .own(slot, nil, _) = $0 { true } else { false } }
        guard let place, case .own(_, _, let closes) = slots[place] else { return }
        slots[place] = .own(slot, answer, closes: closes)
        advance(context)
    }
}
