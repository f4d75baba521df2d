import Glibc

/// A pipe whose one end becomes readable when the other is pulled: how a thread that waits for descriptors is woken.
public final class Wire: Sendable {
    /// Readable once it was pulled, until `rest`; -1 when the system had no pipe to give.
    public let readable: Int32
    private let end: Int32

    /// Creates one that nobody pulled.
    public init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        readable = ends[0]
        end = ends[1]
    }

    deinit {
        for end in [readable, end] where end >= 0 { close(end) }
    }

    /// Makes it readable; async-signal-safe. A thread that sleeps for good must not miss it, so a refusal is not taken at
    /// once; a pipe that is full was pulled already.
    public func pull() {
        var byte: UInt8 = 1
        for _ in 0..<4 {
            let written = write(end, &byte, 1)
            // What errno says holds for a refusal only: after anything else it speaks of an earlier call.
            if written == 1 || written < 0 && (errno == EAGAIN || errno == EBADF) { return }
        }
    }

    /// Waits until it is pulled.
    ///
    /// - Parameter milliseconds: at most so long; negative: for good.
    /// - Returns: whether it was pulled.
    public func wait(milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: readable, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) > 0
    }

    /// Makes it unreadable again.
    public func rest() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readable, &bytes, bytes.count) == bytes.count {}
    }
}
