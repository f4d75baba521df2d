import Journal
import KillSwitch
import Logging
import Notify
import SafetyEngine
import Settings
import Synchronization
import Venues

/// What the host does about the switch: tells of it, cancels what a halt found, and shows views.
extension DeskHost {
    /// The database said something about the mode: it only ever restricts.
    func take(_ report: TradingModeWatch.Report) {
        switch report {
        case .unreadable(let problem, let forMs):
            logger.warning("the trading mode in the database cannot be read for \(forMs) ms: \(problem)")
        case .reading(let reading):
            let mode: Mode
            switch reading.word {
            case .nothing: return
            case .paper: mode = .paper
            case .halt: mode = .halted
            }
            let request = HaltRequest(
                mode: mode,
                reason: "system_config.trading_mode is '\(reading.value)' in the desk's database",
                source: .database,
                op: ""
            )
            _ = killSwitch.halt(request)
        }
    }

    /// Follows the switch: tells of halts and resumes, cancels what a halt found, and shows views to whoever looks. Also
    /// has the journal forget what is too old.
    func follow() {
        var shownMs: UInt64 = 0
        var told: EngineView?
        var seen = killSwitch.observe()
        var news = SwitchNews(fold(with: lastTold(), seen), last: lastTold(), known: host.recordsAtStart)
        // What was resumed while no host ran has its row of the database set before anybody looks at the row.
        let missed = news.look(seen.fold)
        for record in missed { tell(record) }
        if missed.contains(where: { $0.change == .resume }) { _ = isDurable(limitMs: 2_000) }
        watchTradingMode()
        var upkeep = JournalUpkeep()
        while !follower.isStopping {
            seen = killSwitch.observe(knowing: seen)
            for record in news.look(seen.fold) { tell(record) }
            let view = loop.latest
            let now = time.now().atMs
            let isSettled = followHalts(seen, view, atMs: now)
            // A small journal that fills fast needs its snapshots sooner: only what is before one can go.
            if journal.standing.isSnapshotDue { loop.keepSoon() }
            if upkeep.isDue(atMs: now) { journal.prune(Retention(parts.configuration.withLock { $0.journal })) }
            if view.atMs != shownMs {
                shownMs = view.atMs
                let shown = shown(view, atMs: now)
                parts.watchers.withLock { $0.removeAll { !$0.look(shown) } }
                // Ages go on by themselves on every screen: what matters is told at once.
                if told.map({ shown.differsInSubstance(from: $0) }) ?? true {
                    told = shown
                    onView()
                }
            }
            _ = follower.sleep(milliseconds: isSettled ? 500 : 100)
        }
    }

    /// Hands in again what is open and was to be told: the notifier knows what it holds or has delivered, and what it lost
    /// with the host before is told now.
    func tellAgain(_ alerts: [Alert], at atMs: UInt64) {
        let wallMs = Clock.wallMilliseconds()
        for alert in alerts {
            let change = Decision.AlertChange(.raised, alert, isToBeNotified: true)
            let raisedAt = wallMs - Int64(clamping: atMs - min(atMs, alert.raisedMs))
            notifier.add(Notification(change, desk: killSwitch.settings.name, at: raisedAt))
        }
    }

    /// The last part of the log, if it has a record; else all of it.
    private func fold(with id: String?, _ seen: Observation) -> Fold {
        guard let id, seen.fold.isCut, !seen.fold.history.contains(where: { $0.id == id }) else { return seen.fold }
        return killSwitch.wholeFold()
    }

    /// The switch's record that the audit told last; nil: none.
    private func lastTold() -> String? {
        guard let found = try? journal.reader().lastAudit(of: ["halt", "resume", "resume_asked", "resume_unapproved"])
        else { return nil }
        return JSON(bytes: found.entry.body)?["id"]?.string
    }

    /// A halt or an applied resume, whoever did it and whether or not a host ran.
    private func tell(_ record: Record) {
        let isHalt = record.change == .halt
        let by = record.op.isEmpty ? record.source.rawValue : record.op
        if record.change == .note {
            audit(by, record.kind == .asked ? "resume_asked" : "resume_unapproved", record.brief)
            return
        }
        if isHalt { audit(by, "halt", record.brief) } else { audit(resume: record, by: by, record.brief) }
        // A rule's halt is written as the rule's decision, before it is a record.
        if record.source != .rule {
            log.add([DeskLog.Line(record, wallMs: Clock.milliseconds(of: record.at) ?? Clock.wallMilliseconds())])
        }
        let notification = (isHalt ? Notification.halted : Notification.resumed)(
            record.id,
            record.mode.name,
            record.source.rawValue,
            record.people,
            record.reason.isEmpty ? "no reason given" : record.reason,
            record.scope.description,
            killSwitch.settings.name,
            Clock.milliseconds(of: record.at) ?? Clock.wallMilliseconds()
        )
        notifier.add(notification)
    }

