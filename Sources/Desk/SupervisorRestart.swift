import Glibc
import KillSwitch
import Synchronization

/// Starts the commands that start supervisors again. A started process is nobody's child for long: it leads a session of its
/// own and outlives the host, as a bot has to.
final class SupervisorRestart: Sendable {
    /// A command that has not ended after so long counts as started, in milliseconds.
    static let patienceMs: UInt64 = 1_000

    private let running = Mutex<[pid_t]>([])

    /// Starts a command.
    ///
    /// - Returns: why it did not start, or failed at once; nil: it runs, or ended well.
    func start(_ command: [String]) -> String? {
        reap()
        guard let program = command.first else { return "no restart command is configured" }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // POSIX_SPAWN_SETSID is 0x80; glibc shows it only with _GNU_SOURCE.
        let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | 0x80
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        // The screen of a dashboard that hosts is not for a bot to write on.
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let problem = posix_spawnp(&pid, program, &actions, &attributes, &words, environ)
        guard problem == 0 else { return "\(program) cannot be started: \(String(cString: strerror(problem)))" }
        let until = Clock.boottime() + SupervisorRestart.patienceMs * 1_000_000
        while Clock.boottime() < until {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                let code = status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
                return code == 0 ? nil : "\(program) ended at once with status \(code)"
            }
            Clock.sleep(milliseconds: 20)
        }
        running.withLock { $0.append(pid) }
        return nil
    }

    /// Takes the status of those that have ended: nobody else does.
    func reap() {
        running.withLock { running in
            running.removeAll { pid in
                var status: Int32 = 0
                return waitpid(pid, &status, WNOHANG) != 0
            }
        }
    }
}
