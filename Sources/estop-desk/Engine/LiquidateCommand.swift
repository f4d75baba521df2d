import Console
import Desk
import KillSwitch
import SafetyEngine

/// `estop liquidate`: sells everything in slices, with a price cap and a deadline; works while halted.
enum LiquidateCommand {
    static let command = CommandTable.Command(
        "liquidate",
        summary: "sell everything in slices, within a price cap and a time; works while halted",
        positionals: [.init("REASON", .optionalWords)],
        options: [
            .init("account", .text("ACCOUNT"), summary: "only this account (venue/account)"),
            .init("max-slippage", .text("FRACTION"), summary: "the cap, a fraction (default 0.05: 5 %)"),
            .init("time-limit", .duration, summary: "the deadline from now (default 300s)"),
            .init("status", summary: "say how far it has come, and do nothing"),
            .init("stop", summary: "stop it: nothing more is sent"),
        ] + SaleConfirmation.options,
        discussion: [
            "No slice trades at a worse price than the market's at the start less the cap (more, for shorts). What is not",
            "sold by the deadline is named with why. --status says how far it is, --stop ends it.",
            "It goes on after --wait is over: --wait as long as --time-limit waits for its end.",
        ] + SaleConfirmation.discussion
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        if arguments.flag("status") { return HostQuestion.show(arguments) { show($0.liquidation, arguments) } }
        if arguments.flag("stop") { return stop(arguments) }
        let withinMs = arguments.duration("time-limit") ?? Liquidation.defaultMs
        guard let cap = arguments.value("max-slippage").map({ Decimal($0) }) ?? Liquidation.defaultSlippage else {
            return ChosenDesk.fail("--max-slippage is no number", arguments, status: UsageError.exitStatus)
        }
        if let why = Liquidation.objection(maxSlippage: cap, withinMs: withinMs) {
            return ChosenDesk.fail(why, arguments, status: UsageError.exitStatus)
        }
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let reason = try arguments.neededReason()
            let account = arguments.value("account")
            let held = try host.view().positions.filter { position in
                account.map { $0 == position.account || $0 == "\(position.venue)/\(position.account)" } ?? true
            }
            let what = held.map { position in
                "sell \(position.quantity) \(position.symbol) (\(position.side.rawValue)) at "
                    + "\(position.venue)/\(position.account), worth \(EngineText.money(position.value, or: "unpriced"))"
            }
            try SaleConfirmation.ask(what.isEmpty ? ["no position is known to be held"] : what, arguments)
            return host.act(
                .liquidate(account: account, maxSlippage: cap, withinMs: withinMs),
                reason: reason,
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "nothing is held"
            )
        }
    }

    private static func stop(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let reason = try arguments.neededReason()
            return host.act(
                .stopLiquidation,
                reason: reason,
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "the liquidation is stopped: nothing more of it is sent"
            )
        }
    }

    private static func show(_ state: EngineView.LiquidationState?, _ arguments: Arguments) -> Int32 {
        if arguments.json {
            EngineJSON.write(state)
            return 0
        }
        guard let state else {
            Output.standard.line("nothing was liquidated")
            return 0
        }
        let word = state.state.rawValue.split(separator: "_").joined(separator: " ")
        let slippage = state.slippage.map { "\($0)" } ?? "unknown"
        Output.standard.line(
            VisibleText.line(
                "\(state.id), by \(state.by) (\(state.reason)): \(word), \(state.done) done, \(state.left) left, "
                    + "slippage \(slippage) of at most \(state.maxSlippage), "
                    + "\(EngineText.age(state.timeLeftMs)) left"
            )
        )
        var table = TextTable([
            .init("POSITION"), .init("STATE"), .init("HELD", .right), .init("OF", .right), .init("REFERENCE", .right),
            .init("AVERAGE", .right), .init("SLIPPAGE", .right), .init("WHY"),
        ])
        for holding in state.positions {
            let figure = { (value: Decimal?) in value.map { "\($0)" } ?? "-" }
            table.add([
                .init("\(holding.venue)/\(holding.account)/\(holding.symbol)/\(holding.side.rawValue)"),
                .init(holding.state, holding.state == "left" ? .bad : holding.state == "done" ? .good : .plain),
                .init("\(holding.left)"), .init("\(holding.quantity)"), .init(figure(holding.reference)),
                .init(figure(holding.averagePrice)), .init(figure(holding.slippage)), .init(holding.reason),
            ])
        }
        EngineText.write(table, empty: "nothing was held")
        if !state.unheard.isEmpty {
            Output.standard.line(
                VisibleText.line("not heard, so what they hold is not known: \(state.unheard.joined(separator: ", "))")
            )
        }
        return 0
    }
}
