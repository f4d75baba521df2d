extension RunbookLog {
    /// A liquidation began.
    static func started(_ liquidation: Liquidation) -> Decision.LogLine {
        let unheard =
            liquidation.unheard.isEmpty
            ? "" : "; not heard, so what they hold is not known: \(liquidation.unheard.joined(separator: ", "))"
        return about(
            liquidation,
            .warning,
            "liquidation_started",
            "ordered by \(liquidation.by): \(liquidation.holdings.count) positions of "
                + "\(liquidation.account ?? "all accounts"), slippage at most \(liquidation.maxSlippage), "
                + "within \(duration(liquidation.withinMs)): \(liquidation.reason)\(unheard)",
            [
                .init("operator", liquidation.by), .init("positions", "\(liquidation.holdings.count)"),
                .init("max_slippage", liquidation.maxSlippage.description),
                .init("within_ms", "\(liquidation.withinMs)"),
            ]
        )
    }

    /// A slice was sent.
    static func selling(
        _ liquidation: Liquidation,
        _ key: PositionKey,
        _ quantity: Decimal,
        limit: Decimal,
        number: UInt64
    ) -> Decision.LogLine {
        about(
            liquidation,
            key,
            .info,
            "liquidation_slice",
            "closing \(quantity), no \(key.side == .long ? "lower" : "higher") than \(limit)",
            [
                .init("quantity", quantity.description), .init("limit", limit.description),
                .init("number", "\(number)"),
            ]
        )
    }

    /// A slice was not taken, or nobody answered.
    static func notSold(_ liquidation: Liquidation, _ key: PositionKey, _ words: String) -> Decision.LogLine {
        about(liquidation, key, .error, "liquidation_refused", "not closed, \(words)", [.init("text", words)])
    }

    /// Nothing can be sent now.
    static func waiting(_ liquidation: Liquidation, _ key: PositionKey, _ why: String) -> Decision.LogLine {
        about(liquidation, key, .warning, "liquidation_waiting", "waits: \(why)", [.init("reason", why)])
    }

    /// A position is done, or the rest of it is left.
    static func finished(_ liquidation: Liquidation, _ place: Int) -> Decision.LogLine {
        let (key, holding) = (liquidation.holdings.keys[place], liquidation.holdings.values[place])
        let isDone = holding.state == .done
        return about(
            liquidation,
            key,
            isDone ? .info : .error,
            isDone ? "liquidation_closed" : "liquidation_left",
            isDone ? "closed \(holding.started)" : "\(holding.held) of \(holding.started) left: \(holding.why)",
            [
                .init("quantity", holding.started.description), .init("left", holding.held.description),
                .init("reason", holding.why), .init("average_price", holding.averagePrice?.description),
                .init("slippage", holding.slippage(key.side)?.description),
            ]
        )
    }

    /// An operator stopped it.
    static func stopped(_ liquidation: Liquidation, _ action: OperatorAction) -> Decision.LogLine {
        about(
            liquidation,
            .warning,
            "liquidation_stopped",
            "stopped by \(action.name): \(action.reason)",
            [.init("operator", action.name)]
        )
    }

    /// It is over.
    static func ended(_ liquidation: Liquidation) -> Decision.LogLine {
        let left = liquidation.holdings.count - liquidation.done
        let slippage = liquidation.slippage?.description
        return about(
            liquidation,
            left == 0 ? .info : .error,
            "liquidation_ended",
            "\(liquidation.done) of \(liquidation.holdings.count) positions closed, \(left) left; "
                + "slippage \(slippage ?? "unknown")",
            [.init("done", "\(liquidation.done)"), .init("left", "\(left)"), .init("slippage", slippage)]
        )
    }

    private static func about(
        _ liquidation: Liquidation,
        _ level: Decision.LogLine.Level,
        _ event: String,
        _ text: String,
        _ fields: [Decision.LogLine.Field]
    ) -> Decision.LogLine {
        line(
            level,
            "liquidation",
            event,
            "LIQUIDATION \(liquidation.id): \(text)",
            [.init("id", liquidation.id)] + fields
        )
    }

    private static func about(
        _ liquidation: Liquidation,
        _ key: PositionKey,
        _ level: Decision.LogLine.Level,
        _ event: String,
        _ text: String,
        _ fields: [Decision.LogLine.Field]
    ) -> Decision.LogLine {
        about(
            liquidation,
            level,
            event,
            "\(key.symbol) \(key.side.rawValue) in \(key.accountKey): \(text)",
            place(key.venue, key.account, key.symbol) + [.init("side", key.side.rawValue)] + fields
        )
    }
}
