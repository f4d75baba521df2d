import Console
import SafetyEngine

/// `estop dust`: what is worth too little to count.
enum DustCommand {
    static let list = CommandTable.Command(
        "dust",
        aliases: ["dust list"],
        summary: "symbols worth too little to count: reason, value, account, date"
    )
    static let add = CommandTable.Command(
        "dust add",
        summary: "put a symbol on the list: it does not count towards the cap any more",
        positionals: [.init("SYMBOL"), .init("REASON", .optionalWords)],
        options: place + why + [.init("value", .text("AMOUNT"), summary: "what it is worth, in the base currency")]
            + secret
    )
    static let remove = CommandTable.Command(
        "dust remove",
        summary: "take a symbol off the list: it counts again",
        positionals: [.init("SYMBOL"), .init("REASON", .optionalWords)],
        options: place + why
    )
    static let clear = CommandTable.Command(
        "dust clear",
        summary: "empty the list",
        options: [
            .init("account", .text("ACCOUNT"), summary: "only this account"),
            .init("yes", summary: "do not ask"),
        ] + secret
    )

    private static let place: [CommandTable.Option] = [
        .init("venue", .text("VENUE"), required: true, summary: "the venue"),
        .init("account", .text("ACCOUNT"), required: true, summary: "the account there"),
    ]
    private static let why: [CommandTable.Option] = [
        .init("reason", .text("WHY"), summary: "why, where it is not written as REASON")
    ]
    private static let secret: [CommandTable.Option] = [
        .init("stdin", summary: "read the passphrase, if one is set up, from standard input")
    ]

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        HostQuestion.show(arguments) { view in
            if arguments.json {
                EngineJSON.write(view.dust)
                return 0
            }
            var table = TextTable([
                .init("SYMBOL"), .init("VENUE"), .init("ACCOUNT"), .init("LISTED AT", .right), .init("NOW", .right),
                .init("SINCE"), .init("WHY"),
            ])
            for entry in view.dust {
                table.add([
                    .init(entry.symbol), .init(entry.venue), .init(entry.account),
                    .init(EngineText.money(entry.value, or: "-")),
                    .init(EngineText.money(entry.valueNow, or: "unpriced")),
                    .init(entry.since), .init(entry.reason),
                ])
            }
            EngineText.write(table, empty: "no dust is listed")
            return 0
        }
    }

    @Sendable static func runAdd(_ arguments: Arguments) -> Int32 {
        var value: Decimal?
        if let text = arguments.value("value") {
            guard let amount = Decimal(text), !amount.isNegative else {
                Output.error.line("estop: --value needs an amount such as 0.50, not '\(VisibleText.line(text))'")
                return UsageError.exitStatus
            }
            value = amount
        }
        let symbol = arguments.positional("SYMBOL") ?? ""
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let reason = try arguments.neededReason()
            return host.act(
                .addDust(
                    venue: arguments.value("venue") ?? "",
                    account: arguments.value("account") ?? "",
                    symbol: symbol,
                    value: value
                ),
                reason: reason,
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "\(symbol) is on the list of dust"
            )
        }
    }

    @Sendable static func runRemove(_ arguments: Arguments) -> Int32 {
        let symbol = arguments.positional("SYMBOL") ?? ""
        return HostQuestion.with(arguments) { host in
            host.act(
                .removeDust(
                    venue: arguments.value("venue") ?? "",
                    account: arguments.value("account") ?? "",
                    symbol: symbol
                ),
                reason: arguments.reason.isEmpty ? "operator" : arguments.reason,
                arguments,
                done: "\(symbol) counts again"
            )
        }
    }

    @Sendable static func runClear(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            if !arguments.flag("yes") {
                let answer: String
                do { answer = try Prompt.terminal().line("Empty the list of dust? [yes/no] ") } catch {
                    throw ChosenDesk.Failure(message: "\(error); without a terminal add --yes")
                }
                guard answer == "yes" else {
                    throw ChosenDesk.Failure(message: "not answered with yes: nothing changed")
                }
            }
            return host.act(
                .clearDust(account: arguments.value("account")),
                reason: "operator",
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "the list of dust is empty"
            )
        }
    }
}
