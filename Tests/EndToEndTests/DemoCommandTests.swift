import Foundation
import Testing

@testable import KillSwitch

/// `--demo`: a recorded desk on every screen, and nothing of it on disk.
@Suite(.serialized) struct DemoCommandTests {
    private func expectNothingOnDisk(_ sandbox: Sandbox) throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.root) == ["shared"])
    }

    @Test func everyRunOfAScriptIsTheSameToTheByte() throws {
        let sandbox = try Sandbox()
        let script = "wait 3s\nTab j\nK\nframe -\nwait 400ms\n1\nwait 90s\nR\nwait 400ms\nTab*3\n"
        let options = ["--demo", "--script", "-", "--frame", "-", "--roles", "--size", "140x45"]
        let first = try sandbox.run("estop", options, input: script)
        #expect(first.status == 0 && first.output.contains("DEMO") && first.output.contains("HALT"), "\(first)")
        let again = try sandbox.run("estop", options, input: script)
        #expect(again.output == first.output && again.status == 0)
        let alone = try sandbox.estop("--demo", "--frame", "-", "--json")
        #expect(JSON(alone.output)?["text"]?.array?.count == 40)
        try expectNothingOnDisk(sandbox)
    }

    @Test func aScriptHaltsTheDemoAndResumesNothingElse() throws {
        let sandbox = try Sandbox()
        let script =
            "expect TRADING\nexpect-not HALTING\nK\nexpect HALTING\nwait 8s\nexpect HALTED\nexpect DEMO\nq\nq\n"
        let halted = try sandbox.run("estop", ["--demo", "--script", "-"], input: script)
        #expect(halted.status == 0, "\(halted)")
        try expectNothingOnDisk(sandbox)
    }

    @Test func aFailedExpectationShowsTheScreenAndTheLine() throws {
        let sandbox = try Sandbox()
        let options = ["--demo", "--script", "-", "--frame", sandbox.root + "/never"]
        let result = try sandbox.run("estop", options, input: "\nwait 10ms\nexpect-not DEMO\n")
        #expect(result.status == 1)
        #expect(result.error.contains("line 3 'expect-not DEMO': still on the screen after 10 s"))
        // The screen of 40 rows, then the line.
        #expect(result.error.split(separator: "\n", omittingEmptySubsequences: false).count == 42)
        try expectNothingOnDisk(sandbox)
    }

    @Test func thePlainWatchPlaysItToo() throws {
        let sandbox = try Sandbox()
        let result = try sandbox.run("estop", ["watch", "--demo", "--plain"], input: "halt a drill\nquit\n")
        #expect(result.status == 0)
        #expect(result.output.contains("DEMO: this is not the real desk"))
        #expect(result.output.contains("halt asked for: a drill"))
        #expect(result.output.contains("DEMO mode HALT"), "\(result.output)")
        try expectNothingOnDisk(sandbox)
    }

    @Test func itIsNoDeskOfAStateDirectory() throws {
        let sandbox = try Sandbox()
        for wrong in [
            ["--demo", "--state", "x"], ["--demo", "--frame", "-", "--config", "x"],
            ["watch", "--demo", "--plain", "--state", "x"], ["serve", "--demo"],
        ] {
            let result = try sandbox.run("estop", wrong)
            #expect(result.status == 64 && result.error.split(separator: "\n").count == 1, "\(wrong): \(result)")
        }
        // A halt is never refused for its words: an option that it does not have halts everything there is.
        let halt = try sandbox.run("estop", ["halt", "--demo"])
        #expect(halt.status == 1 && halt.error.contains("--demo"), "\(halt)")
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
    }
}
