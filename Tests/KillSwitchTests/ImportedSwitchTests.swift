import Testing

@testable import KillSwitch

@Suite struct ImportedSwitchTests {
    @Test(arguments: [
        (
            #"{"is_active": true, "activation_history": [{"timestamp": "2026-01-02T03:04:05", "reason": "fat finger"}]}"#,
            true
        ),
        (#"{"is_active": true}"#, true), (#"{"is_active": "no"}"#, true), ("{}", true), ("not json", true), ("", true),
        (#"{"is_active": false, "activation_history": [{"reason": "old"}]}"#, false),
    ])
    func aNewPaperDeskStartsHaltedWhereTheOldSwitchWasActive(text: String, halts: Bool) throws {
        let scratch = Scratch()
        scratch.write(ImportedSwitch.name, Array(text.utf8))
        let killSwitch = try scratch.killSwitch(paper: true)
        try killSwitch.ensurePages(mayStart: true)
        let seen = killSwitch.observe()
        #expect(seen.word?.mode == (halts ? .halted : .paper))
        #expect(seen.latches.contains { $0.reason.contains(ImportedSwitch.name) } == halts)
        if text.contains("fat finger") {
            #expect(seen.latches.first?.reason.hasSuffix("since 2026-01-02T03:04:05: fat finger") == true)
        }
        #expect(scratch.bytes(ImportedSwitch.name) == Array(text.utf8), "it is only read")
    }

    @Test func aDeskWithAPastDoesNotAskIt() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        scratch.write(ImportedSwitch.name, Array(#"{"is_active": true}"#.utf8))
        try killSwitch.ensurePages(mayStart: true)
        #expect(killSwitch.observe().word?.mode == .live)
    }
}
