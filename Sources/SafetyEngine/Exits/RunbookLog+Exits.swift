extension RunbookLog {
    /// A rule would close a position.
    static func proposed(_ proposal: ExitProposal, butNot blocker: String?) -> Decision.LogLine {
        about(
            proposal,
            .warning,
            "exit_proposed",
            "\(proposal.reason)\(blocker.map { "; proposed, not done: \($0)" } ?? "")",
            [.init("reason", proposal.reason), .init("blocked_by", blocker)]
        )
    }

    /// A close was decided.
    static func closing(_ proposal: ExitProposal, quantity: Decimal, number: UInt64) -> Decision.LogLine {
        about(
            proposal,
            .info,
            "exit_started",
            "closing \(quantity) (try \(proposal.progress.attempts)"
                + "\(proposal.progress.orderedBy.isEmpty ? "" : ", ordered by \(proposal.progress.orderedBy)"))",
            [
                .init("quantity", quantity.description), .init("number", "\(number)"),
                .init("operator", proposal.progress.orderedBy),
            ]
        )
    }

    /// Its venue took a close; it is not closed yet.
    static func accepted(_ proposal: ExitProposal, _ text: String) -> Decision.LogLine {
        let more = text.isEmpty || text == "accepted" ? "" : ": \(text)"
        return about(
            proposal,
            .info,
            "exit_accepted",
            "accepted by its venue, not closed yet\(more)",
            [.init("text", text)]
        )
    }

    /// A close was done: its venue holds the position no more.
    static func closed(_ proposal: ExitProposal, _ text: String) -> Decision.LogLine {
        about(proposal, .info, "exit_done", "closed\(text.isEmpty ? "" : ": \(text)")", [.init("text", text)])
    }

    /// A close was not done.
    static func notClosed(_ proposal: ExitProposal, retries: Int) -> Decision.LogLine {
        let words = proposal.progress.words(retries: retries)
        return about(proposal, .error, "exit_refused", "not closed, \(words)", [.init("text", words)])
    }

    /// Its cause is gone.
    static func withdrawn(_ proposal: ExitProposal) -> Decision.LogLine {
        about(proposal, .info, "exit_withdrawn", "withdrawn: its cause is gone")
    }

    private static func about(
        _ proposal: ExitProposal,
        _ level: Decision.LogLine.Level,
        _ event: String,
        _ text: String,
        _ fields: [Decision.LogLine.Field] = []
    ) -> Decision.LogLine {
        let key = proposal.position
        return line(
            level,
            proposal.rule.part,
            event,
            "\(proposal.rule.words): \(key.symbol) \(key.side.rawValue) in \(key.accountKey): \(text)",
            [.init("proposal", proposal.id), .init("rule", proposal.rule.rawValue)]
                + place(key.venue, key.account, key.symbol) + [.init("side", key.side.rawValue)] + fields
        )
    }

    // MARK: - Adoption

    /// A position was taken into care as found, with the nine fields of FEATURES row C22. What is unknown says so, and is
    /// never invented.
    static func adopted(
        _ key: PositionKey,
        _ position: BookPosition,
        value: Decimal?,
        _ currency: String
    ) -> Decision.LogLine {
        let side = key.side == .long ? "BUY" : "SELL"
        let opened = time(position.openedWallMs).map { stamp($0).replacingSpace() }
        let fields: [Decision.LogLine.Field] = [
            .init("symbol", key.symbol), .init("entry_price", position.entryPrice?.description),
            .init("quantity", position.quantity?.description),
            .init("size_usd", value?.rounded(to: 2).description), .init("side", side), .init("entry_time", opened),
            .init("source", position.source.rawValue), .init("adoption_status", "adopted"), .init("tracked", "true"),
        ]
        let said = fields.map { "\($0.name)=\($0.value ?? "unknown")" }.joined(separator: " ")
        let flag =
            position.entryPrice == nil
            ? "; cost basis unknown: no exit is automatic until an operator states the entry price" : ""
        return line(
            position.entryPrice == nil ? .warning : .info,
            "adoption",
            "adopted",
            "\(said) in \(key.accountKey)\(flag)",
            fields + [
                .init("venue", key.venue), .init("account", key.account), .init("currency", currency),
            ]
        )
    }

    /// A held position has no price. It counts as one position; it is not valued and not sold.
    static func priceFetchFailed(_ key: PositionKey) -> Decision.LogLine {
        line(
            .error,
            "adoption",
            "price_missing",
            "Price fetch failed for \(key.symbol) in \(key.accountKey): unpriced, counts as one position, "
                + "is not valued and not sold",
            place(key.venue, key.account, key.symbol) + [.init("side", key.side.rawValue)]
        )
    }
}

extension String {
    /// `2026-02-09T12:00:00`, as the runbook writes times of entry.
    fileprivate func replacingSpace() -> String { split(separator: " ").joined(separator: "T") }
}
