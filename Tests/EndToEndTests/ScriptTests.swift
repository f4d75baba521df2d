import Dashboard
import Foundation
import Testing

@testable import KillSwitch
@testable import estop_desk

/// `estop --script`: the dashboard without a terminal, on real desks.
@Suite(.serialized) struct ScriptTests {
    private func script(_ sandbox: Sandbox, _ lines: String, _ options: String...) throws -> Sandbox.Result {
        try sandbox.run("estop", ["--script", "-"] + options, input: lines)
    }

    @Test func aScriptHaltsGivesAReasonAndResumes() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let halted = try script(
            sandbox,
            """
            expect PAPER
            K
            expect halt verified after
            5
            Enter
            expect why: Security breach
            frame \(sandbox.root)/halted.txt
            q
            expect this is never looked for
            """,
            "--frame",
            "-",
            "--size",
            "100x30"
        )
        #expect(halted.status == 0, "\(halted)")
        let record = try #require(try sandbox.killSwitch().observe().fold.records.last { $0.change == .halt })
        #expect(record.source == .keyboard)
        let kept = try String(contentsOfFile: sandbox.root + "/halted.txt", encoding: .utf8)
        for text in [kept, halted.output] {
            let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(rows.count == 31 && rows[0].contains("HALTED") && rows.allSatisfy { $0.last != " " }, "\(text)")
        }
        let resumed = try script(
            sandbox,
            """
            # The dialog is deaf at first; then the four answers, the reason, the word, the button.
            expect HALTED
            R
            expect checks: 0 failing
            wait 400ms
            Tab y*4
            type looked into: a false alarm
            Enter
            type RESUME
            Enter
            frame \(sandbox.root)/filled.txt
            Enter
            expect resumed to paper
            expect PAPER
            """,
            "--frame",
            "-",
            "--roles"
        )
        #expect(resumed.status == 0, "\(resumed)")
        #expect(resumed.output.contains("PAPER") && resumed.output.contains("\n--- roles\n"))
        let filled = try String(contentsOfFile: sandbox.root + "/filled.txt", encoding: .utf8)
        #expect(filled.contains("looked into: a false alarm") && filled.contains("HALTED"))
        #expect(try sandbox.killSwitch().observe().word?.mode == .paper)
        #expect(try sandbox.killSwitch().observe().fold.lastApplied?.reason == "looked into: a false alarm")
    }

    @Test func badLinesAndOptionsAreRefusedBeforeAnythingIsPressed() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        for (line, why) in [
            ("Foo", "there is no key"), ("Down*0", "number from 1"), ("wait soon", "duration"), ("size 80", "80x24"),
            ("size 0x5", "80x24"), ("expect", "expect TEXT"), ("type ", "type TEXT"), ("frame", "frame FILE"),
            ("Ctrl-", "there is no key"), ("F99", "there is no key"),
        ] {
            let result = try script(sandbox, "K\n\n\(line)\n")
            #expect(result.status == 64 && result.error.contains("line 3"), "\(line): \(result)")
            #expect(result.error.contains(why) && result.error.split(separator: "\n").count == 1, "\(result.error)")
        }
        for wrong in [
            ["--size", "80x24"], ["--roles"], ["--frame", "-", "--size", "big"], ["--scrip", "-"],
            ["--frame", "-", "status"], ["--theme", "none-such"],
            ["serve", "--frame", "-"], ["--frame"],
        ] {
            let result = try sandbox.run("estop", wrong)
            #expect(result.status == 64 && result.error.split(separator: "\n").count == 1, "\(wrong): \(result)")
        }
        #expect(try script(sandbox, "K\n", "--frame", "/nowhere/at/all").status == 1)
        #expect(try sandbox.run("estop", ["--script", sandbox.root + "/none"]).status == 1)
        let help = try sandbox.run("estop", ["--frame", "-", "--help"])
        #expect(help.status == 0 && help.output.contains("--script FILE"))
        #expect(try sandbox.killSwitch().observe().fold.records.filter { $0.change == .halt }.count == 1)
    }

    /// Two thousand keys from a seed: whatever they leave on the screen, K halts and it says so.
    @Test(arguments: [1, 2, 3] as [UInt64]) func randomKeysTrapNothingAndKHaltsAfterThem(_ seed: UInt64) throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        var random = Seeded(state: seed)
        var lines: [String] = []
        let keys =
            Action.allCases.flatMap(\.keys).map(\.name)
            + ["Enter", "Left", "Right", "Backspace", "Del", "Space", "a", "7", "Ctrl-A", "F5", "é", "漢", "Shift-Tab"]
        // What quits or stops is kept for the end; the palette may find and do a halt on the way.
        let pressed = keys.filter { !["K", "Ctrl-K", "q"].contains($0) }
        for _ in 0..<2000 {
            switch random.next() % 40 {
            case 0: lines.append("size \(1 + random.next() % 150)x\(1 + random.next() % 50)")
            case 1: lines.append("paste K \u{7}\u{1b}[2J\(random.next())")
            case 2: lines.append("wait \(random.next() % 3)ms")
            default: lines.append(pressed[Int(random.next() % UInt64(pressed.count))])
            }
        }
        lines += ["Ctrl-K", "size 80x24", "expect HALT"]
        let result = try script(sandbox, lines.joined(separator: "\n"), "--frame", "-")
        #expect(result.status == 0, "\(result)")
        let top = result.output.split(separator: "\n").first ?? ""
        #expect(top.contains("HALTING") || top.contains("HALTED"), "\(result.output)")
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return z ^ z >> 31
        }
    }

    @Test func everyKeyIsFoundByTheNameThatHelpPrints() {
        let keys =
            Action.allCases.flatMap(\.keys) + [.enter, .backspace, .delete, .insert, .left, .right, .character(" ")]
        for key in keys { #expect(ScriptSyntax.key(named: key.name) == key) }
        #expect(ScriptSyntax.key(named: "shift-tab") == .backTab)
        #expect(ScriptSyntax.key(named: "#") == .character("#"))
    }

    @Test func aScriptIsReadAsItIsWritten() throws {
        let steps = try ScriptSyntax.parse(
            "# c\r\n  K Down*2 # x\ntype K #é \npaste  a\nwait 2s\nsize 9x7\n**2\nexpect  a b \n"
        )
        #expect(
            steps.map(\.action) == [
                .press(.character("K")), .press(.down), .press(.down), .press(.character("K")), .press(.character(" ")),
                .press(.character("#")), .press(.character("é")), .press(.character(" ")), .paste(" a"),
                .wait(milliseconds: 2000), .size(ScreenSize(columns: 9, rows: 7)), .press(.character("*")),
                .press(.character("*")), .expect(" a b"),
            ]
        )
        #expect(steps.first?.line == 2 && steps.last?.line == 8)
    }
}
