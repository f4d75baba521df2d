internal import CEstop
import Console
import Glibc
import KillSwitch
import Synchronization

/// Where a bench works: a directory of its own with desks in it, and the children that it started.
///
/// Invariant: `clear` ends every child and removes every desk with its run directory, also when people interrupt.
final class BenchSite: Sendable {
    /// The directory.
    let root: String
    private let state = Mutex(State())

    private struct State {
        var children: Set<pid_t> = []
        var runDirectories: [String] = []
        var desks = 0
        var isCleared = false
    }

    /// Makes the directory: on the file system of `chosen`, beside it, so that its disk is the one that is measured.
    ///
    /// - Parameter chosen: the state directory that people named; it is only looked at.
    init(beside chosen: String?) throws(BenchProblem) {
        let base: String
        if let chosen {
            base = try BenchSite.parent(of: chosen)
        } else {
            base = Environment.process["TMPDIR"] ?? "/tmp"
        }
        var template = Array("\(base)/estop-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchProblem("no directory can be made in \(base) (name another: TMPDIR)", errno: errno)
        }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        watchForInterruption()
    }

    private static func parent(of chosen: String) throws(BenchProblem) -> String {
        let path: String
        do { path = try StateLocation.choose(option: chosen).path } catch { throw BenchProblem(error.message) }
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "/"
        var desk = stat()
        var above = stat()
        if stat(path, &desk) == 0, stat(parent, &above) == 0, desk.st_dev != above.st_dev {
            throw BenchProblem(
                "\(path) is a file system of its own, and the bench writes nothing into a desk: "
                    + "leave --state out and name a directory on that disk as TMPDIR"
            )
        }
        return parent
    }

    /// Whether there is no disk to measure.
    var isOnTmpfs: Bool { estop_is_tmpfs(root) != 0 }

    // MARK: - Desks

    /// Makes a new desk.
    ///
    /// - Parameters:
    ///   - limited: whether it has a dead-man limit (5 s).
    ///   - pages: make the pages too, in paper; else the first host does.
    ///   - paper: whether it is a paper desk, with the paper venue and its bots.
    ///   - more: what else its configuration says.
    func makeDesk(
        limited: Bool,
        pages: Bool,
        paper: Bool = true,
        more: String = ""
    ) throws(BenchProblem) -> KillSwitch {
        let number = state.withLock { state in
            state.desks += 1
            return state.desks
        }
        let path = "\(root)/desk-\(number)"
        guard mkdir(path, 0o700) == 0 else { throw BenchProblem("\(path) cannot be made", errno: errno) }
        let text =
            "[desk]\nname = \"bench\"\npaper = \(paper)\n[dead_man]\nlimit = \"\(limited ? "5s" : "0")\"\n"
            + more
        let file = open("\(path)/estop.toml", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let written = text.withCString { write(file, $0, strlen($0)) }
        close(file)
        guard written == text.utf8.count else {
            throw BenchProblem("\(path)/estop.toml cannot be written", errno: errno)
        }
        do {
            let directory = try StateDirectory(path)
            state.withLock { $0.runDirectories.append(directory.defaultRunDirectory) }
            let settings = DeskSettings(name: "bench", paper: paper, deadMan: limited ? 5_000_000_000 : 0)
            let killSwitch = KillSwitch(directory, settings: settings)
            if pages { try killSwitch.ensurePages(mayStart: true) }
            return killSwitch
        } catch {
            throw BenchProblem(error.message)
        }
    }

    /// Makes a plain directory.
    func makeDirectory(_ name: String) throws(BenchProblem) -> String {
        let path = "\(root)/\(name)"
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw BenchProblem("\(path) cannot be made", errno: errno)
        }
        return path
    }

    // MARK: - Children

    func adopt(_ child: pid_t) { _ = state.withLock { $0.children.insert(child) } }

    /// Kills a child and waits for it.
    func end(_ child: pid_t) {
        let ours = state.withLock { $0.children.remove(child) != nil }
        guard ours else { return }
        kill(child, SIGKILL)
        _ = BenchProcess.status(of: child)
    }

    // MARK: - The end

    /// Ends every child and removes everything.
    func clear() {
        state.withLock { state in
            guard !state.isCleared else { return }
            state.isCleared = true
            for child in state.children {
                kill(child, SIGKILL)
                _ = BenchProcess.status(of: child)
            }
            for path in state.runDirectories + [root] { BenchSite.remove(path) }
        }
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in (try? StateDirectory(path).names()) ?? [] { remove("\(path)/\(name)") }
        rmdir(path)
    }

    private func watchForInterruption() {
        // Blocked before any other thread exists: the signals come to the one wait below.
        let signals = BenchProcess.signals([SIGINT, SIGTERM, SIGHUP])
        withUnsafePointer(to: signals) { _ = pthread_sigmask(SIG_BLOCK, $0, nil) }
        _ = BenchThread { [self] in
            var number: Int32 = 0
            withUnsafePointer(to: signals) { while sigwait($0, &number) != 0 {} }
            clear()
            Output.error.line("\nestop: interrupted; the bench's directory is removed")
            _exit(128 + number)
        }
    }
}
