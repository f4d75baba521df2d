import Glibc
import KillSwitch

/// Work on a thread of its own that is waited for only so long: a frozen disk must not keep a command from speaking.
enum Deadline {
    /// Runs `work`; nil when it took longer than `milliseconds`, and then it goes on by itself.
    static func run<Value: Sendable>(milliseconds: UInt64, _ work: @escaping @Sendable () -> Value) -> Value? {
        let box = Box(work)
        guard ThreadStart.detached({ box.run() }) else { return work() }
        return box.wait(milliseconds: milliseconds)
    }

    /// A value that arrives once, guarded by a pipe: writing one byte to it publishes the value.
    private final class Box<Value: Sendable>: @unchecked Sendable {
        private let work: @Sendable () -> Value
        private var value: Value?
        private var ends: [Int32] = [-1, -1]

        init(_ work: @escaping @Sendable () -> Value) {
            self.work = work
            pipe(&ends)
        }

        func run() {
            value = work()
            var byte: UInt8 = 1
            write(ends[1], &byte, 1)
        }

        func wait(milliseconds: UInt64) -> Value? {
            var ready = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            var byte: UInt8 = 0
            guard poll(&ready, 1, Int32(clamping: milliseconds)) == 1, read(ends[0], &byte, 1) == 1 else { return nil }
            return value
        }
    }
}
