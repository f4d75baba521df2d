import Console
import SafetyEngine

/// `estop positions`: what is held.
enum PositionsCommand {
    static let command = CommandTable.Command(
        "positions",
        summary: "what is held, by the venues' own word",
        discussion: ["A value that is not known is UNPRICED, never a guess. Exit status: 0; 1 without a host."]
    )

    static let price = CommandTable.Command(
        "positions price",
        summary: "say what was paid for a position whose cost nobody knows; exit rules may act on it from then on",
        positionals: [.init("SYMBOL"), .init("PRICE"), .init("REASON", .words)],
        options: [
            .init("venue", .text("VENUE"), required: true, summary: "the venue"),
            .init("account", .text("ACCOUNT"), required: true, summary: "the account there"),
            .init("stdin", summary: "read the passphrase, if one is set up, from standard input"),
        ]
    )

    @Sendable static func runPrice(_ arguments: Arguments) -> Int32 {
        let (symbol, text) = (arguments.positional("SYMBOL") ?? "", arguments.positional("PRICE") ?? "")
        guard let price = Decimal(text) else {
            Output.error.line("estop: PRICE has to be a number such as 64000.10, not '\(VisibleText.line(text))'")
            return UsageError.exitStatus
        }
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            host.act(
                .setEntryPrice(
                    venue: arguments.value("venue") ?? "",
                    account: arguments.value("account") ?? "",
                    symbol: symbol,
                    price: price
                ),
                reason: arguments.positional("REASON") ?? "",
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "the entry price of \(symbol) is \(price); what is known of it goes on from there"
            )
        }
    }

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        HostQuestion.show(arguments) { view in
            if arguments.json {
                EngineJSON.write(view.positions.map(PositionRow.init))
                EngineText.sayUnknownBesideJSON(view.positionListing)
                return 0
            }
            var table = TextTable([
                .init("SYMBOL"), .init("SIDE"), .init("VALUE \(view.money.currency)", .right),
                .init("PROFIT", .right), .init("QUANTITY", .right), .init("ENTRY", .right), .init("PRICE", .right),
                .init("HELD", .right), .init("VENUE"), .init("ACCOUNT"), .init("NOTE"),
            ])
            for position in view.positions {
                table.add([
                    .init(position.symbol), .init(position.side.rawValue),
                    .init(
                        EngineText.money(position.value, or: "UNPRICED"),
                        position.value == nil ? .caution : .plain
                    ),
                    .init(
                        EngineText.money(position.profit, or: "?"),
                        position.profit?.isNegative == true ? .bad : .plain
                    ),
                    .init("\(position.quantity)"), .init(position.entryPrice.map { "\($0)" } ?? "unknown"),
                    .init(EngineText.price(position)), .init(EngineText.age(position.heldMs)),
                    .init(position.venue), .init(position.account), .init(position.note),
                ])
            }
            let listing = view.positionListing
            EngineText.write(table, empty: listing.isKnown ? "nothing is held" : "nothing is known to be held")
            EngineText.sayUnknown(listing)
            return 0
        }
    }
}

/// `estop orders`: what is open, the oldest first; and one that hangs can be cancelled.
enum OrdersCommand {
    static let list = CommandTable.Command(
        "orders",
        summary: "open orders, the oldest first; stuck ones are marked",
        discussion: ["Exit status: 0; 1 when the host cannot be asked."]
    )
    static let cancel = CommandTable.Command(
        "orders cancel",
        summary: "cancel one order at its venue, and see whether it is gone",
        positionals: [.init("VENUE"), .init("ACCOUNT"), .init("ORDER"), .init("REASON", .optionalWords)],
        options: [
            .init("reason", .text("WHY"), summary: "why, where it is not written as REASON"),
            .init("wait", .duration, summary: "how long to wait until it is gone; default: 5s"),
        ],
        discussion: [
            "Exit status: 0 its venue shows that it is gone; 1 it does not (says why, and what to do by hand)."
        ]
    )

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        HostQuestion.show(arguments) { view in
            if arguments.json {
                EngineJSON.write(view.orders)
                EngineText.sayUnknownBesideJSON(view.orderListing)
                return 0
            }
            var table = TextTable([
                .init("ORDER"), .init("STATE"), .init("AGE", .right), .init("SIDE"), .init("SYMBOL"),
                .init("QUANTITY", .right), .init("FILLED", .right), .init("LIMIT", .right), .init("VENUE"),
                .init("ACCOUNT"), .init("STRATEGY"), .init("NOTE"),
            ])
            for order in view.orders {
                let isStuck = order.stuckAfterMs > 0 && order.ageMs > order.stuckAfterMs
                table.add([
                    .init(order.clientID),
                    .init(isStuck ? "\(order.state.rawValue) STUCK" : order.state.rawValue, isStuck ? .bad : .plain),
                    .init(EngineText.age(order.ageMs)), .init(order.side.rawValue), .init(order.symbol),
                    .init("\(order.quantity)"), .init("\(order.filled)"),
                    .init(order.price.map { "\($0)" } ?? "market"),
                    .init(order.venue), .init(order.account), .init(order.strategy), .init(order.note),
                ])
            }
            let listing = view.orderListing
            EngineText.write(table, empty: listing.isKnown ? "no order is open" : "no order is known to be open")
            EngineText.sayUnknown(listing)
            if view.openOrders > view.orders.count {
                Output.standard.line("and \(view.openOrders - view.orders.count) younger ones")
            }
            return 0
        }
    }

    @Sendable static func runCancel(_ arguments: Arguments) -> Int32 {
        let order = arguments.positional("ORDER") ?? ""
        return HostQuestion.with(arguments) { host in
            host.act(
                .cancelOrder(
                    venue: arguments.positional("VENUE") ?? "",
                    account: arguments.positional("ACCOUNT") ?? "",
                    clientID: order
                ),
                reason: arguments.reason.isEmpty ? "operator" : arguments.reason,
                arguments,
                done: "\(order) is gone"
            )
        }
    }
}
