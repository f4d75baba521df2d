import KillSwitch
import SafetyEngine

/// The sentences about the switch: freshness, mode, steps, record, host, latches, notices. Each function compares two
/// looks at a desk and says what differs.
struct PlainWords {
    /// Today's date, UTC: times of today are said without it.
    var today: String
    var wallMs: Int64

    private func clock(ago ms: UInt64) -> String { "\(Age.utc(wallMs &- Int64(clamping: ms)).time) UTC" }

    func time(_ stamp: String) -> String { "\(Age.time(stamp, today: today)) UTC" }

    // MARK: - Freshness

    func freshness(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        if let problem = otherProblem(old, new) { return [problem] }
        guard old.freshness.kind != new.freshness.kind else { return [] }
        let halts = new.link == nil ? "halting works all the same" : "a halt is sent until it is confirmed"
        switch new.freshness {
        case .never:
            return [PlainLine(.alarm, .desk, "desk: nothing was received yet; mode UNKNOWN; \(halts)")]
        case .live:
            return [PlainLine(.news, .desk, "desk live again; mode \(new.status.word)")]
        case .stale(let age):
            return [
                PlainLine(.bad, .desk, "desk STALE, last true \(PlainText.span(age)) ago; mode then \(new.status.word)")
            ]
        case .lost(let age, let reason):
            let last = Status.of(old, freshness: .live(ageMs: 0), unansweredHalt: false).word
            return [
                PlainLine(
                    .alarm,
                    .desk,
                    "desk NOT CONNECTED since \(clock(ago: age)): \(reason); mode UNKNOWN, last known \(last); "
                        + halts
                )
            ]
        }
    }

    func freshness(of name: String, _ freshness: Freshness, source: String) -> String {
        switch freshness {
        case .never: "\(name): nothing received yet from \(source)"
        case .live: "\(name) of \(source) live"
        case .stale(let age): "\(name) of \(source) STALE, last true \(PlainText.span(age)) ago"
        case .lost(let age, let reason):
            "\(name) of \(source) NOT CONNECTED since \(clock(ago: age)): \(reason); what was last known stands"
        }
    }

    // MARK: - Mode

    func mode(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let line = mode(new)
        return PlainText.withoutAges(mode(old).text) == PlainText.withoutAges(line.text) ? [] : [line]
    }

    /// `mode HALTED since 12:00:01 UTC by alice: Uncontrolled losses`.
    func mode(_ desk: DeskSnapshot) -> PlainLine {
        let status = desk.status
        var text = "mode \(status.word)"
        if status == .unknown || desk.mode != desk.word?.mode {
            text += ": \(desk.pageProblem ?? "nothing is known that can be trusted")"
            if status == .unknown { text += "; gates refuse" }
        } else if let cause = cause(desk) {
            text += cause
        }
        let scoped = desk.scopedHalts
        if !scoped.isEmpty { text += "; " + scoped.map(\.words).joined(separator: ", ") }
        // PAPER in words, whatever its mode.
        if desk.paper, status != .paper { text += "; PAPER desk" }
        switch status {
        case .unknown, .halted, .halting: return PlainLine(.alarm, .mode, text)
        case .trading, .paper, .reduceOnly: return PlainLine(.warning, .mode, text)
        }
    }

    /// Since when, by whom and why, once the record of the change in force is known: before, it would be another's.
    private func cause(_ desk: DeskSnapshot) -> String? {
        guard !desk.mode.permitsAnything ? desk.latches.contains(where: \.scope.isGlobal) : desk.since != nil else {
            return nil
        }
        var text = desk.since.map { " since \(time($0))" } ?? ""
        if let by = desk.by, !by.isEmpty { text += " by \(by)" }
        if let reason = desk.reason, !reason.isEmpty { text += ": \(reason)" }
        return text
    }

    // MARK: - The halt's steps

    func steps(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        guard new.refuses else { return [] }
        let before = old.word == new.word ? old.steps : DeskSnapshot.HaltSteps()
        return steps(new.steps) { step, path in
            switch (before[keyPath: path], step) {
            case (.done, .done), (.past, .past), (.past, .done), (.done, .past), (.pending, .pending), (.empty, .empty),
                (.notApplicable, .notApplicable):
                false
            case (.alarm(let last), .alarm(let text)): last != text || before.waitingFor != new.steps.waitingFor
            default: true
            }
        }
    }

    private typealias StepPath = KeyPath<DeskSnapshot.HaltSteps, DeskSnapshot.HaltSteps.Step>

    private func steps(
        _ steps: DeskSnapshot.HaltSteps,
        where isSaid: (DeskSnapshot.HaltSteps.Step, StepPath) -> Bool
    ) -> [PlainLine] {
        let gates =
            steps.open == 0
            ? "no gate is open" : "all \(PlainText.count(steps.open, "open gate")) acknowledged"
        let names: [(path: StepPath, done: String, late: String)] = [
            (\.key, "key seen", "key"), (\.page, "on the page", "page"), (\.disk, "on disk", "disk"),
            (\.gates, gates, "gates"), (\.orders, "orders gone", "orders"), (\.verified, "verified", "verification"),
        ]
        return names.compactMap { path, done, late in
            let step = steps[keyPath: path]
            guard isSaid(step, path) else { return nil }
            switch step {
            case .done(let ms):
                // The key is the beginning of all times, and gates that are not there acknowledge at no time.
                let isTimed = path != \.key && !(path == \.gates && steps.open == 0)
                return PlainLine(.news, .halt, "halt: \(done)\(isTimed ? " after \(PlainText.step(ms))" : "")")
            case .past: return PlainLine(.news, .halt, "halt: \(done), before this watch looked")
            case .alarm(let text):
                // The manual way in full, and every name.
                let missing = path == \.gates ? steps.waitingFor.filter { !text.contains($0) } : []
                let rest = missing.isEmpty ? "" : "; NOT acknowledged either: \(PlainText.list(missing))"
                return PlainLine(.alarm, .halt, "halt: \(late) LATE or FAILED: \(text)\(rest)")
            case .notApplicable(let text): return PlainLine(.news, .halt, "halt: \(late): \(text)")
            case .empty, .pending: return nil
            }
        }
    }

