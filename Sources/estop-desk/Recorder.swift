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
            var records = LateRecords()
            while !ending.load(ordering: .acquiring) {
                busy.store(true, ordering: .releasing)
                let now = waiting.withLock { queue in
                    defer { queue = [] }
                    return queue
                }
                for (pulled, request) in now { records.add(Upkeep.Pending(pulled: pulled, request: request)) }
                let outcomes = records.write(killSwitch, now: Clock.boottime())
                for outcome in outcomes { watch.recorded(outcome.report, at: Clock.boottime()) }
                if !outcomes.isEmpty, records.isEmpty { _ = try? killSwitch.writeMirror() }
                busy.store(!records.isEmpty, ordering: .releasing)
                if wire.wait(milliseconds: records.isEmpty ? -1 : 100) { wire.rest() }
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
