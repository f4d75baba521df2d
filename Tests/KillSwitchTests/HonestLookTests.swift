import Glibc
import Testing

@testable import KillSwitch

/// What a look at a desk says of what it cannot see, and how it names the desk.
@Suite struct HonestLookTests {
    @Test func gatesThatCannotBeReadAreNoAllClear() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        #expect(killSwitch.observe().gatesProblem == nil)
        try #require(unlink("\(scratch.path)/gates.page") == 0)
        let halt = killSwitch.halt(HaltRequest(reason: "one", source: .library))
        #expect(!killSwitch.noteEffective(of: halt.state))
        let seen = killSwitch.observe()
        #expect(seen.gatesProblem != nil && !seen.isStopped && seen.effective == nil)
        #expect(seen.statusJSON(desk: "test")["gates"] == .null)
        let checks = killSwitch.preflight(seen, mode: .live, scope: .global, answers: [])
        #expect(checks.first { $0.name == .gates }?.passed == false)
        try killSwitch.ensurePages(mayStart: false)
        // Without a host only a paper desk, whose venue ended with it, is verified.
        let word = try #require(killSwitch.observe().word)
        #expect(!killSwitch.noteEffective(of: word))
        let paper = try scratch.killSwitch(paper: true)
        #expect(paper.noteEffective(of: word) && paper.observe().isStopped)
    }

    @Test func theFirstHaltInForceIsTheBeginning() throws {
        let killSwitch = try Scratch().liveSwitch()
        killSwitch.halt(HaltRequest(reason: "first", source: .watchdog))
        killSwitch.halt(HaltRequest(reason: "second", source: .library))
        let seen = killSwitch.observe()
        #expect(seen.beginning?.reason == "first" && seen.cause?.reason == "second")
    }

    @Test func aDirectoryThatWasRemovedOrReplacedIsSaidToBe() throws {
        let scratch = Scratch()
        let moved = scratch.path + ".moved"
        let killSwitch = try scratch.killSwitch()
        #expect(killSwitch.directory.problem == nil)
        try #require(rename(scratch.path, moved) == 0)
        #expect(killSwitch.directory.problem?.contains("removed") == true)
        try #require(mkdir(scratch.path, 0o700) == 0)
        #expect(killSwitch.directory.problem?.contains("another one") == true)
        #expect(killSwitch.observe().directoryProblem != nil)
        rmdir(moved)
    }

    @Test(
        arguments: [
            ("/srv/desk", "/srv/desk"), ("/srv/a desk", "'/srv/a desk'"), ("/it's", "'/it'\\''s'"), ("", "''"),
            ("/a;rm -rf", "'/a;rm -rf'"),
        ]
    )
    func aPathIsOneWordOfAShell(_ path: String, _ quoted: String) {
        #expect(StateDirectory.quoted(path) == quoted)
    }

    @Test func aCommandNamesTheDeskUnlessItIsTheOneThatIsMeantAnyway() {
        #expect(StateDirectory.option(for: "/srv/desk") == " --state /srv/desk")
        let home =
            getenv("XDG_STATE_HOME").map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? getenv("HOME").map { String(cString: $0) + "/.local/state" }
        if let home { #expect(StateDirectory.option(for: "\(home)/estop") == "") }
        let text = "it isn't up: start 'estop serve', twice 'estop serve'"
        #expect(
            StateDirectory.naming(text, " --state /d")
                == "it isn't up: start 'estop serve --state /d', twice 'estop serve --state /d'"
        )
        #expect(StateDirectory.naming(text, "") == text)
    }
}
