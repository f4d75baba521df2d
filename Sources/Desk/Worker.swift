import Glibc
import KillSwitch
import Synchronization

/// A thread of the host, and a wire that wakes it.
///
/// Threads, not tasks: the beat must not share an executor with anything that may wait for a disk.
final class Worker: Sendable {
    private let wire = Wire()
    private let stopping = Atomic<Bool>(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// Whether the thread should end.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Starts the thread.
    func start(_ body: @escaping @Sendable () -> Void) {
        let started = ThreadStart.joinable(body)
        thread.withLock { $0 = started }
    }

    /// Wakes the thread; async-signal-safe.
    func wake() { wire.pull() }

    /// Sleeps until woken, until another descriptor is readable, or for so long; not at all once the thread should end, even
    /// where an earlier sleep has taken that wake already.
    ///
    /// - Returns: whether the other descriptor is readable.
    func sleep(also descriptor: Int32 = -1, milliseconds: UInt64) -> Bool {
        var ready = [
            pollfd, Glibc.pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&ready, nfds_t(ready.count), isStopping ? 0 : Int32(clamping: milliseconds))
        if ready[0].revents != 0 { drain() }
        return ready[1].revents & Int16(POLLIN) != 0
    }

    /// What to poll for, for a thread that waits for many descriptors.
    var pollfd: Glibc.pollfd { Glibc.pollfd(fd: wire.readable, events: Int16(POLLIN), revents: 0) }

    /// Takes back every wake so far.
    func drain() { wire.rest() }

    /// Asks the thread to end and waits for it.
    func stop() {
        stopping.store(true, ordering: .releasing)
        wake()
        if let started = thread.withLock({ thread in
            defer { thread = nil }
            return thread
        }) {
            pthread_join(started, nil)
        }
    }
}
