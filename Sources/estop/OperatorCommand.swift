import Console
import KillSwitch
import Operators

/// `estop operator add|list|remove`: who may resume.
enum OperatorCommand {
    static let add = CommandTable.Command(
        "operator add",
        summary: "enrol somebody who may resume; asks for a passphrase",
        positionals: [.init("NAME")],
        options: [.init("replace", summary: "give an enrolled operator a new passphrase")],
        discussion: [
            "Only the owner of the state directory. The passphrase comes from the terminal, never from an argument.",
            "A lost passphrase: the owner runs this with --replace; it is recorded.",
        ]
    )
    static let list = CommandTable.Command("operator list", summary: "who may resume")
    static let remove = CommandTable.Command(
        "operator remove",
        summary: "take somebody's right to resume away",
        positionals: [.init("NAME")]
    )

    @Sendable static func runAdd(_ arguments: Arguments) -> Int32 {
        change(arguments) { store, name in
            let prompt = try Prompt.terminal()
            var first = try prompt.passphrase("New passphrase of \(name): ")
            var second = try prompt.passphrase("Once more: ")
            let same = first == second
            Prompt.wipe(&second)
            let passphrase = Passphrase(&first)
            guard same else { throw Mismatch() }
            try store.add(name: name, passphrase: passphrase, replacing: arguments.flag("replace"))
            return "enrolled '\(name)'\(arguments.flag("replace") ? " with a new passphrase" : "")"
        }
    }

    @Sendable static func runRemove(_ arguments: Arguments) -> Int32 {
        change(arguments) { store, name in
            try store.remove(name: name)
            return "removed '\(name)'"
        }
    }

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        do {
            let desk = try ChosenDesk(arguments, looking: true)
            let operators = try OperatorStore(directory: desk.killSwitch.directory.path).list()
            if arguments.json {
                Output.standard.line(JSON.array(operators.map(\.json)).line)
            } else if operators.isEmpty {
                Output.standard.line("nobody is enrolled: the owner of the state directory may resume, at a terminal")
            } else {
                var table = TextTable([.init("NAME"), .init("SINCE")])
                for entry in operators { table.add([.init(entry.name), .init(entry.since)]) }
                Output.standard.write(table.text(style: TextStyle(for: .standard)))
            }
            return 0
        } catch let failure as ChosenDesk.Failure {
            return ChosenDesk.fail(failure.message, arguments, status: 1)
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    private struct Mismatch: Error, CustomStringConvertible {
        var description: String { "the two passphrases differ: nothing was changed" }
    }

    private static func change(_ arguments: Arguments, _ work: (OperatorStore, String) throws -> String) -> Int32 {
        let name = arguments.positional("NAME") ?? ""
        do {
            let desk = try ChosenDesk(arguments, create: true)
            let said = try work(OperatorStore(directory: desk.killSwitch.directory.path), name)
            try desk.killSwitch.noteCredential(said, about: name, identity: Identity.current())
            Output.standard.line(
                arguments.json ? JSON.object([.init("message", .string(said))]).line : VisibleText.line(said)
            )
            return 0
        } catch let failure as ChosenDesk.Failure {
            return ChosenDesk.fail(failure.message, arguments, status: 1)
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }
}
