import CTerminal
import Glibc
import KillSwitch
import Synchronization

/// A thread of our own: the tap and the painter must not share one with anything that can wait.
final class Thread: Sendable {
    private let handle: pthread_t
    private let finished = Semaphore()

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        let finished: Semaphore

        init(_ name: String, _ run: @escaping @Sendable () -> Void, _ finished: Semaphore) {
            self.name = name
            self.run = run
            self.finished = finished
        }
    }

    /// Starts it; nil when the system has no thread to give.
    init?(_ name: String, _ run: @escaping @Sendable () -> Void) {
        var started = pthread_t()
        let body = Unmanaged.passRetained(Body(name, run, finished))
        let result = pthread_create(
            &started,
            nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                term_guard_thread(body.name)
                body.run()
                body.finished.post()
                return nil
            },
            body.toOpaque()
        )
        guard result == 0 else {
            body.release()
            return nil
        }
        handle = started
        pthread_detach(started)
    }

    /// Waits for its end, at most so long; false when it still runs.
    func wait(ms: Int) -> Bool { finished.wait(ms: ms) }
}

/// A POSIX semaphore.
final class Semaphore: Sendable {
    // The address must stay the same for as long as anybody may wait; the semaphore itself is thread-safe.
    private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func post() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }

    /// False when nobody posted in time.
    func wait(ms: Int) -> Bool {
        var until = timespec()
        clock_gettime(CLOCK_REALTIME, &until)
        let nanoseconds = until.tv_nsec + ms % 1000 * 1_000_000
        until.tv_sec += ms / 1000 + nanoseconds / 1_000_000_000
        until.tv_nsec = nanoseconds % 1_000_000_000
        while sem_timedwait(semaphore, &until) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }
}

/// Does one thing after another on a thread of its own, for whatever may wait: disks, locks, the host.
final class Worker: Sendable {
    private struct State {
        var jobs: [Job] = []
        var busy = false
    }

    private let state = Mutex(State())
    private let ready = Semaphore()
    private let idle = Semaphore()

    init(_ name: String) {
        let started = Thread(name) { [self] in
            while true {
                ready.wait()
                guard let job = next() else { continue }
                job.run()
                state.withLock { $0.busy = false }
                idle.post()
            }
        }
        // Without a thread the work is lost, not the halt; it is shown as a check or an answer that never comes.
        _ = started
    }

    func add(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.jobs.append(Job(job)) }
        ready.post()
    }

    /// Waits until everything added is done, at most so long.
    func finish(ms: Int) {
        let end = Clock.monotonicMs() + UInt64(ms)
        while state.withLock({ $0.busy || !$0.jobs.isEmpty }) {
            let now = Clock.monotonicMs()
            if now >= end || !idle.wait(ms: Int(end - now)) { return }
        }
    }

    private func next() -> Job? {
        state.withLock { state in
            guard !state.jobs.isEmpty else { return nil }
            state.busy = true
            return state.jobs.removeFirst()
        }
    }
}
