/// What a word changed, and what was strange about it.
struct OrderChange: Equatable {
    var isDuplicate = false
    var isOutOfOrder = false
    var contradictions = 0
    /// More of it is filled than was known.
    var isFilledMore = false
    /// Its state is another one.
    var isMoved = false
}

// What is late, doubled, out of order or contradictory:
// - The same time, state and fill again: a duplicate. Without a time the same state and fill are a duplicate too, but
//   show that the venue still says so.
// - An earlier time than that of the last word: out of order. What it says to be filled counts when it is more; its state
//   does not. If it says that the order was finished, while a later word says that it is open: contradictory, still open.
// - A time that lies far ahead (`Telling.lateAfterMs`) is not believed: as if none had been told.
// - The same time: the state that is further along the way is the later.
// - A step that the table of transitions does not know, or less filled than before: contradictory. The state stays, and
//   the greater fill. But a venue's later word that a finished order is open, with something left of it, makes it UNKNOWN.
// - As much filled as was ordered: FILLED, whatever the word for it.
extension BookOrder {
    /// The state by which transitions are judged: behind `unknown` lies the one before it.
    var effectiveState: Order.State { state == .unknown ? stateBefore ?? .new : state }

    /// Takes its venue's word.
    mutating func hear(_ report: OrderReport, _ telling: Telling) -> OrderChange {
        var change = OrderChange()
        let old = state
        let isFirst = !isProven
        let isOlder = isBefore(telling.happenedMs, happenedMs)
        if !isFirst, report.state == state, report.filled == filled, !isOlder,
            telling.happenedMs == nil || telling.happenedMs == happenedMs
        {
            change.isDuplicate = true
            if telling.happenedMs == nil { seenMs = telling.atMs }
            return change
        }
        if isFirst { prove() }
        describe(report, isFirst: isFirst, isOlder: isOlder, &change)
        seenMs = telling.atMs
        fill(report, isOlder: isOlder, isSettled: isBefore(telling.happenedMs, filledMs), &change)
        if isOlder {
            change.isOutOfOrder = true
            if report.state.isFinal, !state.isFinal, state != .unknown {
                contradict(&change, "\(report.state.rawValue) before \(state.rawValue)")
            }
        } else {
            let isSameTime = telling.happenedMs != nil && telling.happenedMs == happenedMs
            let isSettled = isBefore(telling.happenedMs, filledMs)
            follow(report, isFirst: isFirst, isSameTime: isSameTime || isSettled, isProof: true, &change)
            if let happened = telling.happenedMs { happenedMs = happened }
        }
        finishFilled(&change)
        settle(old, telling.atMs, &change)
        return change
    }

    /// Takes a bot's word: it moves the order only as long as its venue never spoke of it.
    mutating func claim(_ report: OrderReport, _ telling: Telling, strategy: String) -> OrderChange {
        var change = OrderChange()
        let old = state
        let isOlder = isBefore(telling.happenedMs, saidMs)
        if said == report.state, isProven || filled == report.filled, !isOlder,
            telling.happenedMs == nil || telling.happenedMs == saidMs
        {
            change.isDuplicate = true
            return change
        }
        if self.strategy.isEmpty { self.strategy = strategy }
        if isOlder {
            change.isOutOfOrder = true
            if !isProven, report.filled > filled { filled = report.filled }
            return change
        }
        let isFirst = said == nil
        said = report.state
        if let happened = telling.happenedMs { saidMs = happened }
        if report.reduceOnly { isReduceOnly = true }
        if !isProven {
            describe(report, isFirst: isFirst, isOlder: false, &change)
            fill(report, isOlder: false, isSettled: false, &change)
            if state == .unknown, !report.state.isFinal {
                // Nobody can say: a bot's word that it is open is none of its venue's.
                if report.state != .unknown, effectiveState.mayBecome(report.state) { stateBefore = report.state }
            } else {
                follow(report, isFirst: isFirst, isSameTime: false, isProof: false, &change)
            }
            finishFilled(&change)
        } else if symbol != report.symbol || side != report.side {
            contradict(&change, "its bot says \(report.side.rawValue) \(report.symbol)")
        }
        settle(old, telling.atMs, &change)
        return change
    }

