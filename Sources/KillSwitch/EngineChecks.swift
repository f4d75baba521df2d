import Glibc

/// The engine's part of a preflight: the host of the desk is asked for it over `estop.sock`, by the dashboard and by commands
/// alike.
///
/// Invariants (KillSwitchTests/EngineChecksTests): there is one result for each of `PreflightCheck.Name.engine`; a host that
/// beats and does not answer passes nothing for `live`, and a resume waits a while for it; without a host the check `host` speaks for the engine's too, and for
/// `live` fails; nothing here waits longer than `enginePatienceMs`.
extension KillSwitch {
    /// How long an engine may take to answer, in milliseconds.
    static let enginePatienceMs: UInt64 = 1_500

    /// How long a resume waits for what passes by itself: an engine that starts, orders whose cancels are on their way.
    static let engineSettlesMs: UInt64 = 5_000

    /// Waits until nothing but `rules` fails, or for `engineSettlesMs`; before the lock among resumes is taken.
    func awaitEngine(_ request: ResumeRequest) {
        let until = Clock.boottime() + KillSwitch.engineSettlesMs * 1_000_000
        while Clock.boottime() < until {
            let failing = engineChecks(observe(), mode: request.mode, scope: request.scope).filter {
                !$0.passed && request.overrides[$0.name] == nil
            }
            if failing.allSatisfy({ $0.name == .rules }) { return }
            Clock.sleep(milliseconds: 100)
        }
    }

    /// Asks the engine.
    func engineChecks(_ seen: Observation, mode: Mode, scope: Scope) -> [PreflightCheck] {
        switch EngineChecks.ask(directory, mode: mode, scope: scope, withinMs: KillSwitch.enginePatienceMs) {
        case .checks(let checks):
            return PreflightCheck.Name.engine.map { name in
                checks.first { $0.name == name }
                    ?? PreflightCheck(name: name, passed: false, detail: "the engine said nothing about it")
            }
        case .absent:
            let isHosted = seen.host != nil && seen.hostBeats
            return isHosted
                ? EngineChecks.all(passed: mode != .live, "nobody can tell: the host runs without its engine")
                : EngineChecks.all(passed: true, "not asked: no host runs, and no engine (see host)")
        case .problem(let why): return EngineChecks.all(passed: false, "nobody can tell: \(why)")
        }
    }
}

/// The question and its answer.
enum EngineChecks {
    /// What came back.
    enum Answer: Equatable {
        case checks([PreflightCheck])
        /// Nobody listens.
        case absent
        /// Somebody does, and gave no answer.
        case problem(String)
    }

    /// One result for every check of the engine.
    static func all(passed: Bool, _ detail: String) -> [PreflightCheck] {
        PreflightCheck.Name.engine.map { PreflightCheck(name: $0, passed: passed, detail: detail) }
    }

    /// The line that asks.
    static func question(mode: Mode, scope: Scope) -> String {
        JSON.object([
            .init("ask", .string("preflight")), .init("mode", .string(mode.name)),
            .init("scope", .string(scope.description)),
        ]).line
    }

    /// Reads an answer: `{"checks":[{"name":...,"passed":...,"detail":...}]}`, or `{"error":...}`.
    static func answer(_ line: some Collection<UInt8>) -> Answer {
        guard let object = JSON(bytes: line) else { return .problem("the host's answer is no JSON") }
        if let error = object["error"]?.string { return .problem("the host says: \(error)") }
        guard case .array(let rows)? = object["checks"] else { return .problem("the host's answer has no checks") }
        return .checks(
            rows.compactMap { row in
                guard let name = row["name"]?.string.flatMap({ PreflightCheck.Name(rawValue: $0) }),
                    case .bool(let passed)? = row["passed"]
                else { return nil }
                return PreflightCheck(name: name, passed: passed, detail: row["detail"]?.string ?? "")
            }
        )
    }

    /// Asks over the socket.
    static func ask(_ directory: StateDirectory, mode: Mode, scope: Scope, withinMs: UInt64) -> Answer {
        let until = Clock.boottime() + withinMs * 1_000_000
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
            0
        )
        guard descriptor >= 0 else { return .problem("no socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        switch connect(descriptor, directory) {
        case 0: break
        case ENOENT, ECONNREFUSED: return .absent
        // Its queue is full: somebody listens and does not take what comes.
        case EAGAIN: return .problem("the host takes no connection")
        case let error: return .problem("estop.sock: \(String(cString: strerror(error)))")
        }
        let line = Array((question(mode: mode, scope: scope) + "\n").utf8)
        guard Glibc.send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
            return .problem("the host went away")
        }
        var answer: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while answer.count < 1 << 20 {
            let now = Clock.boottime()
            guard until > now else { return .problem("the engine has not answered within \(withinMs) ms") }
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(clamping: (until - now + 999_999) / 1_000_000)) > 0 else { continue }
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return .problem("the host closed the connection") }
            answer += bytes[..<count]
            if let end = answer.firstIndex(of: 10) { return EngineChecks.answer(answer[..<end]) }
        }
        return .problem("the host's answer has no end")
    }

    /// 0, or why not.
    private static func connect(_ descriptor: Int32, _ directory: StateDirectory) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = "/proc/self/fd/\(directory.descriptor)/estop.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in name.utf8.enumerated() where index < field.count - 1 { field[index] = byte }
        }
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return outcome == 0 ? 0 : errno
    }
}
