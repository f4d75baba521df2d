import Glibc
import KillSwitch
import SafetyEngine
import Synchronization

/// The desk's own log files in `logs/` of the state directory: `estop.log`, in the words that operators search for, and
/// `estop.jsonl`, the same as JSON; and the three logs that runbooks read, `system.log`, `trading.log` and `error.log`, which have
/// the lines of their part. Written on a thread of its own; a disk that does not take them loses them, and nothing
/// else waits.
final class DeskLog: Sendable {
    /// A file of this size is put aside, in bytes.
    static let mostBytes = 10_000_000
    /// Files that are kept besides the one that is written.
    static let kept = 5
    /// Lines that wait for the disk; more are counted and left out.
    static let mostWaiting = 10_000

    /// One line of the log and its structured form.
    struct Line: Sendable {
        var text: String
        var json: String
        /// Which of the three logs have it.
        var parts: [LogPart]
    }

    /// Held, so that the folder stays this desk's, wherever its directory is moved.
    private let directory: StateDirectory
    private let folder: String
    private let waiting = Mutex<(lines: [Line], lost: Int)>(([], 0))
    private let worker = Worker()

    init(_ directory: StateDirectory) {
        self.directory = directory
        folder = "/proc/self/fd/\(directory.descriptor)/logs"
    }

    func start() { worker.start { [self] in run() } }

    func stop() { worker.stop() }

    /// Takes lines; does not wait.
    func add(_ lines: [Line]) {
        guard !lines.isEmpty else { return }
        waiting.withLock { waiting in
            if waiting.lines.count + lines.count > DeskLog.mostWaiting {
                waiting.lost += lines.count
            } else {
                waiting.lines += lines
            }
        }
        worker.wake()
    }

    private func run() {
        mkdir(folder, 0o770)
        // Whoever follows one from a runbook finds it, also before anything has gone wrong.
        for part in LogPart.allCases { write("", to: "\(part.rawValue).log") }
        while true {
            let ends = worker.isStopping
            let (lines, lost) = waiting.withLock { waiting in
                defer { waiting = ([], 0) }
                return waiting
            }
            if !lines.isEmpty {
                var text = lines.map(\.text).joined(separator: "\n") + "\n"
                if lost > 0 { text += "\(lost) lines were lost: the disk did not take them in time\n" }
                write(text, to: "estop.log")
                write(lines.map(\.json).joined(separator: "\n") + "\n", to: "estop.jsonl")
                for part in LogPart.allCases {
                    let own = lines.filter { $0.parts.contains(part) }.map(\.text)
                    if !own.isEmpty { write(own.joined(separator: "\n") + "\n", to: "\(part.rawValue).log") }
                }
            }
            if ends { return }
            _ = worker.sleep(milliseconds: 60_000)
        }
    }

    private func write(_ text: String, to name: String) {
        let path = "\(folder)/\(name)"
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { return }
        let bytes = Array(text.utf8)
        let count = Glibc.write(file, bytes, bytes.count)
        let size = lseek(file, 0, SEEK_END)
        close(file)
        if count >= 0, size > DeskLog.mostBytes { rotate(path) }
    }

    private func rotate(_ path: String) {
        for number in stride(from: DeskLog.kept - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        rename(path, "\(path).1")
    }
}
