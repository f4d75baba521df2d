import Glibc
import Testing

@testable import KillSwitch

/// Which desks are said to run, by the pages of those whose processes are not seen.
@Suite struct LivingDesksTests {
    private func found(_ killSwitch: KillSwitch) -> LivingDesk? {
        LivingDesk.all().first { $0.runDirectory == killSwitch.runDirectory }
    }

    @Test func aDeskOfOnesOwnThatEndedAndIsHaltedIsNotSaidToRun() throws {
        let killSwitch = try Scratch().liveSwitch()
        let page = try #require(HaltPage.map(killSwitch.directory, writable: true).page)
        page.setDeadMan(60_000_000_000)
        page.setBeat(Clock.boottime())
        let living = try #require(found(killSwitch))
        #expect(living.mode == .live && living.text.contains("of yours"))
        #expect(LivingDesk.words([living]).contains("NOT halted: "))
        page.setDeadMan(1)
        #expect(found(killSwitch) == nil)
        page.setDeadMan(60_000_000_000)
        killSwitch.halt(HaltRequest(reason: "one", source: .library))
        #expect(found(killSwitch) == nil)
    }

    @Test func aDeskOfAnotherUserIsSaidToBeHaltedWhereItsPageSaysSo() {
        let folder = "/dev/shm/estop-\(geteuid() + 1)-1f-2a"
        let halted = LivingDesk(runDirectory: folder, mode: .halted)
        #expect(halted.text.contains("another user"))
        #expect(!LivingDesk.words([halted]).contains("NOT halted"))
        let live = LivingDesk(runDirectory: folder, mode: .live)
        #expect(LivingDesk.words([live]).contains("NOT halted") && LivingDesk.words([]).contains("no other desk"))
    }
}
