import Console
import KillSwitch
import Operators

/// `estop token issue|list|revoke`: the bearer tokens of the control API.
enum TokenCommand {
    static let issue = CommandTable.Command(
        "token issue",
        summary: "make a bearer token for the control API; prints it, alone, on standard output",
        options: [
            .init("operator", .text("NAME"), required: true, summary: "whose it is"),
            .init(
                "role",
                .choice(TokenRole.allCases.map(\.rawValue)),
                required: true,
                summary: "what it is for"
            ),
            .init("ttl", .text("TIME"), summary: "how long it lives, such as 15m, 12h or 90d; default 15m"),
            .init(
                "scope",
                .text("venue=NAME,..."),
                summary: "for which venues a feed may speak; default: none, as a bot only"
            ),
            .init("alg", .choice(TokenAlgorithm.allCases.map(\.rawValue)), summary: "how it is signed; default EdDSA"),
            .init("by", .text("NAME"), summary: "who answers for a viewer's or feed's; default: your login name"),
            .init("stdin", summary: "read the passphrase, if one is set up, from standard input"),
        ],
        discussion: TokenRole.table.map { rights in
            "\(rights.role.rawValue): may \(rights.permissions.map(\.rawValue).joined(separator: ", ")); lives "
                + "\(rights.longest / 3600) h at most\(rights.isSpentByResume ? "; a resume ends it" : "")."
        } + [
            "Only the owner of the state directory. Where operators are enrolled, a passphrase is asked for: for operator, "
                + "resume and admin that of the operator themselves."
        ]
    )
    static let list = CommandTable.Command("token list", summary: "which tokens there are, and what became of them")
    static let revoke = CommandTable.Command(
        "token revoke",
        summary: "end a token at once; needs nobody's passphrase",
        positionals: [.init("ID"), .init("REASON", .optionalWords)],
        options: [.init("reason", .text("WHY"), summary: "why, where it is not written as REASON; it is recorded")]
    )

    private static let defaultSeconds: Int64 = 15 * 60

    private static func authority(_ desk: ChosenDesk) -> TokenAuthority {
        TokenAuthority(directory: desk.killSwitch.directory.path, audience: desk.killSwitch.settings.name)
    }

    private static var now: Int64 { Clock.wallMilliseconds() / 1000 }

    @Sendable static func runIssue(_ arguments: Arguments) -> Int32 {
        with(arguments) {
            let request = try request(arguments)
            let (desk, identity) = (try ChosenDesk(arguments), Identity.current())
            let issuer = TokenAuthority.issuer(of: request, named: arguments.value("by"), identity: identity)
            let issued = try authority(desk).issue(
                request,
                by: issuer,
                passphrase: try passphrase(of: issuer, desk, arguments),
                on: desk.killSwitch,
                identity: identity,
                now: now
            )
            let entry = issued.entry
            if arguments.json {
                guard case .object(let members) = entry.json(now: now) else { return }
                Output.standard.line(JSON.object([.init("token", .string(issued.text))] + members).line)
            } else {
                Output.standard.line(issued.text)
                Output.error.line(
                    VisibleText.line(
                        "token \(entry.id) of role \(entry.role.rawValue) for '\(entry.operatorName)' until "
                            + "\(text(entry.expires)); it is shown once: whoever has it can use it (estop token revoke "
                            + "\(entry.id) --reason WHY ends it)"
                    )
                )
                if entry.role.rights.isSpentByResume { sayWhatItStates(entry.operatorName) }
            }
        }
    }

