import Glibc

/// The engine's part of a preflight: the host of the desk is asked for it over `estop.sock`, by the dashboard and by commands
/// alike.
///
/// Invariants (KillSwitchTests/EngineChecksTests): there is one result for each of `PreflightCheck.Name.hosted`; a host that
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
            return PreflightCheck.Name.hosted.map { name in
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
        PreflightCheck.Name.hosted.map { PreflightCheck(name: $0, passed: passed, detail: detail) }
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
        // The switch's host answers for an engine that does not run: nobody listens, as far as checks go.
        if object["engine"]?.string == "down" { return .absent }
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
        switch SocketQuestion.ask(directory, question(mode: mode, scope: scope), withinMs: withinMs) {
        case .line(let line): answer(line)
        case .absent: .absent
        case .problem(let why): .problem(why)
        }
    }
}
