import Console
import Glibc
import KillSwitch
import Operators

/// `estop deactivate`: shows why trading is halted, asks, checks, and only then resumes.
enum DeactivateCommand {
    static let command = CommandTable.Command(
        "deactivate",
        aliases: ["resume"],
        summary: "resume trading: preflight, four questions, the word, the credential",
        // Needed unless another operator's request is confirmed, which has its own.
        positionals: [.init("REASON", .optionalWords)],
        options: [
            .init(
                "mode",
                .choice(["live", "paper", "reduce-only"]),
                summary: "what to resume to; default: live (a paper desk: paper)"
            ),
            .init("scope", .text("SCOPE"), summary: "only the halts of this scope; default: all"),
            .init(
                "override",
                .pair("CHECK=WHY"),
                repeatable: true,
                summary: "override one failing check, with a reason"
            ),
            .init(
                "confirm",
                .text("ANSWERS"),
                summary: "understood,resolved,verified,safe: for a wrapper that has asked"
            ),
            .init(
                "approve",
                .text("ID"),
                summary: "confirm the resume that another operator asked for ([resume] approvals = 2)"
            ),
            .init("operator", .text("NAME"), summary: "who resumes; default: the login name"),
            .init("stdin", summary: "read the word (and then the passphrase, if one is set up) from standard input"),
        ],
        discussion: [
            "Exit status: 0 resumed; 1 not resumed (it says why), also while a second person has to confirm.",
            "The word is \(ResumeRequest.word). Checks: "
                + PreflightCheck.Name.allCases.map(\.rawValue).joined(separator: " ") + ".",
        ]
    )

    /// Something that ends the command: a usage error, or a refusal.
    enum Stop: Error {
        case usage(String)
        case refused(String)
    }

    static func run(_ arguments: Arguments) -> Int32 {
        do {
            return try resume(arguments)
        } catch {
            switch error {
            case .usage(let message):
                Output.error.line("estop: \(VisibleText.line(message))")
                return UsageError.exitStatus
            case .refused(let message): return ChosenDesk.fail("NOT RESUMED: \(message)", arguments, status: 1)
            }
        }
    }

    private static func resume(_ arguments: Arguments) throws(Stop) -> Int32 {
        var request = try request(arguments)
        let desk: ChosenDesk
        do { desk = try ChosenDesk(arguments) } catch { throw .refused(error.message) }
        let killSwitch = desk.killSwitch
        if arguments.value("mode") == nil { request.mode = killSwitch.settings.resumeMode }
        do { try killSwitch.ensurePages(mayStart: false) } catch { throw .refused(error.message) }
        let seen = killSwitch.observe()
        // What is answered is about this: a halt that comes while somebody types is not lifted unseen.
        request.seen = seen.word
        let waiting = try SecondPerson.look(&request, seen, killSwitch)
        let prompt = try prompt(arguments)
        try judge(seen, desk, request, waiting, arguments)
        try ask(&request, prompt, waiting)
        try authorise(arguments, &request, killSwitch, prompt)
        switch killSwitch.resume(request) {
        case .resumed(let word):
            say("RESUMED: \(word.mode.name), generation \(word.generation): \(request.reason)", word, arguments)
            return 0
        case .already(let word):
            say("nothing to resume: the desk is \(word.mode.name)", word, arguments)
            return 0
        case .waiting(let waiting):
            SecondPerson.say(waiting, arguments)
            return 1
        case .refused(let why): throw .refused(why)
        case .unapproved(let refusal): throw .refused(refusal.message)
        }
    }

    private static func request(_ arguments: Arguments) throws(Stop) -> ResumeRequest {
        let identity = Identity.current()
        var overrides: [PreflightCheck.Name: String] = [:]
        for (key, why) in arguments.pairs("override") {
            guard let name = PreflightCheck.Name(rawValue: key) else {
                let names = PreflightCheck.Name.allCases.filter(\.canBeOverridden).map(\.rawValue)
                throw .usage("--override: there is no check '\(key)': name one of \(names.joined(separator: ", "))")
            }
            overrides[name] = why
        }
        var answers: Set<PreflightCheck.Name> = []
        for text in (arguments.value("confirm") ?? "").split(separator: ",") {
            guard let name = PreflightCheck.Name(rawValue: String(text)), name.question != nil else {
                throw .usage("--confirm: '\(text)' is no answer: write understood,resolved,verified,safe")
            }
            answers.insert(name)
        }
        let approve = arguments.value("approve")
        if approve != nil {
            let given =
                ["mode", "scope"].first { arguments.value($0) != nil } ?? (overrides.isEmpty ? nil : "override")
            if let given {
                throw .usage("--approve confirms what was asked as it was asked: leave --\(given) out")
            }
            if arguments.positional("REASON") != nil {
                throw .usage("--approve confirms a request that has its reason: leave REASON out")
            }
        } else if arguments.positional("REASON") == nil {
            throw .usage(
                "estop deactivate needs REASON: type estop deactivate REASON [--mode M] [--scope S] [--override CHECK=WHY]..., "
                    + "or estop deactivate --approve ID"
            )
        }
        let scope: Scope
        do { scope = try Scope(arguments.value("scope") ?? "") } catch { throw .usage(error.message) }
        return ResumeRequest(
            mode: arguments.value("mode").flatMap { Mode(name: $0) } ?? .live,
            scope: scope,
            reason: arguments.positional("REASON") ?? "",
            op: arguments.value("operator") ?? identity.name,
            from: identity.from,
            source: .cli,
            answers: answers,
            overrides: overrides,
            approve: approve
        )
    }