    /// How a halt in force stands: what is missing, or that it is verified.
    func standing(_ desk: DeskSnapshot) -> [PlainLine] {
        guard desk.refuses else { return [] }
        var lines = steps(desk.steps) { step, path in
            if case .alarm = step { return true }
            return step.isDone && path == \.verified
        }
        if !desk.steps.waitingFor.isEmpty {
            lines.append(PlainLine(.bad, .halt, "halt: NOT acknowledged by \(PlainText.list(desk.steps.waitingFor))"))
        }
        return lines
    }

    // MARK: - Record, host, latches, notices

    func record(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        guard old.notDurable.map(PlainText.withoutAges) != new.notDurable.map(PlainText.withoutAges) else { return [] }
        // A record takes a moment to be written: during a halt its step tells when that is too long.
        if case .pending = new.steps.disk, old.notDurable == nil { return [] }
        if let problem = new.notDurable { return [PlainLine(.bad, .record, "NOT ON DISK: \(problem)")] }
        if case .pending = old.steps.disk { return [] }
        return [PlainLine(.news, .record, "on disk again: the last change is recorded")]
    }

    func host(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        var lines: [PlainLine] = []
        if hostKind(old) != hostKind(new) { lines.append(host(new)) }
        if old.deadManMs != new.deadManMs { lines.append(deadMan(new)) }
        return lines
    }

    private func hostKind(_ desk: DeskSnapshot) -> String {
        switch desk.host {
        case .embedded: "embedded"
        case .running(let pid, _): "running \(pid)"
        case .silent(let pid, _): "silent \(pid)"
        case .absent: "absent"
        }
    }

    func host(_ desk: DeskSnapshot) -> PlainLine {
        let limit = desk.deadManMs == 0 ? "" : "; gates refuse once it is \(PlainText.interval(desk.deadManMs)) silent"
        switch desk.host {
        case .embedded: return PlainLine(.news, .host, "host: this process")
        case .running(let pid, _): return PlainLine(.news, .host, "host is pid \(pid) and beats")
        case .silent(let pid, let age):
            return PlainLine(.alarm, .host, "host pid \(pid) SILENT, last beat \(PlainText.span(age)) ago\(limit)")
        case .absent: return PlainLine(.bad, .host, "NO HOST runs: start one with estop serve\(desk.commandOption)")
        }
    }

    func deadMan(_ desk: DeskSnapshot) -> PlainLine {
        desk.deadManMs == 0
            ? PlainLine(.warning, .host, "no dead-man limit: gates trade on without a host")
            : PlainLine(.news, .host, "dead-man limit \(PlainText.interval(desk.deadManMs))")
    }

    func latches(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let rows = RowChanges(old.latches, new.latches, id: \.id)
        return rows.added.map { PlainLine(.bad, .latch, "latch added: \(latch($0))") }
            + rows.kept.filter { $0.old.reason != $0.new.reason }
            .map { PlainLine(.news, .latch, "latch has a reason now: \(latch($0.new))") }
            + rows.kept.filter { $0.old.count != $0.new.count && $0.old.reason == $0.new.reason }
            .map { PlainLine(.bad, .latch, "halted again: \(latch($0.new))") }
            + rows.removed.map { PlainLine(.warning, .latch, "latch removed: \(latch($0))") }
    }

    func latch(_ latch: Latch) -> String {
        let mode = latch.mode == .halted ? "" : " to \(latch.mode.name)"
        let who = latch.op.isEmpty || !latch.source.isOfPeople ? "" : " by \(latch.op)"
        let since = latch.since.isEmpty ? "" : " since \(time(latch.since))"
        return "\(latch.scope)\(mode), \(latch.source.rawValue)\(who)\(since): \(latch.reason)"
            + (latch.times.map { " (\($0))" } ?? "")
    }

    func notices(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        let rows = RowChanges(old.notices, new.notices, id: PlainText.withoutAges)
        var lines = rows.added.map { PlainLine(.warning, .notice, "notice: \($0)") }
        lines += rows.removed.map { PlainLine(.news, .notice, "notice is over: \($0)") }
        if old.operatorsEnrolled != new.operatorsEnrolled { lines += credential(new) }
        return lines
    }

    func credential(_ desk: DeskSnapshot) -> [PlainLine] {
        desk.operatorsEnrolled
            ? [PlainLine(.news, .notice, "an operator's credential is set up")]
            : [
                PlainLine(
                    .warning,
                    .notice,
                    "no credential is set up: the owner of the state directory may resume (estop operator add NAME)"
                )
            ]
    }
}