    /// Takes one fill of it, which was not told before.
    mutating func fill(_ report: FillReport, _ telling: Telling) -> OrderChange {
        var change = OrderChange()
        if isProven, !telling.isProof { return change }
        let old = state
        if telling.isProof {
            if !isProven { prove() }
            seenMs = telling.atMs
        }
        if symbol.isEmpty {
            symbol = report.symbol
            side = report.side
            currency = report.currency
        } else if symbol != report.symbol || side != report.side {
            contradict(&change, "a fill of \(report.side.rawValue) \(report.symbol)")
        }
        change.isOutOfOrder = isBefore(telling.happenedMs, filledMs)
        if !change.isOutOfOrder, let happened = telling.happenedMs { filledMs = happened }
        if let sum = fillsTotal.adding(report.quantity) { fillsTotal = sum }
        if fillsTotal > filled {
            let fitted = quantity == Decimal(0) || filled <= quantity
            filled = fillsTotal
            change.isFilledMore = true
            if fitted, quantity > Decimal(0), filled > quantity {
                contradict(&change, "filled \(filled) of \(quantity)")
            }
            // One that happened before its end, and only came later, is none after it.
            if state.isFinal, state != .filled, !isInferred, !isBefore(telling.happenedMs, happenedMs) {
                contradict(&change, "a fill after \(state.rawValue)")
                if telling.isProof, isBefore(happenedMs, telling.happenedMs),
                    quantity == Decimal(0) || filled < quantity
                {
                    reopen(as: .partiallyFilled)
                }
            }
        }
        if !state.isFinal, !(state == .unknown && !telling.isProof) {
            state = .partiallyFilled
            stateBefore = nil
        }
        finishFilled(&change)
        settle(old, telling.atMs, &change)
        return change
    }

    /// Its venue lists its open orders, and it is not among them: whether that changed anything.
    ///
    /// What was on the venue's book for a while is not there any more; of anything else nobody can say whether it was on
    /// its way there.
    mutating func miss(at atMs: UInt64) -> Bool {
        guard isOpen else { return false }
        // It was made and not sent: it cannot be there.
        if !isProven, state == .new { return false }
        let effective = effectiveState
        let wasThere = effective == .acknowledged || effective == .partiallyFilled || isReopened
        if isProven, wasThere, atMs &- sinceMs > 2_000 {
            let isFilled = quantity > Decimal(0) && filled >= quantity
            state = isFilled ? .filled : .canceled
            stateBefore = nil
            isInferred = !isFilled
            isReopened = false
        } else if state != .unknown {
            lose()
        } else {
            return false
        }
        changedMs = atMs
        return true
    }

    /// Nobody can say any more how far it is.
    mutating func lose() {
        stateBefore = effectiveState
        state = .unknown
    }

    /// From now on its venue's word counts, whatever bots said of it before.
    private mutating func prove() {
        isProven = true
        filled = Decimal(0)
        fillsTotal = Decimal(0)
        filledMs = nil
    }

    /// What it is: what was not known is taken, and what cannot change is compared.
    private mutating func describe(
        _ report: OrderReport,
        isFirst: Bool,
        isOlder: Bool,
        _ change: inout OrderChange
    ) {
        if !symbol.isEmpty, symbol != report.symbol || side != report.side {
            contradict(&change, "it was \(side.rawValue) \(symbol), now \(report.side.rawValue) \(report.symbol)")
        }
        if symbol.isEmpty || isFirst {
            symbol = report.symbol
            side = report.side
        }
        if quantity == Decimal(0) || (!isOlder && report.quantity > Decimal(0)) { quantity = report.quantity }
        if !isOlder || price == nil { price = report.price ?? price }
        if currency.isEmpty { currency = report.currency }
        if report.reduceOnly { isReduceOnly = true }
        if !isOlder, !report.note.isEmpty || !note.isEmpty { note = report.note }
    }

