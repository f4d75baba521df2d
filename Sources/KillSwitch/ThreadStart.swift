public import Glibc

/// Something to be done later: what a queue holds. A closure by itself must not be put into a queue, a lock or any other
/// generic box: each time it is taken out and put back it is wrapped once more, until the stack is full.
public struct Job: Sendable {
    /// Does it.
    public let run: @Sendable () -> Void

    /// Creates a job.
    public init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starting a thread of one's own: what may wait for a disk must not share one with what must not.
public enum ThreadStart {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread.
    ///
    /// - Returns: the thread, to be joined or detached by the caller; nil when the system has none to give.
    public static func joinable(_ run: @escaping @Sendable () -> Void) -> pthread_t? {
        var started = pthread_t()
        let body = Unmanaged.passRetained(Body(run))
        let result = pthread_create(
            &started,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            body.toOpaque()
        )
        guard result == 0 else {
            body.release()
            return nil
        }
        return started
    }

    /// Starts a thread that nobody waits for.
    ///
    /// - Returns: whether it was started.
    @discardableResult
    public static func detached(_ run: @escaping @Sendable () -> Void) -> Bool {
        guard let started = joinable(run) else { return false }
        pthread_detach(started)
        return true
    }
}
