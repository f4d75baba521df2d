import Console
import Glibc
import KillSwitch

/// What this executable is when the bench starts it as a child: whoever waits on the other side.
///
/// Not for people: without the bench's channel or terminal it is an unknown bench like any other.
enum BenchRole: String {
    /// Waits in turn for a halt (a gate's wait) and for a bare futex.
    case waiter = ".waiter"
    /// Waits for files in a directory.
    case watcher = ".watcher"
    /// Sends every byte of its terminal back.
    case echo = ".echo"
    /// Wakes ten times a second.
    case sleeper = ".sleeper"
    /// Is connected to a host, and asks it.
    case crowd = ".crowd"
    /// Puts on disk whatever comes over a connection, and sends it back.
    case recorder = ".recorder"

    /// Plays the role; nil where it cannot be played.
    func run(_ arguments: Arguments) -> Int32? {
        switch self {
        case .echo: return isatty(0) == 1 && getsid(0) == getpid() ? BenchRole.sendBack() : nil
        case .sleeper: return arguments.state == nil ? nil : BenchRole.nap()
        case .crowd: return BenchCrowd.play()
        case .recorder: return arguments.state.flatMap { BenchRecorder.play($0) }
        case .waiter, .watcher:
            var status = stat()
            guard let path = arguments.state, fstat(BenchChannel.inherited, &status) == 0, status.st_size == 4096,
                let channel = try? BenchChannel(descriptor: BenchChannel.inherited)
            else { return nil }
            return self == .waiter ? BenchRole.wait(path, channel) : BenchRole.watch(path, channel)
        }
    }

    private static func wait(_ state: String, _ channel: BenchChannel) -> Int32 {
        guard let gate = try? Gate(state: state, name: "bench", scope: "venue=paper") else { return 1 }
        let parent = getppid()
        var turn: UInt32 = 0
        while true {
            let word = gate.word
            turn += 1
            channel.set(.ready, turn)
            while gate.wait(from: word, timeout: .seconds(1)) == word { if getppid() != parent { return 1 } }
            channel.stamp = Clock.boottime()
            channel.set(.done, turn)

            let seen = channel.value(.wake)
            turn += 1
            channel.set(.ready, turn)
            while channel.value(.wake) == seen {
                channel.sleep(.wake, while: seen, milliseconds: 1000)
                if getppid() != parent { return 1 }
            }
            channel.stamp = Clock.boottime()
            channel.set(.done, turn)
        }
    }

    private static func watch(_ directory: String, _ channel: BenchChannel) -> Int32 {
        let queue = inotify_init1(Int32(IN_CLOEXEC))
        guard queue >= 0, inotify_add_watch(queue, directory, UInt32(IN_CREATE)) >= 0 else { return 1 }
        let parent = getppid()
        var bytes = [UInt8](repeating: 0, count: 4096)
        var turn: UInt32 = 0
        while true {
            turn += 1
            channel.set(.ready, turn)
            var ready = pollfd(fd: queue, events: Int16(POLLIN), revents: 0)
            while poll(&ready, 1, 1000) <= 0 { if getppid() != parent { return 1 } }
            guard read(queue, &bytes, bytes.count) > 0 else { return 1 }
            channel.stamp = Clock.boottime()
            channel.set(.done, turn)
        }
    }

    private static func nap() -> Int32 {
        let parent = getppid()
        while getppid() == parent { BenchProcess.nap(microseconds: 100_000) }
        return 0
    }

    private static func sendBack() -> Int32 {
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return 1 }
        cfmakeraw(&settings)
        guard tcsetattr(0, TCSANOW, &settings) == 0 else { return 1 }
        // The first byte says that the terminal is raw.
        var byte = UInt8(ascii: "R")
        repeat {
            guard write(1, &byte, 1) == 1 else { return 0 }
        } while read(0, &byte, 1) == 1
        return 0
    }
}
