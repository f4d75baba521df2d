import Glibc

extension KillSwitch {
    /// Every check before a resume, the operator's answers included.
    public func preflight(
        _ seen: Observation,
        mode: Mode,
        scope: Scope,
        answers: Set<PreflightCheck.Name>
    ) -> [PreflightCheck] {
        preflight(
            seen,
            mode: mode,
            scope: scope,
            answers: answers,
            engine: engineChecks(seen, mode: mode, scope: scope, startsWithinMs: KillSwitch.engineStartsMs)
        )
    }

    /// The checks that refuse a resume: nobody overrides them, and they do not pass.
    ///
    /// - Parameter permits: whether the desk trades now; the pause that the resume makes then is its own doing, which no
    ///   gate was asked to acknowledge.
    public static func refusing(
        _ checks: [PreflightCheck],
        _ request: ResumeRequest,
        permits: Bool
    ) -> [PreflightCheck] {
        checks.filter { check in
            check.refuses && !(check.name.canBeOverridden && request.overrides[check.name] != nil)
                && !(permits && check.name == .gates)
        }
    }

    /// The same with what the engine reported before.
    func preflight(
        _ seen: Observation,
        mode: Mode,
        scope: Scope,
        answers: Set<PreflightCheck.Name>,
        engine: [PreflightCheck]
    ) -> [PreflightCheck] {
        PreflightCheck.Name.allCases.map { name in
            if let check = engine.first(where: { $0.name == name }) { return check }
            return switch name {
            case .recorded: recordedCheck(seen)
            case .durable: durableCheck(seen)
            case .stopFile: stopFileCheck(seen)
            case .environment: environmentCheck(seen, mode: mode)
            case .host: hostCheck(seen, mode: mode)
            case .gates: gatesCheck(seen, engine)
            case .clock: clockCheck(seen)
            case .venues, .ordersGone, .reconciled, .feeds, .database, .rules:
                PreflightCheck(name: name, notChecked: "the host did not report on it", refuses: true)
            case .understood, .resolved, .verified, .safe:
                PreflightCheck(
                    name: name,
                    passed: answers.contains(name),
                    detail: answers.contains(name) ? "answered yes" : "not answered: \(name.question ?? "")"
                )
            }
        }
    }

    private func recordedCheck(_ seen: Observation) -> PreflightCheck {
        let problem: String? =
            if let page = seen.pageProblem {
                page.description
            } else if let log = seen.logProblem {
                log
            } else if seen.fold.tail != nil {
                "the log ends in an unfinished record"
            } else if !seen.entriesWithoutLatch.isEmpty {
                "a scoped halt on the page has no record yet"
            } else if !seen.fold.reachesWord {
                "the page was changed by a halt that has no record yet: wait for it (2 s)"
            } else {
                nil
            }
        return PreflightCheck(name: .recorded, passed: problem == nil, detail: problem ?? "every change is in the log")
    }

