import KillSwitch
import SafetyEngine

/// The mode over the full width: a word, a symbol, a role and a place, then since when, by whom and why. Below it the
/// desk, the host, a clock that ticks, and what the operator ought to know.
enum ModeBar {
    static func draw(_ scene: Scene, layout: Layout, into frame: inout Frame) {
        let status = scene.status
        // What is stale is not shown as live; what refuses stays loud all the same.
        let isQuiet = status == .trading || status == .paper || status == .reduceOnly
        let role = isQuiet && !scene.freshness.isLive ? .stale : status.role
        frame.fill(layout.bar, role: role)
        guard layout.bar.height > 0 else { return }
        let word = layout.bar.width < 11 ? status.shortWord : status.word
        if layout.bar.width < word.count + 3 {
            frame.put(word, row: 0, column: 0, role: role)
            return
        }
        // The word first and whole; what it is followed by is cut to what is left.
        let head = " \(status.symbol) \(word)"
        frame.put(head, row: 0, column: 0, role: role)
        var begin = TextWidth.of(head) + 2
        // A paper desk is one in words, whatever its mode says.
        if scene.snapshot.paper, status != .paper, begin + 5 <= layout.bar.width {
            begin += frame.put("PAPER", row: 0, column: begin, role: role) + 2
        }
        if let mark = scene.snapshot.mark {
            begin += frame.put(" \(mark) ", row: 0, column: begin, role: .mark) + 1
        }
        var details: [String] = []
        if case .stale(let age) = scene.freshness { details.append("STALE \(Age.whole(age))") }
        // Since when and by whom belong to the change in force, not to a halt just asked for or to not knowing.
        if let watch = probation(scene) { details.append("PROBATION \(Age.calm(watch.leftMs)) left") }
        let isKnown = status != .unknown && (scene.unanswered == nil || scene.snapshot.mode == .halted)
        if isKnown, let since = since(scene) { details.append(since) }
        let who = isKnown ? scene.snapshot.by.map { "by \($0)" } ?? "" : ""
        let why = why(scene, status)
        if layout.bar.height > 1 {
            if !who.isEmpty { details.append(who) }
            frame.put(Text.fit("   " + why, layout.bar.width), row: 1, column: 0, role: role)
        } else {
            let rest = [who, why].filter { !$0.isEmpty }.joined(separator: ": ")
            // In one row, who has not stopped comes before since when.
            if status == .halting, let trading = stillTrading(scene) {
                details.insert(trading, at: 0)
            } else if isKnown, scene.snapshot.mode.permitsAnything, let scoped = scoped(scene) {
                details.insert(scoped, at: 0)
            } else if !rest.isEmpty {
                details.append(rest)
            }
        }
        let text = Text.fit(details.joined(separator: "  "), max(0, layout.bar.width - begin))
        frame.put(text, row: 0, column: begin, role: role)
    }

    private static func since(_ scene: Scene) -> String? {
        guard let age = scene.snapshot.sinceAgeMs else { return nil }
        let stamp = scene.snapshot.since.map { " since \(Age.time($0, today: scene.today)) UTC" } ?? ""
        return "for \(Age.whole(scene.aged(age)))\(stamp)"
    }

