import Console
import KillSwitch
import Operators

/// `estop desk convert`: makes a real desk a paper desk, deliberately.
enum DeskCommand {
    static let convert = CommandTable.Command(
        "desk convert",
        summary: "make a real desk a paper desk: halts it, and needs an operator and a reason",
        positionals: [.init("REASON")],
        options: [
            .init("operator", .text("NAME"), summary: "who does it; default: the login name"),
            .init("stdin", summary: "read the word (and then the passphrase, if one is set up) from standard input"),
        ],
        discussion: [
            "Its host has to be stopped first. The journal stays as it is: move it away if simulated accounts must not follow",
            "real ones in it. A paper desk becomes a real one by its configuration alone: [desk] paper = false.",
            "The word is \(word). Exit status: 0 converted; 1 not (it says why).",
        ]
    )

    private static let word = "PAPER"

    @Sendable static func runConvert(_ arguments: Arguments) -> Int32 {
        do {
            try convert(arguments)
        } catch {
            return ChosenDesk.fail("NOT CONVERTED: \(error)", arguments, status: 1)
        }
        let text =
            "CONVERTED to a paper desk, and halted. Set [desk] paper = true or remove estop.toml, then start its host"
        Output.standard.line(arguments.json ? JSON.object([.init("message", .string(text))]).line : text)
        return 0
    }

    private static func convert(_ arguments: Arguments) throws {
        let reason = arguments.positional("REASON") ?? ""
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ChosenDesk.Failure(message: "it needs a reason")
        }
        let killSwitch = try ChosenDesk(arguments).killSwitch
        guard killSwitch.directory.kind == .real else {
            throw ChosenDesk.Failure(message: "\(killSwitch.directory.path) is no real desk's directory")
        }
        if let host = killSwitch.observe().host {
            throw ChosenDesk.Failure(message: "its host runs (pid \(host.pid)): stop it first")
        }
        let prompt = arguments.flag("stdin") ? Prompt.standardInput() : try Prompt.terminal()
        let typed = try prompt.line("Type \(word) to make \(killSwitch.directory.path) a paper desk: ")
        guard typed == word else { throw ChosenDesk.Failure(message: "the word was not typed (it is \(word))") }
        let current = Identity.current()
        let identity = Identity(name: arguments.value("operator") ?? current.name, from: current.from)
        let store = OperatorStore(directory: killSwitch.directory.path)
        var passphrase: Passphrase?
        if try !store.list().isEmpty {
            var bytes = try prompt.passphrase("Passphrase of \(identity.name): ")
            passphrase = Passphrase(&bytes)
        }
        let outcome = store.authenticate(identity.name, passphrase: passphrase, on: killSwitch, identity: current)
        if case .refused(let why) = outcome { throw ChosenDesk.Failure(message: why) }
        try killSwitch.convertToPaper(reason: reason, identity: identity)
    }
}
