import Console
import Desk
import Glibc
import KillSwitch
import SafetyEngine

/// `estop normalize`: one clean-up over all accounts, before a desk goes live, and its report.
enum NormalizeCommand {
    static let command = CommandTable.Command(
        "normalize",
        summary: "bring all accounts down to their caps once (users' accounts: 5), and write a report",
        positionals: [.init("REASON", .optionalWords)],
        options: [
            .init("dry-run", summary: "only say what would be sold; nothing changes and nothing is written"),
            .init("to", .text("FOLDER"), summary: "where the report is written; default: here"),
        ] + SaleConfirmation.options.filter { $0.name != "wait" },
        discussion: [
            "The report is normalization_results_YYYYmmdd_HHMMSS.json. With --json it is printed as well.",
            "It asks for the word SELL on the terminal; a wrapper that has asked gives it with --stdin.",
            "Exit status: 0 done, no errors; 3 not complete, the report names errors; 1 not done, or no report was written.",
        ]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let isDryRun = arguments.flag("dry-run")
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let reason = isDryRun ? arguments.reason : try arguments.neededReason()
            if !isDryRun { try confirm(host, arguments) }
            let request = ControlRequest.normalize(
                operatorName: Identity.current().name,
                reason: reason,
                passphrase: isDryRun ? "" : try host.passphrase(arguments),
                isDryRun: isDryRun
            )
            let answer = JSON(bytes: try host.answer(to: request))
            if let why = answer?["error"]?.string { throw ChosenDesk.Failure(message: why) }
            guard let report = answer?["normalization"], let name = answer?["file"]?.string else {
                throw ChosenDesk.Failure(
                    message: "the host's answer is not understood: is it another version of estop?"
                )
            }
            let errors = report["errors"]?.array?.compactMap(\.string) ?? []
            if arguments.json { Output.standard.line(report.line) } else { tell(report, errors, isDryRun: isDryRun) }
            if !isDryRun {
                let path = "\(arguments.value("to") ?? ".")/\(name)"
                if let problem = write(report.line + "\n", to: path) {
                    throw ChosenDesk.Failure(
                        message: "done, but the report cannot be written to \(path): \(problem); it is in 'estop audit'"
                    )
                }
                if !arguments.json { Output.standard.line("Results saved to: \(path)") }
            }
            return errors.isEmpty ? 0 : 3
        }
    }

    /// Names what would be sold and asks for the word, where anything would be.
    private static func confirm(_ host: HostQuestion, _ arguments: Arguments) throws(ChosenDesk.Failure) {
        let dry = ControlRequest.normalize(operatorName: "", reason: "", passphrase: "", isDryRun: true)
        let report = JSON(bytes: try host.answer(to: dry))?["normalization"]
        let closes = (report?["accounts"]?.array ?? []).flatMap { $0["removed"]?.array ?? [] }
        guard !closes.isEmpty else { return }
        let lines = closes.map { choice in
            let text = { (name: String) in VisibleText.line(choice[name]?.string ?? "?") }
            return "close \(text("quantity")) \(text("symbol")) (\(text("side"))) at \(text("account"))"
        }
        try SaleConfirmation.ask(lines, arguments)
    }

    /// The runbook's summary.
    private static func tell(_ report: JSON, _ errors: [String], isDryRun: Bool) {
        func count(_ key: String) -> Int64 { report[key]?.integer ?? 0 }
        func list(_ key: String) -> String {
            let symbols = report[key]?["symbols"]?.array?.compactMap(\.string) ?? []
            return symbols.isEmpty ? "none" : symbols.map { VisibleText.line($0) }.joined(separator: ", ")
        }
        let done = errors.isEmpty ? "NORMALIZATION COMPLETE" : "NORMALIZATION NOT COMPLETE"
        var lines = [
            isDryRun ? "NORMALIZATION DRY RUN: nothing was changed" : done,
            "Accounts Processed: \(count("accounts_processed"))",
            "Total Positions Before: \(count("total_positions_before"))",
            "Total Positions After: \(count("total_positions_after"))",
            "Dust Excluded: \(count("dust_excluded"))", "Cap Enforcements: \(count("cap_enforcements"))",
            "Positions Removed: \(list("positions_removed"))", "Dust Ignored: \(list("dust_ignored"))",
        ]
        for account in report["accounts"]?.array ?? [] {
            let name = VisibleText.line(account["account"]?.string ?? "?")
            let (before, after) = (account["positions_before"]?.integer ?? 0, account["positions_after"]?.integer ?? 0)
            lines.append(
                "  \(name) (\(account["account_type"]?.string ?? "?")): \(before) before, \(after) after, "
                    + "\(account["max_allowed"]?.integer ?? 0) allowed: \(account["status"]?.string ?? "?")"
            )
        }
        lines.append("Errors: \(errors.count)")
        lines += errors.map { "  - \(VisibleText.line($0))" }
        for line in lines { Output.standard.line(line) }
    }

    /// Writes a file that was not there.
    ///
    /// - Returns: why not; nil: it is written.
    private static func write(_ text: String, to path: String) -> String? {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard file >= 0 else { return String(cString: strerror(errno)) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let problem = errno
                close(file)
                return String(cString: strerror(problem))
            }
            rest = rest.dropFirst(count)
        }
        return close(file) == 0 ? nil : String(cString: strerror(errno))
    }
}