    /// A resume over HTTP asks no questions where the token answers them: whoever takes one knows which.
    private static func sayWhatItStates(_ name: String) {
        Output.error.line(VisibleText.line("a resume with it that names no answers of its own states, for '\(name)':"))
        for answer in PreflightCheck.Name.answers {
            guard let question = answer.question else { continue }
            Output.error.line("  \(answer.rawValue): \(question) Yes.")
        }
        Output.error.line("use it only when each of them is true")
    }

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        with(arguments) {
            let desk = try ChosenDesk(arguments)
            let tokens = try authority(desk).list()
            let time = now
            if arguments.json {
                Output.standard.line(JSON.array(tokens.map { $0.json(now: time) }).line)
            } else if tokens.isEmpty {
                Output.standard.line("no token was issued")
            } else {
                var table = TextTable([
                    .init("ID"), .init("OPERATOR"), .init("ROLE"), .init("STATE"), .init("ISSUED"), .init("EXPIRES"),
                    .init("BY"), .init("REASON"),
                ])
                for token in tokens {
                    table.add([
                        .init(token.id), .init(token.operatorName), .init(token.role.rawValue),
                        .init(token.state(now: time).rawValue), .init(text(token.issued)), .init(text(token.expires)),
                        .init(token.issuedBy), .init(token.revoked?.reason ?? ""),
                    ])
                }
                Output.standard.write(table.text(style: TextStyle(for: .standard)))
            }
        }
    }

    @Sendable static func runRevoke(_ arguments: Arguments) -> Int32 {
        with(arguments) {
            let reason = arguments.reason
            guard reason.contains(where: { !$0.isWhitespace }) else {
                throw UsageError("a reason is needed: type why behind the token, as in 'laptop lost'")
            }
            let desk = try ChosenDesk(arguments)
            let token = try authority(desk).revoke(
                arguments.positional("ID") ?? "",
                reason: reason,
                on: desk.killSwitch,
                identity: Identity.current(),
                now: now
            )
            if arguments.json {
                Output.standard.line(token.json(now: now).line)
            } else {
                Output.standard.line(
                    VisibleText.line(
                        "revoked: token \(token.id) of role \(token.role.rawValue) of '\(token.operatorName)'"
                    )
                )
            }
        }
    }

    private static func with(_ arguments: Arguments, _ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return 0
        } catch let error as UsageError {
            return ChosenDesk.fail(error.message, arguments, status: UsageError.exitStatus)
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    /// The passphrase of whoever answers for the token; nil where nobody is enrolled.
    private static func passphrase(
        of name: String,
        _ desk: ChosenDesk,
        _ arguments: Arguments
    ) throws -> Passphrase? {
        guard try !OperatorStore(directory: desk.killSwitch.directory.path).list().isEmpty else { return nil }
        let prompt = arguments.flag("stdin") ? Prompt.standardInput() : try Prompt.terminal()
        var bytes = try prompt.passphrase("Passphrase of \(name): ")
        return Passphrase(&bytes)
    }

    /// What is asked for, judged before anything is opened.
    private static func request(_ arguments: Arguments) throws(UsageError) -> TokenRequest {
        let role = arguments.value("role").flatMap(TokenRole.init(rawValue:)) ?? .viewer
        guard let scope = FeedScope(arguments.value("scope") ?? "") else {
            throw UsageError(
                "--scope '\(arguments.value("scope") ?? "")' names no venue: type one like venue=kraken or "
                    + "venue=kraken,venue=binance"
            )
        }
        guard scope == .none || role == .feed else {
            throw UsageError(
                "--scope is for a feed, which may speak for venues, and not for role \(role.rawValue): leave it out, or "
                    + "type --role feed"
            )
        }
        return TokenRequest(
            operatorName: arguments.value("operator") ?? "",
            role: role,
            seconds: try seconds(arguments.value("ttl"), role),
            algorithm: arguments.value("alg").flatMap(TokenAlgorithm.init(rawValue:)) ?? .edDSA,
            scope: scope
        )
    }

    /// The seconds of `15m`, or of `90d`, which is written for long-lived tokens only.
    private static func seconds(_ text: String?, _ role: TokenRole) throws(UsageError) -> Int64 {
        guard let text else { return defaultSeconds }
        let longest = role.rights.longest
        var seconds: Int64?
        if text.hasSuffix("d") {
            seconds = UInt16(text.dropLast()).map { Int64($0) * 24 * 3600 }
        } else if let milliseconds = DurationText.milliseconds(text), milliseconds % 1000 == 0 {
            seconds = Int64(milliseconds / 1000)
        }
        guard let seconds, seconds > 0 else {
            throw UsageError("--ttl '\(text)' is no time for a token: type one like 90s, 15m, 12h or 90d")
        }
        guard seconds <= longest else {
            throw UsageError(
                "--ttl '\(text)' is longer than a token of role \(role.rawValue) lives: type \(longest / 3600)h or less"
            )
        }
        return seconds
    }

    private static func text(_ seconds: Int64) -> String { Clock.text(milliseconds: seconds * 1000) }
}