    private static func why(_ scene: Scene, _ status: Status) -> String {
        let snapshot = scene.snapshot
        // Before everything else that could be said.
        if let halt = scene.unconfirmed, halt.askedAgeMs >= HaltPress.remoteAlarmAfterMs {
            return "\(halt.words). By hand: \(scene.manualHalt)"
        }
        switch scene.freshness {
        case .never:
            return snapshot.link == nil
                ? "nothing received from the desk yet; K halts all the same"
                : "nothing received from the desk yet; K is sent until it is confirmed"
        case .lost(_, let reason) where snapshot.link != nil && snapshot.link?.silentMs == nil:
            return "never connected to \(snapshot.link?.place ?? ""): \(reason). K is sent until it is confirmed"
        case .lost(let age, let reason):
            let last = Status.of(snapshot, freshness: .live(ageMs: 0), unansweredHalt: false)
            let halts = snapshot.link == nil ? "K still halts" : "K is sent until it is confirmed"
            return (snapshot.mode.permitsAnything ? "ASSUME IT TRADES; " : "")
                + "\(halts). Last known [\(last.word)], NOT CONNECTED since \(scene.time(ago: age)) UTC "
                + "(\(Age.whole(age))): \(reason)"
        case .live, .stale:
            break
        }
        if let press = scene.unanswered, status == .halting {
            return
                "halt asked for \(Age.text(scene.nowMs &- min(scene.nowMs, press.atMs))) ago, not yet seen on the page"
        }
        if status == .unknown {
            let problem = snapshot.pageProblem ?? snapshot.reason ?? "the page says nothing that can be trusted"
            let host =
                snapshot.host == .absent && snapshot.directoryProblem == nil
                ? "; \(scene.serve) starts the host, and resumes nothing" : ""
            return "no order passes a gate (gates refuse): \(problem)\(host)"
        }
        var parts: [String] = []
        let scopes = scoped(scene)
        // Of one its reason, too: the one behind `why` is the desk's.
        if snapshot.mode.permitsAnything, let scopes {
            let halts = snapshot.scopedHalts
            parts.append(halts.count == 1 ? "\(scopes): \(halts[0].latches.last?.reason ?? "")" : scopes)
        }
        if let watch = probation(scene) { parts.append("limits at \(watch.percent) %") }
        if let stage = stage(scene) { parts.append(stage) }
        if status == .halting, let who = stillTrading(scene) { parts.append(who + " may still trade") }
        if let reason = snapshot.reason, !reason.isEmpty { parts.append("why: \(reason)") }
        if let newest = newest(scene) { parts.append(newest) }
        if !snapshot.mode.permitsAnything, let scopes { parts.append("also \(scopes)") }
        return parts.joined(separator: " · ")
    }

    /// The scopes that are halted, by name.
    private static func scoped(_ scene: Scene) -> String? {
        let halts = scene.snapshot.scopedHalts
        return halts.isEmpty ? nil : halts.map(\.words).joined(separator: ", ")
    }

    /// The last of several halts in force: the first one says since when and why.
    private static func newest(_ scene: Scene) -> String? {
        let latches = scene.snapshot.latches.filter(\.scope.isGlobal)
        let count = latches.reduce(0) { $0 + $1.count }
        guard count > 1, let newest = scene.snapshot.newest else { return nil }
        return "newest of \(count) halts: \(Age.time(newest.last, today: scene.today)) UTC by "
            + "\(newest.source.author(newest.lastBy)), \(newest.reason)"
    }

    /// The watch after a resume, as of now.
    private static func probation(_ scene: Scene) -> (leftMs: UInt64, percent: Int)? {
        guard scene.freshness.isLive, scene.snapshot.mode.permitsAnything, let watch = scene.snapshot.engine?.probation,
            watch.endsInMs > scene.elapsedMs
        else { return nil }
        return (watch.endsInMs - scene.elapsedMs, watch.percent)
    }

    /// The next stage of a resume, where the configuration asks for time in this one first.
    private static func stage(_ scene: Scene) -> String? {
        guard scene.freshness.isLive, scene.snapshot.mode.permitsAnything, let stage = scene.snapshot.engine?.stage,
            !stage.next.isEmpty, stage.mode == scene.snapshot.mode.name
        else { return nil }
        let left = stage.nextInMs - min(stage.nextInMs, scene.elapsedMs)
        return left == 0
            ? "stage \(stage.mode): \(stage.next) may follow"
            : "stage \(stage.mode): \(stage.next) in \(Age.calm(left))"
    }

    /// Who has not stopped: what the operator looks for first.
    private static func stillTrading(_ scene: Scene) -> String? {
        let names = scene.snapshot.gates.filter { $0.alive && !$0.acknowledged }.map(\.name)
        guard !names.isEmpty else { return nil }
        return "NOT STOPPED: " + names.joined(separator: ", ")
    }

