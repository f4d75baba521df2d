import Foundation
import Testing

@testable import KillSwitch

/// What may be typed after `estop halt`, by real processes: halting is never refused for its words.
@Suite(.serialized) struct HaltWordsTests {
    @Test func wordsWithoutQuotesAreTheReason() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        #expect(try sandbox.estop("halt", "exchange", "is", "down").status == 0)
        #expect(try sandbox.killSwitch().observe().latches.map(\.reason) == ["exchange is down"])
        #expect(try sandbox.estop("halt", "--reason", "maintenance", "--wait", "0").status == 0)
        #expect(try sandbox.killSwitch().observe().latches.last?.reason == "maintenance")
    }

    @Test(arguments: [["HALT", "now"], ["halt now"], ["--halt", "now"], ["--json", "Activate", "now"]])
    func whatIsMeantAsAHaltHalts(words: [String]) throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let halted = try sandbox.run("estop", words)
        #expect(halted.status == 0, "\(halted)")
        #expect(try sandbox.killSwitch().observe().latches.map(\.reason) == ["now"])
    }

    @Test(arguments: [
        ["halt", "--scop", "venue=kraken", "x"], ["halt", "--scope", "venu=x"], ["halt", "--mode", "papr"],
        ["halt", "--frobnicate"], ["--zzz", "halt"],
    ])
    func whatIsNotUnderstoodHaltsEverything(words: [String]) throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        #expect(try sandbox.killSwitch().observe().word?.mode == .paper)
        let halted = try sandbox.run("estop", words)
        #expect(halted.status == 1 && halted.error.contains("EVERYTHING is halted"), "\(halted)")
        #expect(try sandbox.killSwitch().observe().word?.mode == .halted)
        #expect(try sandbox.killSwitch().observe().latches.allSatisfy(\.scope.isGlobal))
    }

    @Test func otherWordsForAHaltAreToldHowToHalt() throws {
        let sandbox = try Sandbox()
        for words in [["stop", "--all"], ["kill"], ["emergency"]] {
            let result = try sandbox.run("estop", words)
            #expect(result.status == 64 && result.error.contains("NOTHING IS HALTED"), "\(words): \(result)")
            #expect(result.error.contains("estop halt"), "\(words): \(result)")
        }
    }

    @Test func aHaltWhereNoDeskRunsSaysSoAndNamesTheDeskThatRuns() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        let other = sandbox.root + "/stat"
        defer {
            if let made = try? StateDirectory(other) {
                try? FileManager.default.removeItem(atPath: made.defaultRunDirectory)
            }
        }
        let halted = try sandbox.estop("halt", "fat finger", "--state", other)
        #expect(halted.status == 1, "\(halted)")
        #expect(halted.error.contains("NO RUNNING DESK WAS HALTED"), "\(halted)")
        #expect(halted.error.contains("--state \(sandbox.state)"), "\(halted)")
        #expect(halted.error.contains("host pid \(host.processIdentifier)"), "\(halted)")
        // The desk that runs was not touched. (A starved machine may halt it by its watchdog.)
        #expect(try !sandbox.killSwitch().observe().latches.contains { $0.reason.contains("fat finger") })
        // A desk that has run there and does not run any more is none either.
        let dead = try Sandbox()
        try dead.killSwitch().ensurePages(mayStart: true)
        try dead.estop("halt", "its host is gone", "--wait", "0")
        let page = open(try StateDirectory(dead.state).defaultRunDirectory + "/halt.page", O_RDWR)
        var beat = UInt64(1)
        #expect(pwrite(page, &beat, 8, 32) == 8)
        close(page)
        let again = try dead.estop("halt", "fat finger", "--json")
        #expect(again.status == 1 && JSON(again.output)?["success"] == .bool(false), "\(again)")
        #expect(again.output.contains("NO RUNNING DESK WAS HALTED") && again.output.contains(sandbox.state))
        let file = sandbox.root + "/file"
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        let refused = try sandbox.estop("halt", "--state", file)
        #expect(refused.status == 2 && refused.error.contains(sandbox.state), "\(refused)")
    }
}
