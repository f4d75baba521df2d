import CProcess
import Console
import Glibc

extension RunCommand {
    /// The process that people see: it passes signals on, waits for the keeper, and ends what a killed keeper leaves.
    struct Guard {
        let keeper: pid_t
        let name: String

        // As <bits/siginfo-consts.h> has it: sent by the kernel, here the terminal's driver.
        private static let fromKernel: Int32 = 0x80

        /// Waits until the keeper has ended, and returns the exit status.
        func stand(_ signals: sigset_t) -> Int32 {
            var signals = signals
            while true {
                var info = siginfo_t()
                let number = sigwaitinfo(&signals, &info)
                if number == SIGCHLD {
                    if let status = reap() { return finish(status) }
                } else if RunCommand.passedOn.contains(number) {
                    sigqueue(keeper, number, sigval(sival_int: info.si_code == Guard.fromKernel ? 1 : 0))
                }
            }
        }

        /// Takes in every child that ended; the keeper's wait status, once it has.
        private func reap() -> Int32? {
            var status: Int32 = 0
            var ended: Int32?
            while true {
                let pid = waitpid(-1, &status, WNOHANG)
                if pid == keeper { ended = status }
                if pid == 0 || pid < 0 && errno != EINTR { return ended }
            }
        }

        private func finish(_ status: Int32) -> Int32 {
            // Had it been killed, what it kept is this process's to end now; it starts no more of it.
            var ignored: Int32 = 0
            while waitpid(-1, &ignored, WNOHANG) >= 0 || errno == EINTR {
                for process in ProcessTable.descendants(of: getpid()) { kill(process.pid, SIGKILL) }
                usleep(2000)
            }
            let code = process_exit_status(status)
            if code >= 0 { return code }
            let signal = process_end_signal(status)
            Output.error.line("estop: the keeper of \(name) was ended by signal \(signal), and so \(name) was killed")
            return 128 + signal
        }
    }

    /// The processes of this machine, as they were at one moment.
    struct ProcessTable {
        var entries: [process_entry]

        /// Reads it.
        static func read() -> ProcessTable {
            var capacity: Int32 = 1024
            while true {
                var entries = [process_entry](repeating: process_entry(), count: Int(capacity))
                let count = process_table(&entries, capacity)
                if count <= capacity { return ProcessTable(entries: Array(entries.prefix(Int(max(0, count))))) }
                capacity = count + 256
            }
        }

        /// The children of a process, their children, and so on.
        static func descendants(of root: pid_t) -> [process_entry] { read().descendants(of: root) }

        /// The children of a process, their children, and so on; parents first.
        func descendants(of root: pid_t) -> [process_entry] {
            let children = Dictionary(grouping: entries, by: \.parent)
            var found: [process_entry] = []
            var open = children[root] ?? []
            while let next = open.popLast() {
                found.append(next)
                open += children[next.pid] ?? []
            }
            return found
        }

        /// Whether a shell waits for the process as a job, so that it could let it go on when it stops: some ancestor is of
        /// the same session and of another process group. The kernel's word for the contrary is an orphaned group.
        func isJob(_ process: pid_t) -> Bool {
            guard let start = entries.first(where: { $0.pid == process }) else { return false }
            var at = start
            while let parent = entries.first(where: { $0.pid == at.parent }), parent.session == start.session {
                if parent.group != start.group { return true }
                at = parent
            }
            return false
        }
    }

    /// The controlling terminal, and which process group its keys reach.
    struct Terminal {
        private let descriptor: Int32
        private let guardGroup: pid_t
        private var modes: termios?
        /// Whether the bot is to have the terminal from the beginning: its input and its output are one.
        let isInteractive: Bool

        init(guardGroup: pid_t) {
            self.guardGroup = guardGroup
            descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
            isInteractive = descriptor >= 0 && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        }

        /// Whether the guard's group is in the foreground.
        var isOurs: Bool { descriptor >= 0 && tcgetpgrp(descriptor) == guardGroup }

        /// What a bot that begins in the foreground takes it with; -1 where it does not.
        mutating func forBeginning() -> Int32 {
            guard isInteractive, isOurs else { return -1 }
            remember()
            return descriptor
        }

        /// Hands it to a process group, if it is the guard's.
        mutating func give(to group: pid_t) {
            guard isOurs else { return }
            remember()
            tcsetpgrp(descriptor, group)
        }

        /// Takes it back from a process group.
        ///
        /// - Parameter restoring: also its modes, of a process that was killed and could not do so.
        func take(from group: pid_t, restoring: Bool) {
            guard descriptor >= 0, tcgetpgrp(descriptor) == group else { return }
            tcsetpgrp(descriptor, guardGroup)
            if restoring, var modes { tcsetattr(descriptor, TCSANOW, &modes) }
        }

        private mutating func remember() {
            var now = termios()
            if modes == nil, tcgetattr(descriptor, &now) == 0 { modes = now }
        }
    }
}