    /// Where the answers come from: the terminal, or with `--stdin` standard input.
    private static func prompt(_ arguments: Arguments) throws(Stop) -> Prompt {
        if arguments.flag("stdin") { return Prompt.standardInput() }
        do {
            return try Prompt.terminal()
        } catch {
            throw .refused("\(error.message); a wrapper that has asked uses --stdin and --confirm")
        }
    }

    /// What the operator has to see before the first question. What refuses then ends the command: nobody is asked
    /// anything for nothing, and what was shown as failing is not resumed over a moment later.
    private static func judge(
        _ seen: Observation,
        _ desk: ChosenDesk,
        _ request: ResumeRequest,
        _ waiting: WaitingResume?,
        _ arguments: Arguments
    ) throws(Stop) {
        let permits = seen.word?.mode.permitsAnything ?? false
        // A desk that trades already may have nothing to resume, which the switch finds.
        if !permits { desk.killSwitch.awaitEngine(request) }
        let checks = desk.killSwitch.preflight(
            desk.killSwitch.observe(),
            mode: request.mode,
            scope: request.scope,
            answers: request.answers
        ).filter { $0.name.question == nil }
        if !arguments.json {
            show(seen, desk, request, checks)
            if let waiting { SecondPerson.show(waiting) }
        }
        guard !permits else { return }
        let refusing = KillSwitch.refusing(checks, request, permits: permits)
        // What settles within two seconds by itself (a record on its way) the resume waits for.
        guard refusing.allSatisfy({ $0.name == .recorded }) else { throw .refused(KillSwitch.words(refusing)) }
    }

    private static func show(
        _ seen: Observation,
        _ desk: ChosenDesk,
        _ request: ResumeRequest,
        _ checks: [PreflightCheck]
    ) {
        let style = TextStyle(for: .error)
        Output.error.write(StatusCommand.text(seen, desk))
        Output.error.line("")
        Output.error.line("checks: \(PreflightCheck.headline(checks))")
        for check in checks {
            let overridden = request.overrides[check.name] != nil && check.refuses
            let (mark, look): (String, TextRole) =
                switch check.outcome {
                case .passed: ("ok         ", .good)
                case _ where overridden: ("override   ", .bad)
                case .failed: ("FAILS      ", .bad)
                case .notChecked: ("NOT CHECKED", check.refuses ? .bad : .plain)
                }
            Output.error.line(
                style.paint(mark, look) + " " + style.paint("\(check.name.rawValue): \(check.detail)", .plain)
            )
        }
        Output.error.line("")
    }

    /// The four questions that are neither answered nor overridden yet, then the word.
    private static func ask(
        _ request: inout ResumeRequest,
        _ prompt: borrowing Prompt,
        _ waiting: WaitingResume?
    ) throws(Stop) {
        do {
            if prompt.isInteractive {
                for name in PreflightCheck.Name.answers
                where !request.answers.contains(name) && request.overrides[name] == nil {
                    let answer = try prompt.line("\(name.question ?? "") [yes/no] ")
                    guard ["yes", "y"].contains(answer.lowercased()) else {
                        throw Stop.refused("'\(name.rawValue)' was not answered with yes")
                    }
                    request.answers.insert(name)
                }
            }
            let target = request.scope.isGlobal ? request.mode.name : request.scope.description
            let asker = waiting.map { ", as \($0.askedBy) asked" } ?? ""
            let word = try prompt.line("Type \(ResumeRequest.word) to resume to \(target)\(asker): ")
            guard word == ResumeRequest.word else {
                throw Stop.refused("the word was not typed (it is \(ResumeRequest.word), in capitals)")
            }
        } catch let stop as Stop {
            throw stop
        } catch {
            throw .refused("\(error)")
        }
    }

    private static func authorise(
        _ arguments: Arguments,
        _ request: inout ResumeRequest,
        _ killSwitch: KillSwitch,
        _ prompt: borrowing Prompt
    ) throws(Stop) {
        let store = OperatorStore(directory: killSwitch.directory.path)
        var passphrase: Passphrase?
        do {
            if try !store.list().isEmpty {
                var bytes = try prompt.passphrase("Passphrase of \(request.op): ")
                passphrase = Passphrase(&bytes)
            } else if !arguments.json {
                Output.error.line(
                    "estop: no operator's credential is set up: the owner may resume (estop operator add NAME)"
                )
            }
        } catch {
            throw .refused("\(error)")
        }
        switch store.authenticate(
            request.op,
            passphrase: passphrase,
            on: killSwitch,
            identity: Identity.current()
        ) {
        case .accepted(let credential): request.credential = credential
        case .refused(let why): throw .refused(why)
        }
    }

    private static func say(_ text: String, _ word: Word, _ arguments: Arguments) {
        guard arguments.json else {
            Output.standard.line(TextStyle(for: .standard).paint(text, .good))
            return
        }
        Output.standard.line(
            JSON.object([
                .init("success", .bool(true)), .init("message", .string(text)), .init("mode", .string(word.mode.name)),
                .init("generation", .integer(Int64(word.generation))),
            ]).line
        )
    }
}
