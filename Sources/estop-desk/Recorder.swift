import Desk
import Glibc
import KillSwitch
import Synchronization

/// Writes the records of this process's halts on a thread of its own, and again until they are on disk.
final class Recorder: Sendable {
    private let waiting = Mutex<[(pulled: HaltHandle.Pulled, request: HaltRequest)]>([])
    private let busy = Atomic<Bool>(false)
    private let ending = Atomic<Bool>(false)
    private let wire = Wire()

    func add(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) {
        waiting.withLock { $0.append((pulled, request)) }
        wire.pull()
    }

    func start(_ killSwitch: KillSwitch, _ watch: DeskWatch) {
        ThreadStart.detached { [self] in
            while !ending.load(ordering: .acquiring) {
                busy.store(true, ordering: .releasing)
                let now = waiting.withLock { queue in
                    defer { queue = [] }
                    return queue
                }
                var failed = false
                for (pulled, request) in now {
                    let report = killSwitch.record(pulled, request)
                    watch.recorded(report, at: Clock.boottime())
                    if !report.durable {
                        waiting.withLock { $0.append((pulled, request)) }
                        failed = true
                    }
                }
                if !now.isEmpty, !failed { _ = try? killSwitch.writeMirror() }
                busy.store(false, ordering: .releasing)
                if wire.wait(milliseconds: failed ? 500 : -1) { wire.rest() }
            }
        }
    }

    /// Waits until nothing is left to record, at most so long.
    func finish(milliseconds: UInt64) {
        Patience.wait(milliseconds: milliseconds) {
            waiting.withLock { $0.isEmpty } && !busy.load(ordering: .acquiring)
        }
        ending.store(true, ordering: .releasing)
        wire.pull()
    }
}
