import KillSwitch
import Synchronization

/// A few threads for what may wait (the log, the journal, an engine's answer), so that no executor ever does.
final class WorkThreads: Sendable {
    private struct Queue {
        var jobs: [@Sendable () -> Void] = []
        var isEnding = false
        var running = 0
    }

    private let queue = Mutex(Queue())
    private let wires: [Wire]
    private let most: Int

    /// - Parameter most: jobs that may wait; more are not taken.
    init(threads: Int, most: Int) {
        wires = (0..<max(1, threads)).map { _ in Wire() }
        self.most = most
    }

    func start() {
        for wire in wires {
            queue.withLock { $0.running += 1 }
            let started = ThreadStart.detached { [self] in run(wire) }
            if !started { queue.withLock { $0.running -= 1 } }
        }
    }

    /// Ends them after what waits, or after so long.
    func stop(withinMs limit: UInt64) {
        queue.withLock { $0.isEnding = true }
        for wire in wires { wire.pull() }
        let until = Clock.boottime() + limit * 1_000_000
        while queue.withLock({ $0.running }) > 0, Clock.boottime() < until { Clock.sleep(milliseconds: 5) }
    }

    /// Does something on one of them; nil: too much waits.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            let isTaken = add { continuation.resume(returning: body()) }
            if !isTaken { continuation.resume(returning: nil) }
        }
    }

    /// Has something done; false: too much waits.
    func add(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = queue.withLock { queue in
            guard queue.jobs.count < most, !queue.isEnding, queue.running > 0 else { return false }
            queue.jobs.append(job)
            return true
        }
        if isTaken { for wire in wires { wire.pull() } }
        return isTaken
    }

    private func run(_ wire: Wire) {
        while true {
            let (job, isEnding) = queue.withLock { queue in
                (queue.jobs.isEmpty ? nil : queue.jobs.removeFirst(), queue.isEnding)
            }
            if let job {
                job()
            } else if isEnding {
                queue.withLock { $0.running -= 1 }
                return
            } else {
                _ = wire.wait(milliseconds: 1_000)
                wire.rest()
            }
        }
    }
}
