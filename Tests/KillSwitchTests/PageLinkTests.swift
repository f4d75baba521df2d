import Glibc
import Testing

@testable import KillSwitch

/// What stands under a page's name in the state directory and is not the link to this desk's own page.
@Suite struct PageLinkTests {
    /// Puts a copy of a page, as a regular file, in the place of its link.
    private func replace(_ name: String, _ scratch: Scratch, _ killSwitch: KillSwitch) throws {
        let run = try StateDirectory(killSwitch.directory.defaultRunDirectory)
        let bytes = try #require(try run.read(name))
        try #require(unlink("\(scratch.path)/\(name)") == 0)
        scratch.write(name, bytes)
    }

    private func isLinked(_ name: String, _ killSwitch: KillSwitch) -> Bool {
        killSwitch.directory.target(of: name) == "\(killSwitch.directory.defaultRunDirectory)/\(name)"
    }

    @Test func aFileInThePlaceOfTheHaltPageIsHaltedAndTheDesksOwnPageTakesItsPlace() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        let word = try #require(killSwitch.observe().word)
        try replace("halt.page", scratch, killSwitch)
        #expect(killSwitch.observe().word == word, "the file looks sound")
        let outcome = try killSwitch.ensurePages(mayStart: false, isHost: true)
        guard case .repaired(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("halt.page was replaced by a file") && reason.contains("linked anew"))
        #expect(isLinked("halt.page", killSwitch))
        let seen = killSwitch.observe()
        #expect(seen.word?.mode == .halted && (seen.word?.generation ?? 0) > word.generation)
        #expect(seen.latches.contains { $0.reason == reason })
        // Whoever mapped the file is halted by it.
        let aside = try #require(killSwitch.directory.names().first { $0.hasPrefix("halt.page.replaced-") })
        let bytes = scratch.bytes(aside)
        #expect(bytes.count > 16 && Mode(rawValue: bytes[16] & 7) == .halted)
        #expect(try killSwitch.ensurePages(mayStart: false, isHost: true) == .present)
        let resumed = killSwitch.resume(.test())
        #expect(killSwitch.observe().word?.mode == .live, "\(resumed)")
    }

    @Test(arguments: [true, false])
    func aGatesPageThatIsNotTheDesksOwnIsLinkedAnewAndTheDeskHalted(isReplaced: Bool) throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        if isReplaced {
            try replace("gates.page", scratch, killSwitch)
        } else {
            try #require(unlink("\(scratch.path)/gates.page") == 0)
        }
        let outcome = try killSwitch.ensurePages(mayStart: false, isHost: true)
        guard case .repaired(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("gates.page was deleted, replaced or led elsewhere"))
        #expect(isLinked("gates.page", killSwitch))
        let seen = killSwitch.observe()
        #expect(seen.word?.mode == .halted && seen.latches.contains { $0.reason == reason })
        #expect(try killSwitch.ensurePages(mayStart: false, isHost: true) == .present)
    }
}