    private func durableCheck(_ seen: Observation) -> PreflightCheck {
        var space = statvfs()
        let file = openat(directory.descriptor, Log.name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        let error = file < 0 ? errno : fdatasync(file) == 0 ? 0 : errno
        if file >= 0 { close(file) }
        let problem: String? =
            if error != 0 {
                "the log cannot be written: \(String(cString: strerror(error)))"
            } else if fstatvfs(directory.descriptor, &space) != 0
                || UInt64(space.f_bavail) * UInt64(space.f_frsize) < 1 << 16
            {
                "less than 64 KiB are free in \(directory.path)"
            } else {
                nil
            }
        return PreflightCheck(name: .durable, passed: problem == nil, detail: problem ?? "the log can be written")
    }

    private func stopFileCheck(_ seen: Observation) -> PreflightCheck {
        let check = { PreflightCheck(name: .stopFile, passed: $0, detail: $1) }
        guard let file = seen.stopFiles.first(where: { !$0.isOwn || $0.problem != nil }) ?? seen.stopFiles.first else {
            return check(true, "no stop file")
        }
        if let problem = file.problem { return check(false, "\(file.path) cannot be looked at: \(problem)") }
        if !file.isOwn { return check(false, "\(file.path) is there: remove it first") }
        guard seen.latches.contains(where: { $0.source == .file }) else {
            return check(false, "\(file.path) is there and not yet recorded: wait for the host, or remove it")
        }
        return check(true, "\(file.path) is there; the resume sets it aside as \(StopFile.name).cleared-<id>")
    }

    private func environmentCheck(_ seen: Observation, mode: Mode) -> PreflightCheck {
        for (who, value) in [("the host's", seen.host?.tradingMode), ("this process's", TradingMode.current())] {
            let allowed = TradingMode.mode(value)
            if !mode.isAtMost(allowed) {
                return PreflightCheck(
                    name: .environment,
                    passed: false,
                    detail: "\(who) environment says TRADING_MODE=\(value ?? ""), which forbids \(mode.name): "
                        + "restart it without"
                )
            }
        }
        return PreflightCheck(name: .environment, passed: true, detail: "TRADING_MODE does not forbid \(mode.name)")
    }

    private func hostCheck(_ seen: Observation, mode: Mode) -> PreflightCheck {
        if seen.host != nil && seen.hostBeats {
            return PreflightCheck(name: .host, passed: true, detail: "the host beats")
        }
        let what =
            seen.host.map { "the host (pid \($0.pid)) has not beaten for \(seen.beatAgeMs) ms" } ?? "no host runs"
        return PreflightCheck(
            name: .host,
            passed: mode != .live,
            detail: directory.naming(
                seen.deadMan > 0
                    ? "\(what): every gate will refuse until one beats, and nobody can tell how venues, orders and rules are; "
                        + "start 'estop serve'"
                    : "\(what), and nobody can tell how venues, orders and rules are: start 'estop serve'"
            )
        )
    }

    private func gatesCheck(_ seen: Observation, _ engine: [PreflightCheck]) -> PreflightCheck {
        if let problem = seen.gatesProblem { return PreflightCheck(name: .gates, passed: false, detail: problem) }
        if seen.openGates.isEmpty, let gone = seen.gates, !gone.isEmpty {
            let names = gone.prefix(5).map { "\($0.name) (pid \($0.pid))" }.joined(separator: ", ")
            return PreflightCheck(
                name: .gates,
                passed: true,
                detail: "every bot that had opened a gate is gone: \(names)"
            )
        }
        if seen.openGates.isEmpty {
            return PreflightCheck(
                name: .gates,
                notChecked: "no gate is open: whether a bot that asks no gate has stopped, nobody can tell",
                refuses: engine.contains { $0.name == .venues && ($0.outcome != .notChecked || $0.refuses) }
                    && !isPaper
            )
        }
        let waiting = seen.openGates.filter { gate in !seen.acknowledged.contains(gate) }
        let names = waiting.prefix(5).map { "\($0.name) (pid \($0.pid))" }.joined(separator: ", ")
        return PreflightCheck(
            name: .gates,
            passed: waiting.isEmpty,
            detail: waiting.isEmpty
                ? "\(seen.openGates.count) of \(seen.openGates.count) gates acknowledged"
                : "not acknowledged by \(names)\(waiting.count > 5 ? " and \(waiting.count - 5) more" : "")"
        )
    }

    private func clockCheck(_ seen: Observation) -> PreflightCheck {
        let now = Clock.wallMilliseconds()
        let last = seen.fold.history.compactMap { Clock.milliseconds(of: $0.at) }.max() ?? 0
        let year2024: Int64 = 1_704_067_200_000
        let problem: String? =
            if now < year2024 {
                "the wall clock says a time before 2024"
            } else if last > now + 5_000 {
                "the wall clock is \((last - now) / 1000) s behind the log's last record"
            } else {
                nil
            }
        return PreflightCheck(name: .clock, passed: problem == nil, detail: problem ?? "the clock agrees with the log")
    }
}
