import Synchronization
import Testing

@testable import Desk
@testable import KillSwitch

/// A thread of the host that is asked to end.
@Suite struct WorkerTests {
    @Test func aThreadThatShouldEndSleepsNoMoreThoughItsWakeWasTakenAlready() throws {
        let worker = Worker()
        let hasSlept = Atomic<Int>(0)
        worker.start {
            // As a link does: woken while it listens, it would rest before the next try.
            while !worker.isStopping { _ = worker.sleep(milliseconds: 600_000) }
            hasSlept.add(1, ordering: .releasing)
            _ = worker.sleep(milliseconds: 600_000)
            hasSlept.add(1, ordering: .releasing)
        }
        worker.stop()
        #expect(hasSlept.load(ordering: .acquiring) == 2)
    }
}
