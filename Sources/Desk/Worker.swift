import Glibc
import KillSwitch
import Synchronization

/// A thread of the host, and a pipe that wakes it.
///
/// Threads, not tasks: the beat must not share an executor with anything that may wait for a disk.
final class Worker: Sendable {
    private let event: Int32
    private let signal: Int32
    private let stopping = Atomic<Bool>(false)
    private let thread = Mutex<pthread_t?>(nil)

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        event = ends[0]
        signal = ends[1]
    }

    deinit {
        close(event)
        close(signal)
    }

    /// Whether the thread should end.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Starts the thread.
    func start(_ body: @escaping @Sendable () -> Void) {
        let started = ThreadStart.joinable(body)
        thread.withLock { $0 = started }
    }

    /// Wakes the thread; async-signal-safe.
    func wake() {
        var one: UInt8 = 1
        write(signal, &one, 1)
    }

    /// Sleeps until woken, until another descriptor is readable, or for so long.
    ///
    /// - Returns: whether the other descriptor is readable.
    func sleep(also descriptor: Int32 = -1, milliseconds: UInt64) -> Bool {
        var ready = [
            pollfd, Glibc.pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&ready, nfds_t(ready.count), Int32(clamping: milliseconds))
        if ready[0].revents != 0 { drain() }
        return ready[1].revents & Int16(POLLIN) != 0
    }

    /// What to poll for, for a thread that waits for many descriptors.
    var pollfd: Glibc.pollfd { Glibc.pollfd(fd: event, events: Int16(POLLIN), revents: 0) }

    /// Takes back every wake so far.
    func drain() {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(event, &bytes, bytes.count) == bytes.count {}
    }

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