    /// The row below: desk and host on the left, the clock on the right. A clock that stands still is a frozen screen.
    static func drawInfo(_ scene: Scene, layout: Layout, into frame: inout Frame) {
        guard layout.info.height > 0 else { return }
        let clock = Age.utc(scene.wallClockMs).time + " UTC"
        let room = layout.info.width - clock.count - 1
        let row = layout.info.row
        if room < 12 {
            frame.put(clock, row: row, column: 0, limit: layout.info.width, role: .label)
            return
        }
        let snapshot = scene.snapshot
        if let mark = snapshot.mark {
            let text = " \(mark): not the real desk. \(snapshot.markNote)"
            frame.put(Text.fit(text, room), row: row, column: 0, limit: room, role: .mark)
            frame.put(clock, row: row, column: layout.info.width - clock.count, role: .text)
            return
        }
        var spans = [Span(" desk ", .label), Span(Text.fit(snapshot.deskName, max(8, room / 3)), .text)]
        if snapshot.paper { spans.append(Span(" (paper)", .label)) }
        spans.append(Span(" · ", .dim))
        if let link = snapshot.link { spans += LinkWords.spans(link, scene) + [Span(" · ", .dim)] }
        spans.append(host(scene))
        spans.append(Span(snapshot.deadManMs == 0 ? " · NO dead-man limit" : "", .warning))
        spans.append(Span(" · \(snapshot.directory)", .dim))
        frame.put(Line(spans), row: row, column: 0, limit: room)
        frame.put(clock, row: row, column: layout.info.width - clock.count, role: .text)
    }

    private static func host(_ scene: Scene) -> Span {
        let isUnheard = scene.snapshot.link.map { $0.silentMs == nil } ?? false
        if isUnheard || scene.freshness == .never { return Span("host not seen yet", .lost) }
        let span: Span
        switch scene.snapshot.host {
        case .embedded: span = Span("host: this screen (quit or Ctrl-Z halts)", .text)
        case .running(let pid, let age):
            span = Span("host: pid \(pid), beat \(Age.calm(scene.aged(age))) ago", .text)
        case .silent(let pid, let age):
            span = Span("HOST SILENT for \(Age.text(scene.aged(age))), pid \(pid)", .bad)
        case .absent: span = Span("NO HOST: \(scene.serve) starts one", .bad)
        }
        switch scene.freshness {
        case .live: return span
        case .stale: return Span(span.text, .stale)
        case .lost, .never: return Span("[\(span.text)]", .lost)
        }
    }

    /// What the operator ought to know, the gravest first.
    static func notices(_ scene: Scene) -> [Span] {
        var notices: [Span] = []
        if let halt = scene.unconfirmed { notices.append(Span("! \(halt.words). By hand: \(scene.manualHalt)", .bad)) }
        if let problem = scene.snapshot.notDurable {
            notices.append(Span("! NOT ON DISK: \(problem)", .bad))
        }
        if let problem = scene.snapshot.directoryProblem { notices.insert(Span("! \(problem)", .bad), at: 0) }
        if let problem = scene.snapshot.gatesProblem, scene.snapshot.word != nil, !scene.snapshot.isReplay {
            notices.append(Span("! GATES UNKNOWN: \(problem)", .bad))
        }
        notices += tripped(scene)
        notices += scene.snapshot.notices.map { Span("! \($0)", .notice) }
        if case .never = scene.freshness { return notices }
        let said = scene.snapshot.notices.contains { $0.contains("credential") }
        if !scene.snapshot.operatorsEnrolled, !said, scene.snapshot.mark == nil, scene.snapshot.link == nil {
            notices.append(
                Span(
                    "! no credential is set up: the owner of the state directory may resume (estop operator add NAME)",
                    .notice
                )
            )
        }
        return notices
    }

    /// Breakers that tripped and were not reset.
    private static func tripped(_ scene: Scene) -> [Span] {
        (scene.snapshot.engine?.breakers ?? []).filter(\.isTripped).map { breaker in
            let age = breaker.trippedAgeMs.map { " \(Age.calm(scene.aged($0))) ago" } ?? ""
            return Span(
                "! BREAKER TRIPPED: \(breaker.name)\(age), limit \(breaker.limit). Reset it by: "
                    + "estop breakers reset \(breaker.name) REASON",
                .bad
            )
        }
    }

    static func drawNotices(_ notices: [Span], layout: Layout, into frame: inout Frame) {
        for index in 0..<layout.notices.height {
            let isLast = index == layout.notices.height - 1
            let more = notices.count - index - 1
            let suffix = isLast && more > 0 ? " (+\(more) more)" : ""
            let text = Text.fit(" " + notices[index].text, max(0, layout.notices.width - suffix.count)) + suffix
            frame.put(
                text,
                row: layout.notices.row + index,
                column: 0,
                limit: layout.notices.width,
                role: notices[index].role
            )
        }
    }
}
