import CProcess
import Console
import Glibc
import KillSwitch

/// Starting processes, as the bench needs them: with an environment that says nothing about the caller's desk.
enum BenchProcess {
    /// The folder of this executable.
    static var folder: String {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    }

    /// This executable; a path that stays right when the file is replaced.
    static let own = "/proc/self/exe"

    /// POSIX_SPAWN_SETSID of <spawn.h>, which hides it from Swift.
    private static let setSession: Int32 = 0x80

    /// A set of signals.
    static func signals(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }

    private static var environment: [String] {
        let kept = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH"]
        return kept.compactMap { name in Environment.process[name].map { "\(name)=\($0)" } }
            + ["TERM=xterm-256color", "SWIFT_BACKTRACE=enable=no"]
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: the first is the program's path.
    ///   - files: descriptors of this process and which ones they become; the standard ones are /dev/null otherwise.
    ///   - terminal: a terminal's path that becomes its standard files and controls it.
    static func start(
        _ arguments: [String],
        files: [(Int32, Int32)] = [],
        terminal: String? = nil
    ) throws(BenchProblem) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for standard in Int32(0)...2 {
            posix_spawn_file_actions_addopen(&actions, standard, terminal ?? "/dev/null", O_RDWR, 0)
        }
        for (from, to) in files { posix_spawn_file_actions_adddup2(&actions, from, to) }
        var none = signals([])
        var standard = signals([SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD])
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &standard)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        if terminal != nil { flags |= setSession }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid = pid_t()
        let error = posix_spawn(&pid, arguments[0], &actions, &attributes, &words, &variables)
        guard error == 0 else { throw BenchProblem("\(arguments[0]) cannot be started", errno: error) }
        return pid
    }

    /// Starts `estop serve` on a desk; it dies with the calling thread.
    static func serve(_ state: String) throws(BenchProblem) -> pid_t {
        let arguments = [own, "serve", "--state", state, "--log-level", "critical"]
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in words { free(text) } }
        var failure: Int32 = -1
        let pid = words.withUnsafeMutableBufferPointer { words in
            var spawn = process_spawn()
            spawn.arguments = words.baseAddress.map { UnsafePointer($0) }
            spawn.terminal = -1
            return process_start(&spawn, &failure)
        }
        guard pid > 0 else { throw BenchProblem("estop serve cannot be started", errno: errno) }
        close(failure)
        return pid
    }

    /// A pipe that no child inherits by itself: the end to read and the end to write.
    static func pipe() throws(BenchProblem) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw BenchProblem("no pipe", errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Waits for a child's end; its exit status, or minus the number of the signal that ended it.
    static func status(of child: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 { if errno != EINTR { return -SIGKILL } }
        let code = process_exit_status(status)
        return code >= 0 ? code : -process_end_signal(status)
    }

    /// Starts a program and waits for its end: how long both took, and its exit status.
    static func time(_ arguments: [String]) throws(BenchProblem) -> (start: UInt64, end: UInt64, status: Int32) {
        let start = Clock.boottime()
        let status = status(of: try self.start(arguments))
        return (start, Clock.boottime(), status)
    }

    /// Sleeps without a clock's help: between two samples, so that whoever is to be woken sleeps by then.
    static func nap(microseconds: Int) {
        var time = timespec(tv_sec: microseconds / 1_000_000, tv_nsec: microseconds % 1_000_000 * 1000)
        var rest = timespec()
        while nanosleep(&time, &rest) != 0 && errno == EINTR { time = rest }
    }
}

/// A thread that can be waited for.
struct BenchThread {
    private let handle: pthread_t?

    /// Starts it.
    init(_ run: @escaping @Sendable () -> Void) { handle = ThreadStart.joinable(run) }

    /// Waits for its end.
    func join() { if let handle { pthread_join(handle, nil) } }
}
