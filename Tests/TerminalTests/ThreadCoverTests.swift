import CCrash
import Dispatch
import Foundation
import Glibc
import KillSwitch
import Synchronization
import Testing

/// Every thread has a stack for its signal handlers, whoever started it.
@Suite struct ThreadCoverTests {
    private static func isCovered(_ start: (@escaping @Sendable () -> Void) -> Void) -> Bool {
        let covered = Atomic<Int>(-1)
        let done = DispatchSemaphore(value: 0)
        start {
            covered.store(Int(crash_thread_is_covered()), ordering: .releasing)
            done.signal()
        }
        done.wait()
        return covered.load(ordering: .acquiring) == 1
    }

    @Test func threadsOfOurOwnAreCovered() {
        #expect(ThreadCoverTests.isCovered { body in _ = ThreadStart.detached(body) })
    }

    @Test func threadsOfLibrariesAreCovered() async {
        #expect(ThreadCoverTests.isCovered { body in Foundation.Thread(block: body).start() })
        #expect(ThreadCoverTests.isCovered { body in DispatchQueue(label: "test").async(execute: body) })
        #expect(ThreadCoverTests.isCovered { body in DispatchQueue.global().async(execute: body) })
        // Awaited, not waited for: a test that blocks a thread of the pool may block the one that it waits for.
        #expect(await Task.detached { crash_thread_is_covered() }.value == 1)
    }
}
