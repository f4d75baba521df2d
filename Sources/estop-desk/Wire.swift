import Glibc

/// A pipe whose one end becomes readable, for good, when the other is pulled.
final class Wire: Sendable {
    /// Readable once it was pulled.
    let readable: Int32
    private let end: Int32

    init() {
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
        close(readable)
        close(end)
    }

    func pull() {
        var byte: UInt8 = 1
        write(end, &byte, 1)
    }

    /// Waits until it is pulled, at most so long; false when it was not.
    func wait(milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: readable, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) > 0
    }

    /// Makes it unreadable again.
    func rest() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readable, &bytes, bytes.count) > 0 {}
    }
}
