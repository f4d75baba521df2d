/// What of the exit rules, of a liquidation and of restarts does not happen by itself: rules tell somebody.
extension DeskReader {
    /// One position that should be closed and is not.
    struct DueExit: Sendable, Equatable {
        var position: PositionKey
        /// 2: a stop, which only costs more; 1: any other exit.
        var weight: Int
        /// Whether it is not tried any more.
        var isGivenUp: Bool
        /// Which rule, and by which figures.
        var reason: String
        /// Why it is not carried out.
        var why: String
        /// Profit (loss negative) so far, in the base currency; nil: unknown.
        var profit: Decimal?
    }

    /// Positions whose exit is due and not on its way, the gravest exit of each.
    static func dueExits(_ engine: Engine, _ valuation: Valuation, at atMs: UInt64) -> [DueExit] {
        guard !engine.exits.proposals.isEmpty else { return [] }
        let scene = ExitScene(engine.book, valuation, engine.dust, engine.mode, at: atMs, engine.settings)
        var due = Ledger<PositionKey, DueExit>()
        for proposal in engine.exits.proposals.values {
            let key = proposal.position
            guard let held = scene.heldPlace(key), !engine.exits.isBeingSold(key) else { continue }
            let retries = engine.settings.orders.retries
            let isGivenUp = proposal.progress.isExhausted(retries: retries)
            // What the cap proposes has an alert of its own, POSITION_CAP; what it cannot sell has none.
            if proposal.rule == .positionCap, !isGivenUp { continue }
            let why: String
            switch proposal.progress.phase {
            case .refused: why = proposal.progress.words(retries: retries)
            case .underWay where proposal.progress.attempts > 1:
                why = "refused before; try \(proposal.progress.attempts) is under way"
            default:
                let liquidation = engine.exits.liquidation?.standing(of: key)
                guard let blocker = liquidation ?? scene.blocker(proposal.rule, key, at: held) else { continue }
                why = blocker
            }
            let found = DueExit(
                position: key,
                weight: proposal.rule == .stopLoss || proposal.rule == .trailing ? 2 : 1,
                isGivenUp: isGivenUp,
                reason: "\(proposal.rule.words): \(proposal.reason)",
                why: why,
                profit: scene.worth(at: held).profit
            )
            if let other = due[key], (other.isGivenUp ? 1 : 0, other.weight) >= (isGivenUp ? 1 : 0, found.weight) {
                continue
            }
            due[key] = found
        }
        return due.values
    }

    /// A position of a liquidation of which nothing is sold now, and why.
    struct Standstill: Sendable, Equatable {
        var position: PositionKey
        var why: String
    }

    /// A slice that trades at once or never is not open for longer than this, in milliseconds.
    private static let sliceMs: UInt64 = ExitProgress.settleMs

    /// What a liquidation cannot sell, or has left. One that an operator stopped leaves nothing undone. A standstill ends with
    /// a fill: another try that nobody answered yet does not end it.
    static func standstills(_ engine: Engine, at atMs: UInt64) -> [Standstill] {
        guard let liquidation = engine.exits.liquidation, liquidation.stop == nil else { return [] }
        return liquidation.holdings.indices.compactMap { place in
            let (key, holding) = (liquidation.holdings.keys[place], liquidation.holdings.values[place])
            guard engine.book.positions[key]?.isHeld ?? false else { return nil }
            var why: String?
            switch holding.state {
            case .done: break
            case .waiting, .left: why = holding.why
            case .working:
                if !holding.why.isEmpty {
                    why = holding.why
                } else if holding.slice != nil, atMs.since(holding.sentMs) > sliceMs {
                    why = "its last order is not answered"
                }
            }
            return why.map { Standstill(position: key, why: $0) }
        }
    }

    /// What is done about a supervisor that is not well, in words; nil: nothing to say.
    func recovery(of name: String) -> String? { restarts[name]?.note }

    /// Whether nobody tries to restart a supervisor any more.
    func isLeftAlone(_ name: String) -> Bool { restarts[name]?.isLeftAlone ?? false }

    // MARK: - Samples

    func exit(_ measure: Measure, _ key: PositionKey) -> Sample {
        guard let place = book.positions.place(of: key), book.positions.values[place].isHeld else { return .gone }
        let found = due.first { $0.position == key }
        switch measure {
        case .exitDue: return .value(Decimal(found.map { $0.isGivenUp ? 0 : $0.weight } ?? 0), version: nil)
        case .exitFailed: return .value(Decimal(found?.isGivenUp == true ? 1 : 0), version: nil)
        default: return .gone
        }
    }

    func exits(_ measure: Measure, _ limit: inout Limit, _ visit: Visit) {
        for one in due {
            guard case .value(let value, let version) = exit(measure, one.position), limit.isPassed(by: value) else {
                continue
            }
            visit(.position(one.position), value, version, &limit)
        }
    }

    // MARK: - Words

    func exit(_ measure: Measure, _ key: PositionKey, _ figure: String) -> String {
        guard let found = due.first(where: { $0.position == key }) else { return "\(key): its exit is under way" }
        let sum = found.profit.map { profit in
            let amount = "\(profit.shown(places: 2)) \(settings.baseCurrency)"
            return profit.isNegative ? "; loss so far \(amount)" : "; profit so far \(amount)"
        }
        let what =
            measure == .exitFailed ? "could not be closed and is not tried again" : "is due to be closed and is not"
        return "\(key) \(what) (\(found.why)): \(found.reason)\(sum ?? "; the loss so far is not known")"
    }

    func standstill(_ figure: String) -> String {
        let named = standing.prefix(3).map { "\($0.position): \($0.why)" }.joined(separator: "; ")
        let more = standing.count > 3 ? " and \(standing.count - 3) more" : ""
        return
            "the liquidation stands still for \(figure) \(standing.count == 1 ? "position" : "positions"): \(named)\(more)"
    }
}
