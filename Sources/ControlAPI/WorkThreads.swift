import Glibc
import KillSwitch
import Synchronization

/// A few threads for what may wait (the log, the journal, an engine's answer), so that no executor ever does.
final class WorkThreads: Sendable {
    private struct Queue {
        var jobs: [Job] = []
        var isEnding = false
        var running = 0
    }

    private let queue = Mutex(Queue())
    /// A pipe with a byte for each job: it wakes one thread for each, not all of them.
    private let tokens: (reading: Int32, writing: Int32)
    private let count: Int
    private let most: Int
    private let nice: Int32

    /// - Parameters:
    ///   - most: jobs that may wait; more are not taken. Less than a pipe holds, in any case.
    ///   - nice: how much the threads give way to whatever else the host does: nobody's reading slows a halt.
    init(threads: Int, most: Int, nice: Int32 = 5) {
        self.nice = nice
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        tokens = (ends[0], ends[1])
        count = max(1, threads)
        self.most = min(most, 32_768)
    }

    deinit { for end in [tokens.reading, tokens.writing] where end >= 0 { close(end) } }

    func start() {
        for _ in 0..<count {
            queue.withLock { $0.running += 1 }
            let started = ThreadStart.detached { [self] in run() }
            if !started { queue.withLock { $0.running -= 1 } }
        }
    }

    /// Whether there is any.
    var isRunning: Bool { queue.withLock { $0.running > 0 } }

    /// Ends them after what waits, or after so long.
    func stop(withinMs limit: UInt64) {
        queue.withLock { $0.isEnding = true }
        for _ in 0..<count { wakeOne() }
        let until = Clock.boottime() + limit * 1_000_000
        while queue.withLock({ $0.running }) > 0, Clock.boottime() < until { Clock.sleep(milliseconds: 5) }
    }

    private func wakeOne() {
        var byte: UInt8 = 1
        while Glibc.write(tokens.writing, &byte, 1) < 0, errno == EINTR {}
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
            queue.jobs.append(Job(job))
            return true
        }
        if isTaken { wakeOne() }
        return isTaken
    }

    private func run() {
        // Of this thread alone, on Linux.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, nice)
        var byte: UInt8 = 0
        while true {
            let count = read(tokens.reading, &byte, 1)
            if count < 0, errno == EINTR { continue }
            let (job, isEnding) = queue.withLock { queue in
                (queue.jobs.isEmpty ? nil : queue.jobs.removeFirst(), queue.isEnding)
            }
            if let job {
                job.run()
            } else if isEnding || count <= 0 {
                queue.withLock { $0.running -= 1 }
                return
            }
        }
    }
}