    /// How much is filled: never less than before.
    private mutating func fill(
        _ report: OrderReport,
        isOlder: Bool,
        isSettled: Bool,
        _ change: inout OrderChange
    ) {
        if report.filled > filled {
            if isProven, state.isFinal, state != .filled, !isInferred, !isOlder {
                contradict(&change, "filled \(report.filled) after \(state.rawValue)")
            }
            let fitted = filled <= quantity
            filled = report.filled
            change.isFilledMore = true
            if fitted, quantity > Decimal(0), filled > quantity {
                contradict(&change, "filled \(filled) of \(quantity)")
            }
        } else if report.filled < filled, !isOlder, !isSettled, report.state != .filled || report.filled > Decimal(0) {
            contradict(&change, "filled \(report.filled) after \(filled)")
        }
        // FILLED without a figure says that all of it is; with a smaller figure it cannot be true, and more is safer.
        if report.state == .filled, filled < quantity, !isOlder {
            if report.filled > Decimal(0) { contradict(&change, "FILLED with \(report.filled) of \(quantity)") }
            filled = quantity
            change.isFilledMore = true
        }
    }

    private mutating func follow(
        _ report: OrderReport,
        isFirst: Bool,
        isSameTime: Bool,
        isProof: Bool,
        _ change: inout OrderChange
    ) {
        let from = effectiveState
        var next = report.state
        if filled > Decimal(0), next == .new || next == .submitted || next == .acknowledged { next = .partiallyFilled }
        if isFirst || (isInferred && next.isFinal) {
            move(to: next, from: from)
        } else if isInferred, next != .unknown {
            contradict(&change, "\(next.rawValue) after it was listed no more")
            move(to: next, from: from)
        } else if next == .unknown {
            if !from.isFinal, state != .unknown { lose() }
        } else if next == from || from.mayBecome(next) {
            move(to: next, from: from)
        } else if isSameTime, next.progress < from.progress {
            change.isOutOfOrder = true
        } else {
            contradict(&change, "\(next.rawValue) after \(from.rawValue)")
            let isLeft = quantity == Decimal(0) || report.filled < quantity
            if isProof, from.isFinal, !next.isFinal, isLeft {
                // It may rest there: who says that it is gone has to be right.
                reopen(as: next)
                return
            }
            // It was spoken of: it is known again, and stays where it was.
            if state == .unknown { move(to: from, from: from) }
        }
    }

    private mutating func reopen(as next: Order.State) {
        stateBefore = next
        state = .unknown
        isReopened = true
        isInferred = false
    }

    private mutating func move(to next: Order.State, from: Order.State) {
        if next.isFinal { isReopened = false }
        state = next
        stateBefore = next == .unknown ? (from.isFinal ? .submitted : from) : nil
        isInferred = false
    }

    /// As much filled as was ordered is FILLED.
    private mutating func finishFilled(_ change: inout OrderChange) {
        guard quantity > Decimal(0), filled >= quantity, state != .filled, !isReopened else { return }
        if state.isFinal, !isInferred, change.contradictions == 0, !change.isOutOfOrder {
            contradict(&change, "\(state.rawValue) and filled \(filled) of \(quantity)")
        }
        move(to: .filled, from: state)
    }

    private mutating func settle(_ old: Order.State, _ atMs: UInt64, _ change: inout OrderChange) {
        if state != old {
            changedMs = atMs
            reach(atMs)
            change.isMoved = true
        }
        claimed = isProven && said != effectiveState ? said : nil
    }

    /// Notes when a state was reached first.
    private mutating func reach(_ atMs: UInt64) {
        switch state {
        case .submitted: submittedMs = submittedMs ?? atMs
        case .acknowledged: acknowledgedMs = acknowledgedMs ?? atMs
        case .partiallyFilled: firstFillMs = firstFillMs ?? atMs
        case .new, .filled, .canceled, .rejected, .expired, .unknown: break
        }
    }

    private mutating func contradict(_ change: inout OrderChange, _ text: String) {
        contradictions += 1
        contradiction = text
        change.contradictions += 1
    }
}

/// Whether a time is before another one; what was not said is not.
func isBefore(_ time: Int64?, _ other: Int64?) -> Bool {
    guard let time, let other else { return false }
    return time < other
}
