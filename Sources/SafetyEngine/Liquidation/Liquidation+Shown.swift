extension EngineView {
    /// A liquidation, as it stands (FEATURES row F8).
    public struct LiquidationState: Sendable, Equatable, Codable {
        /// How far it is as a whole.
        public enum State: String, Sendable, Codable, CaseIterable {
            /// It sells, or waits for answers.
            case inProgress = "in_progress"
            /// Everything is sold.
            case done
            /// Nothing more could be done before the deadline, and something is left.
            case left
            /// The deadline passed, and something is left.
            case timeUp = "time_up"
            /// An operator stopped it, and something is left.
            case stopped
        }

        /// One position of it.
        public struct Holding: Sendable, Equatable, Codable {
            /// The venue.
            public var venue: String
            /// The account there.
            public var account: String
            /// The symbol as the venue writes it.
            public var symbol: String
            /// Which way it points.
            public var side: Position.Side
            /// How much was held when it began.
            public var quantity: Decimal
            /// How much less is held now, whoever sold it.
            public var closed: Decimal
            /// How much is held still.
            public var left: Decimal
            /// The market's price when selling began; nil: there was none.
            public var reference: Decimal?
            /// The worst price that it may trade at; nil: no reference.
            public var limit: Decimal?
            /// The currency of these prices; empty: the desk's base currency.
            public var currency: String
            /// The average price of what was sold; nil: nothing was, or it is not known.
            public var averagePrice: Decimal?
            /// What was lost against the reference, as a fraction of it; negative: gained. Nil: not known.
            public var slippage: Decimal?
            /// How far it has come: `waiting`, `working`, `done`, `left`.
            public var state: String
            /// Why it waits or is left; empty: nothing is wrong.
            public var reason: String
        }

        /// Its name.
        public var id: String
        /// The operator who ordered it.
        public var by: String
        /// Why.
        public var reason: String
        /// The account that it sells; nil: all.
        public var account: String?
        /// The cap, as a fraction.
        public var maxSlippage: Decimal
        /// How long it may take, in milliseconds.
        public var withinMs: UInt64
        /// Milliseconds since it began.
        public var startedAgeMs: UInt64
        /// Milliseconds until nothing more is sent; 0: nothing is.
        public var timeLeftMs: UInt64
        /// How far it is.
        public var state: State
        /// Who stopped it; nil: nobody.
        public var stoppedBy: String?
        /// Positions that are done.
        public var done: Int
        /// Positions that are not.
        public var left: Int
        /// What was lost against the references, as a fraction, weighted by what was sold at each; nil: not known.
        public var slippage: Decimal?
        /// The positions, by name.
        public var positions: [Holding]
        /// Accounts whose venue was not heard when it began.
        public var unheard: [String]

        /// Whether it still sells, or waits for answers.
        public var isActive: Bool { state == .inProgress }
    }
}

extension Liquidation {
    /// What was lost against the references, as a fraction, weighted by worth; what has no worth or no price is left out.
    /// Nil: nothing was sold, or it does not fit.
    public var slippage: Decimal? {
        var (lost, all) = (Decimal(0), Decimal(0))
        for place in holdings.indices {
            let holding = holdings.values[place]
            guard let weight = holding.weight, weight > Decimal(0),
                let slippage = holding.slippage(holdings.keys[place].side)
            else { continue }
            guard let part = weight.rounded(to: LiquidationHolding.places).multiplied(by: slippage),
                let more = lost.adding(part), let sum = all.adding(weight)
            else { return nil }
            (lost, all) = (more, sum)
        }
        return all > Decimal(0) ? lost.divided(by: all, places: LiquidationHolding.places)?.shortened : nil
    }

    /// Positions of which nothing is held any more.
    public var done: Int { holdings.values.count { $0.state == .done } }

    /// Milliseconds until nothing more is sent.
    func timeLeftMs(at atMs: UInt64) -> UInt64 { isActive && stop == nil ? deadlineMs - min(deadlineMs, atMs) : 0 }

    /// For people: which one runs, by whom, and how far it is.
    func words(at atMs: UInt64) -> String {
        "\(id) of \(by) runs (\(done) of \(holdings.count) positions done, "
            + "\(RunbookLog.duration(timeLeftMs(at: atMs))) left)"
    }

    private var shownState: EngineView.LiquidationState.State {
        guard let endedMs else { return .inProgress }
        if holdings.values.allSatisfy({ $0.state == .done }) { return .done }
        guard let over = over(at: endedMs) else { return .left }
        return over.sinceMs == stop?.atMs ? .stopped : .timeUp
    }

    /// For screens, commands and answers.
    public func shown(at atMs: UInt64) -> EngineView.LiquidationState {
        EngineView.LiquidationState(
            id: id,
            by: by,
            reason: reason,
            account: account,
            maxSlippage: maxSlippage,
            withinMs: withinMs,
            startedAgeMs: atMs.since(startedMs),
            timeLeftMs: timeLeftMs(at: atMs),
            state: shownState,
            stoppedBy: stop?.by,
            done: done,
            left: holdings.count - done,
            slippage: slippage,
            positions: holdings.indices.map { shown($0) },
            unheard: unheard
        )
    }

    private func shown(_ place: Int) -> EngineView.LiquidationState.Holding {
        let (key, holding) = (holdings.keys[place], holdings.values[place])
        return EngineView.LiquidationState.Holding(
            venue: key.venue,
            account: key.account,
            symbol: key.symbol,
            side: key.side,
            quantity: holding.started,
            closed: holding.closed,
            left: holding.held,
            reference: holding.reference,
            limit: holding.reference.flatMap { LiquidationSlices.limit($0, key.side, cap: maxSlippage) }?.shortened,
            currency: holding.currency,
            averagePrice: holding.averagePrice,
            slippage: holding.slippage(key.side),
            state: holding.state.rawValue,
            reason: holding.why
        )
    }
}
