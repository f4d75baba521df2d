import Foundation
import KillSwitch
import Notify
import SafetyEngine
import Settings
import Testing

@testable import Console
@testable import estop_desk

struct NotifyCommandTests {
    private static func arguments(_ words: String...) throws -> Arguments {
        try DeskCommands.table.parse(["notify", "test"] + words)
    }

    private static func target(_ name: String, _ command: String...) -> DeskConfiguration.Notify.Target {
        var target = DeskConfiguration.Notify.Target(name: name, kind: .command)
        target.command = command
        // The level and the rules of a target are no reason not to test it.
        target.level = .emergency
        target.rules = ["NOTHING"]
        return target
    }

    @Test func aTestSaysWhoTookIt() throws {
        let sandbox = try Sandbox()
        let targets = [
            Self.target("good", "/bin/sh", "-c", "cat > \(sandbox.root)/told"), Self.target("bad", "/bin/false"),
        ]
        #expect(try NotifyCommand.test(Self.arguments("good"), desk: "main", targets: targets) == 0)
        #expect(try NotifyCommand.test(Self.arguments("bad"), desk: "main", targets: targets) == 1)
        #expect(try NotifyCommand.test(Self.arguments(), desk: "main", targets: targets) == 1)
        #expect(try NotifyCommand.test(Self.arguments("goood"), desk: "main", targets: targets) == 64)
        #expect(try NotifyCommand.test(Self.arguments(), desk: "main", targets: []) == 1)
        let told = JSON(bytes: try Data(contentsOf: URL(fileURLWithPath: "\(sandbox.root)/told")))
        #expect(told?["event"]?.string == "test" && told?["desk"]?.string == "main")
    }

    @Test(arguments: [
        (["ops", "pager"], "there is no target 'pagre': did you mean pager?"),
        (["ops", "mail"], "there is no target 'pagre': type one of ops, mail"),
        ([], "there is no target 'pagre': estop.toml names none ([notify])"),
    ])
    func anUnknownNameSaysWhatToType(known: [String], message: String) {
        #expect(NotifyCommand.unknown("pagre", among: known) == message)
    }

    @Test func statusSaysWhatWaits() throws {
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: true)
        let empty = try sandbox.run("estop", ["notify", "status"])
        #expect(empty.status == 0 && empty.output == "nothing waits to be told\n")
        var settings = DeskConfiguration.Notify()
        settings.targets = [Self.target("bad", "/bin/false")]
        settings.targets[0].rules = []
        settings.backoffMs = 60_000
        let notifier = Notifier(state: sandbox.state, settings: settings, report: { _ in })
        notifier.start()
        notifier.add(
            .resumed(
                record: "2",
                mode: "live",
                source: "cli",
                by: "alice",
                reason: "why",
                scope: "global",
                desk: "main",
                at: 1_700_000_000_000
            )
        )
        #expect(eventually { notifier.state.targets.first?.failures ?? 0 > 0 })
        notifier.stop()
        let waiting = try sandbox.run("estop", ["notify", "status"])
        #expect(waiting.status == 1)
        #expect(waiting.output.contains("bad     2023-11-14T22:13:20.000Z  EMERGENCY  resumed"), "\(waiting.output)")
        #expect(waiting.output.contains("/bin/false ended with status 1"))
        let json = JSON(try sandbox.run("estop", ["notify", "status", "--json"]).output)
        #expect(json?["waiting"]?.array?.last?["attempts"]?.integer == 1)
    }

    @Test func withoutTargetsATestFailsAndSaysWhatToDo() throws {
        let sandbox = try Sandbox()
        let result = try sandbox.run("estop", ["notify", "test"])
        #expect(result.status == 1 && result.error.contains("name a webhook or a command in estop.toml"))
        #expect(try sandbox.run("estop", ["notify", "test", "x"]).status == 64)
        #expect(try sandbox.run("estop", ["notify"]).status == 64)
    }

    private func eventually(_ condition: () -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: 20)
        while !condition() {
            if Date() > end { return false }
            usleep(2_000)
        }
        return true
    }
}
