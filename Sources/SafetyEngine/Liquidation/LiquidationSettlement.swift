/// What became of a slice, by what its venue says of its order and of the position.
///
/// Invariant (SafetyEngineTests/LiquidationSettlementTests): while it may still trade, or its venue has not shown what it
/// sold, it is open, and no other one is sent: nothing is sold twice blindly.
enum LiquidationSettlement: Equatable {
    /// It may still trade, or nobody knows yet.
    case open
    /// It came to its end, and sold so much.
    case sold(Decimal)
    /// Its venue took it and refused it then.
    case rejected(String)
    /// It was not taken, or nobody answered: it is tried again by the rules of all closes.
    case dropped

    init(
        _ slice: LiquidationHolding.Slice,
        _ progress: ExitProgress,
        _ order: BookOrder?,
        _ position: BookPosition,
        at atMs: UInt64,
        retries: Int
    ) {
        let held = position.quantity ?? Decimal(0)
        if let order {
            guard order.state.isFinal else {
                self = .open
                return
            }
            if order.state == .rejected, order.filled == Decimal(0) {
                self = .rejected(order.note.isEmpty ? "rejected by its venue" : order.note)
                return
            }
            let isShown = slice.before.subtracting(order.filled).map { held <= $0 } ?? false
            let isPatient = LiquidationSettlement.isSeen(position, after: order.changedMs)
            self = order.filled == Decimal(0) || isShown || isPatient ? .sold(order.filled) : .open
            return
        }
        switch progress.phase {
        case .proposed: self = .dropped
        case .underWay: self = .open
        case .accepted(let doneMs):
            let fallen = slice.before.subtracting(held) ?? Decimal(0)
            let isShown = fallen >= slice.quantity
            self =
                isShown || LiquidationSettlement.isSeen(position, after: doneMs)
                ? .sold(max(Decimal(0), fallen)) : .open
        case .refused:
            let isDue = progress.isDue(at: atMs, retries: retries, seenMs: position.seenMs)
            self = isDue || progress.isExhausted(retries: retries) ? .dropped : .open
        }
    }

    /// Whether a venue spoke of a position long enough after a moment to have counted what happened then.
    private static func isSeen(_ position: BookPosition, after ms: UInt64) -> Bool {
        guard let seenMs = position.seenMs else { return false }
        return seenMs > ms && seenMs - ms > ExitProgress.settleMs
    }
}
