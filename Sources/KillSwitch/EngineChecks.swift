import Glibc

/// The engine's part of a preflight: the host of the desk is asked for it over `estop.sock`, by the dashboard and by commands
/// alike.
///
/// Invariants (KillSwitchTests/EngineChecksTests): there is one result for each of `PreflightCheck.Name.hosted`; a host that
/// beats and does not answer checks nothing, which refuses whatever trades for real, and a resume waits a while for it;
/// without a host nothing is checked either, and the check `host` speaks for the host's too, and for `live` fails; no
/// question waits longer than `enginePatienceMs`, and for an engine that starts `engineStartsMs`.
extension KillSwitch {
    /// How long an engine may take to answer, in milliseconds.
    static let enginePatienceMs: UInt64 = 1_500

    /// How long a resume waits for what passes by itself: an engine that starts, orders whose cancels are on their way.
    static let engineSettlesMs: UInt64 = 5_000

    /// How long a host that beats may take until its engine answers, in milliseconds. Whoever asks in a host's first
    /// second waits, and is not given the answer of an engine that is not there yet.
    static let engineStartsMs: UInt64 = 3_000

    /// Waits until nothing but `rules` refuses, or for `engineSettlesMs`; before the lock among resumes is taken.
    ///
    /// Whoever shows the checks before a resume waits first, too, and then judges once: no check is shown as failing that
    /// the resume right after finds passed.
    public func awaitEngine(_ request: ResumeRequest) {
        let until = Clock.boottime() + KillSwitch.engineSettlesMs * 1_000_000
        while Clock.boottime() < until {
            let checks = engineChecks(observe(), mode: request.mode, scope: request.scope)
            let refusing = KillSwitch.refusing(checks, request, permits: false)
            if refusing.allSatisfy({ $0.name == .rules }) { return }
            Clock.sleep(milliseconds: 100)
        }
    }

    /// Asks the engine.
    ///
    /// - Parameter startsWithinMs: how long a host that beats may take until its engine answers.
    func engineChecks(
        _ seen: Observation,
        mode: Mode,
        scope: Scope,
        startsWithinMs: UInt64 = 0
    ) -> [PreflightCheck] {
        let isHosted = seen.host != nil && seen.hostBeats
        let until = Clock.boottime() + startsWithinMs * 1_000_000
        while true {
            switch EngineChecks.ask(directory, mode: mode, scope: scope, withinMs: KillSwitch.enginePatienceMs) {
            case .checks(let checks):
                return PreflightCheck.Name.hosted.map { name in
                    guard let check = checks.first(where: { $0.name == name }) else {
                        return PreflightCheck(name: name, notChecked: "the host did not report on it", refuses: true)
                    }
                    return hasNamedVenue(seen) ? check.refusing : check
                }
            case .absent where isHosted && Clock.boottime() < until: Clock.sleep(milliseconds: 50)
            case .absent where isHosted:
                return EngineChecks.unchecked(
                    "nobody can tell: the host runs without its engine",
                    refuses: mode != .paper
                )
            case .absent: return EngineChecks.unchecked("no host runs, and no engine (see host)", refuses: false)
            case .problem(let why): return EngineChecks.unchecked("nobody can tell: \(why)", refuses: true)
            }
        }
    }

    /// Whether an open gate of a real desk names a venue: the desk has one, also while no venue has reported.
    private func hasNamedVenue(_ seen: Observation) -> Bool {
        !isPaper
            && seen.openGates.contains { gate in
                (try? Scope(gate.scope))?.values[.venue].map { $0 != "paper" } ?? false
            }
    }
}

extension PreflightCheck {
    /// The same, refusing where it was not checked.
    fileprivate var refusing: PreflightCheck {
        outcome == .notChecked ? PreflightCheck(name: name, notChecked: detail, refuses: true) : self
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

    /// That none of the checks of a host was made.
    static func unchecked(_ detail: String, refuses: Bool) -> [PreflightCheck] {
        PreflightCheck.Name.hosted.map { PreflightCheck(name: $0, notChecked: detail, refuses: refuses) }
    }

    /// The line that asks.
    static func question(mode: Mode, scope: Scope) -> String {
        JSON.object([
            .init("ask", .string("preflight")), .init("mode", .string(mode.name)),
            .init("scope", .string(scope.description)),
        ]).line
    }

    /// Reads an answer: `{"checks":[...]}` with each check as `PreflightCheck.json` has it, or `{"error":...}`.
    static func answer(_ line: some Collection<UInt8>) -> Answer {
        guard let object = JSON(bytes: line) else { return .problem("the host's answer is no JSON") }
        // The switch's host answers for an engine that does not run: nobody listens, as far as checks go.
        if object["engine"]?.string == "down" { return .absent }
        if let error = object["error"]?.string { return .problem("the host says: \(error)") }
        guard case .array(let rows)? = object["checks"] else { return .problem("the host's answer has no checks") }
        return .checks(rows.compactMap { PreflightCheck(json: $0) })
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
