import Console

/// What every command that sells asks for before it does: a reason, and the word, typed by a person or a wrapper that has
/// asked one.
enum SaleConfirmation {
    /// The word that has to be typed.
    static let word = "SELL"

    /// Options of every command that sells.
    static let options: [CommandTable.Option] = [
        .init("reason", .text("WHY"), summary: "why, where it is not written as REASON"),
        .init("wait", .duration, summary: "how long to wait for what becomes of it; default: 5s"),
        .init(
            "stdin",
            summary: "read the word \(word), then the passphrase if one is set up, as lines of standard input"
        ),
    ]

    /// What the help of such a command says.
    static let discussion = [
        "It asks for the word \(word) on the terminal; a wrapper that has asked gives it with --stdin.",
        "Exit status: 0 all of it is done, and its venue shows it; 1 anything is not: each line says what and why.",
    ]

    /// Asks for the word.
    ///
    /// - Parameter lines: what will be sold.
    /// - Throws: `ChosenDesk.Failure` when it was not typed: nothing is sold then.
    static func ask(_ lines: [String], _ arguments: Arguments) throws(ChosenDesk.Failure) {
        let answer: String
        do {
            let prompt = arguments.flag("stdin") ? Prompt.standardInput() : try Prompt.terminal()
            for line in lines { prompt.say(line) }
            answer = try prompt.line("Type \(word) to confirm; anything else sells nothing: ")
        } catch {
            throw ChosenDesk.Failure(
                message: "nothing was sold: \(error); without a terminal give the word \(word) as a line with --stdin"
            )
        }
        guard answer == word else {
            throw ChosenDesk.Failure(message: "nothing was sold: the answer was not \(word)")
        }
    }
}

extension Arguments {
    /// Why: the REASON that stands in its place, or `--reason`; empty: neither.
    var reason: String { positional("REASON") ?? value("reason") ?? "" }

    /// The same for what needs one.
    ///
    /// - Throws: `ChosenDesk.Failure` when none is given.
    func neededReason() throws(ChosenDesk.Failure) -> String {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ChosenDesk.Failure(
                message:
                    "a reason is needed: type it behind the command, as in 'estop \(command ?? "") \"feed is wrong\"'",
                status: UsageError.exitStatus
            )
        }
        return reason
    }
}
