import Console
import Desk
import KillSwitch
import SafetyEngine

/// `estop cap`: the position cap, and what it would close.
enum CapCommand {
    static let list = CommandTable.Command(
        "cap",
        aliases: ["cap list"],
        summary: "the position cap: what it would close, and why",
        discussion: ["Unpriced and unsellable positions count, and are never sold."]
    )
    static let enforce = CommandTable.Command(
        "cap enforce",
        summary: "close what is over the cap, the smallest first",
        positionals: [.init("REASON", .optionalWords)],
        options: [
            .init("account", .text("ACCOUNT"), summary: "only this account (venue/account)"),
            .init("max", .integer(0...100_000), summary: "at most so many instead of the configured cap"),
            .init("dry-run", summary: "only say what would be closed"),
        ] + SaleConfirmation.options,
        discussion: SaleConfirmation.discussion
    )
    static let carryOut = CommandTable.Command(
        "exits carry-out",
        summary: "do what an exit rule or the cap proposes",
        positionals: [.init("PROPOSAL"), .init("REASON", .optionalWords)],
        options: SaleConfirmation.options,
        discussion: SaleConfirmation.discussion
    )
    static let exits = CommandTable.Command("exits", summary: "what exit rules and the cap would do, or are doing")

    @Sendable static func runExits(_ arguments: Arguments) -> Int32 { show(arguments, rules: nil) }

    @Sendable static func runList(_ arguments: Arguments) -> Int32 { show(arguments, rules: ["POSITION_CAP"]) }

    private static func show(_ arguments: Arguments, rules: [String]?) -> Int32 {
        HostQuestion.show(arguments) { view in
            let proposals = view.proposals.filter { rules?.contains($0.rule) ?? true }
            if arguments.json {
                EngineJSON.write(proposals)
                return 0
            }
            var table = TextTable([
                .init("PROPOSAL"), .init("STATE"), .init("AGE", .right), .init("QUANTITY", .right), .init("WHY"),
            ])
            for proposal in proposals {
                table.add([
                    .init(proposal.id), .init(proposal.state), .init(EngineText.age(proposal.ageMs)),
                    .init("\(proposal.quantity)"), .init(proposal.reason),
                ])
            }
            EngineText.write(table, empty: "nothing is proposed")
            return 0
        }
    }

    @Sendable static func runEnforce(_ arguments: Arguments) -> Int32 {
        if arguments.flag("dry-run") { return runPlan(arguments) }
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let reason = try arguments.neededReason()
            let closes = try plan(host, arguments).flatMap { $0["removed"]?.array ?? [] }
            let what = closes.map { choice in
                let text = { (name: String) in VisibleText.line(choice[name]?.string ?? "unpriced") }
                return
                    "close \(text("quantity")) \(text("symbol")) (\(text("side"))) at \(text("account")), worth \(text("value"))"
            }
            if !what.isEmpty { try SaleConfirmation.ask(what, arguments) }
            return host.act(
                .enforceCap(account: arguments.value("account"), most: arguments.integer("max")),
                reason: reason,
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "no account is over its cap"
            )
        }
    }

    private static func plan(
        _ host: HostQuestion,
        _ arguments: Arguments
    ) throws(ChosenDesk.Failure) -> [JSON] {
        let request = ControlRequest.capPlan(account: arguments.value("account"), most: arguments.integer("max"))
        guard let report = JSON(bytes: try host.answer(to: request))?["cap"] else {
            throw ChosenDesk.Failure(
                message: "the host's answer is not understood: is it another version of estop?"
            )
        }
        let accounts = report["accounts"]?.array ?? []
        if let name = arguments.value("account"), accounts.isEmpty {
            throw ChosenDesk.Failure(message: "there is no account \(name)")
        }
        return accounts
    }

    /// What would be kept and closed, account by account, and nothing done.
    private static func runPlan(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let accounts = try plan(host, arguments)
            if arguments.json {
                Output.standard.line(JSON.array(accounts).line)
                return 0
            }
            for account in accounts { Output.standard.line(standing(account)) }
            var table = TextTable([
                .init("ACCOUNT"), .init("WOULD"), .init("SYMBOL"), .init("SIDE"), .init("QUANTITY", .right),
                .init("VALUE", .right), .init("WHY"),
            ])
            for account in accounts {
                for (key, word) in [("removed", "close"), ("kept", "keep")] {
                    for choice in account[key]?.array ?? [] {
                        let text = { (name: String) in VisibleText.line(choice[name]?.string ?? "unpriced") }
                        table.add([
                            .init(text("account")), .init(word, key == "removed" ? .caution : .plain),
                            .init(text("symbol")), .init(text("side")), .init(text("quantity")), .init(text("value")),
                            .init(text("reason")),
                        ])
                    }
                }
            }
            EngineText.write(table, empty: "nothing is held")
            return 0
        }
    }

    /// How one account stands with its cap now, and what would be closed.
    private static func standing(_ account: JSON) -> String {
        let name = VisibleText.line(account["account"]?.string ?? "?")
        let most = account["max_allowed"]?.integer ?? 0
        guard let count = account["current_count"]?.integer else {
            return "\(name): NOT KNOWN (at most \(most)): \(VisibleText.line(account["problem"]?.string ?? "?"))"
        }
        let status = (account["status"]?.string ?? "?").replacing("_", with: " ")
        let removed = account["removed"]?.array?.count ?? 0
        return "\(name): \(status), \(count) held, at most \(most)\(removed > 0 ? ", \(removed) would be closed" : "")"
    }

    @Sendable static func runCarryOut(_ arguments: Arguments) -> Int32 {
        let proposal = arguments.positional("PROPOSAL") ?? ""
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let reason = try arguments.neededReason()
            guard let found = try host.view().proposals.first(where: { $0.id == proposal }) else {
                throw ChosenDesk.Failure(message: "nothing proposes \(proposal): see 'estop exits'")
            }
            try SaleConfirmation.ask(["close \(found.quantity) of \(found.position): \(found.reason)"], arguments)
            return host.act(
                .carryOut(proposal: proposal),
                reason: reason,
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "\(proposal) is done"
            )
        }
    }
}