    /// The view as it is shown: with what became of a halt's cancels.
    func shown(_ view: EngineView, atMs: UInt64) -> EngineView {
        var view = view
        let reached = Set(parts.adapters.withLock { $0.map(\.name) })
        view.cancels = view.halts.first { $0.scope == "global" }.map { proof in
            parts.cancels.withLock { $0.shown(proof, reached: reached) }
        }
        for place in view.venues.indices where view.venues[place].note.isEmpty {
            guard !reached.contains(view.venues[place].name) else { continue }
            view.venues[place].note = "no adapter: a halt cancels nothing there"
        }
        return view
    }

    /// Tells the engine of the halts in force, asks venues to cancel and to list, and decides what is verified.
    ///
    /// - Returns: whether nothing is left to be found out.
    private func followHalts(_ seen: Observation, _ view: EngineView, atMs: UInt64) -> Bool {
        let (news, wasVerified, verdicts) = parts.halts.withLock { halts in
            let before = halts.verdicts
            let news = halts.look(seen, atMs: atMs)
            halts.judge(seen, view.halts)
            return (news, before, halts.verdicts)
        }
        if let news { loop.submit([EngineLoop.host(.halts(news))]) }
        let halts = seen.haltsInForce
        let demand = parts.cancels.withLock { $0.look(halts, view.halts, atMs: atMs) }
        if !demand.cancels.isEmpty || demand.lists { ask(demand) }
        if verdicts != wasVerified { host.haltsWereJudged() }
        return halts.allSatisfy { halt in verdicts.contains { $0.id == halt.id && $0.isVerified } }
    }

    /// Every venue on a thread of its own: one that does not answer holds up no other.
    private func ask(_ demand: HaltCancels.Demand) {
        let (parts, loop) = (parts, loop)
        for adapter in parts.adapters.withLock({ $0 }) {
            let scopes = demand.cancels.filter { $0.values[.venue].map { $0 == adapter.name } ?? true }
            guard !scopes.isEmpty || demand.lists else { continue }
            let started = ThreadStart.detached {
                do throws(VenueError) {
                    for scope in scopes { _ = try adapter.cancelAll(CancelScope(scope)) }
                    if demand.lists { loop.submit(try adapter.listings()) }
                } catch {
                    parts.cancels.withLock { $0.failed(adapter.name, error.message) }
                }
            }
            if !started { parts.cancels.withLock { $0.failed(adapter.name, "the system has no thread for it") } }
        }
    }
}

extension VenueAdapter {
    /// What is open at each account now, as the venue's own word.
    fileprivate func listings() throws(VenueError) -> [Event] {
        var events: [Event] = []
        for account in accounts {
            let askedMs = Clock.wallMilliseconds()
            let reports = try openOrders(account: account)
            let origin = Event.Origin(venue: name, account: account, source: Event.Source(.venue, name))
            events.append(Event(origin, .openOrders(reports), happenedMs: askedMs, askedMs: askedMs))
        }
        return events
    }
}

extension CancelScope {
    /// What a halt's scope asks for at one venue.
    fileprivate init(_ scope: Scope) {
        self.init(
            account: scope.values[.account] ?? "",
            strategy: scope.values[.strategy] ?? "",
            symbol: scope.values[.symbol] ?? ""
        )
    }
}

extension Record {
    /// What the audit keeps of it; the switch's own log has the rest.
    fileprivate var brief: JSON {
        var members: [JSON.Member] = [
            .init("id", .string(id)), .init("at", .string(at)), .init("mode", .string(mode.name)),
            .init("scope", .string(scope.description)), .init("reason", .string(reason)),
            .init("source", .string(source.rawValue)), .init("from", .string(from)),
            .init("overrides", .object(overrides)),
            .init("answers", .array(answers.map { .string($0) })),
            .init("not_checked", .array(notChecked.map { .string($0) })),
        ]
        if let askedBy { members.append(.init("asked_by", .string(askedBy))) }
        if let request = approval ?? about { members.append(.init("request", .string(request))) }
        return .object(members)
    }
}
