internal import KillSwitch

extension Rule.Comparison {
    /// As texts write it.
    var word: String {
        switch self {
        case .over: "over"
        case .under: "under"
        case .atLeast: "at least"
        }
    }
}

/// What an alert says: what happened, to what, what that means for trading, and what to do first.
extension DeskReader {
    func words(_ key: AlarmKey, _ rule: Rule, _ thresholds: [Decimal], _ value: Decimal) -> String {
        let passed = thresholds.last { rule.comparison.isPassed(value, $0) } ?? thresholds.first
        let limit = passed.map { " (limit: \(rule.comparison.word) \(shown($0, rule)))" } ?? ""
        let entry = Playbook.entry(for: rule.name)
        let meaning = entry.meaning.isEmpty ? "" : " " + entry.meaning
        let first = next(key.subject, rule) ?? entry.steps.first.map { " \($0)" } ?? ""
        // How long something lasts is read a moment later anyway.
        let isSpan = Measure(rawValue: rule.measure)?.unit == .seconds
        let figure = isSpan ? shown(value, rule) : passed.map { shown(value, rule, beside: $0) } ?? shown(value, rule)
        return "\(happened(key.subject, rule, figure))\(limit).\(meaning)\(first)"
    }

    /// What is done next about a supervisor that does not beat: what is true of its restarts, not what might be.
    private func next(_ subject: Subject, _ rule: Rule) -> String? {
        guard case .supervisor(let name) = subject,
            rule.measure == Measure.beatDead.rawValue
                || rule.measure == Measure.beatStalled.rawValue
        else { return nil }
        return recovery(of: name).map { " \($0.prefix(1).uppercased())\($0.dropFirst())." }
    }

    /// What its rule does about it, such as `halts over 2.5 %`; empty: nothing.
    func policy(_ rule: Rule, _ thresholds: [Decimal]) -> String {
        guard let place = rule.breakerStep, place < thresholds.count else { return "" }
        let limit = "\(rule.comparison.word) \(shown(thresholds[place], rule))"
        let reach =
            switch rule.reach {
            case .global: ""
            case .account: " (its account)"
            case .venue: " (its venue)"
            }
        return rule.steps[place].kills ? "halts \(limit)\(reach)" : "would halt \(limit), but its halt is off"
    }

    /// A value with its unit.
    func shown(_ value: Decimal, _ rule: Rule) -> String {
        guard case .measure(let measure) = Watched(rule.measure) else { return value.shown() }
        switch measure.unit {
        case .seconds:
            let milliseconds = value.multiplied(by: Decimal(1000))?.rounded(to: 0)
            guard let digits = milliseconds?.digits, let span = UInt64(exactly: digits) else { return "\(value) s" }
            return span < 60_000 ? "\(value.shown(places: 3))s" : ElapsedText.of(span)
        case .percent, .money: return shown(value, measure.unit, places: 2)
        case .count, .scale: return value.shown()
        }
    }

    private func shown(_ value: Decimal, _ unit: Measure.Unit, places: Int) -> String {
        switch unit {
        case .percent: "\(value.shown(places: places)) %"
        case .money: "\(value.shown(places: places)) \(settings.baseCurrency)"
        case .seconds, .count, .scale: value.shown(places: places)
        }
    }

    /// The same, so exact that it is told from a limit that it is not at: `45.000001 %` is over `45 %`, `15m and 250ms` over
    /// `15m`.
    func shown(_ value: Decimal, _ rule: Rule, beside limit: Decimal) -> String {
        let plain = shown(value, rule)
        guard value != limit, plain == shown(limit, rule) else { return plain }
        let unit: Measure.Unit = if case .measure(let measure) = Watched(rule.measure) { measure.unit } else { .count }
        if unit == .seconds, let off = value.subtracting(limit)?.multiplied(by: Decimal(1_000))?.rounded(to: 0) {
            let milliseconds = UInt64(clamping: off.digits.magnitude)
            return "\(plain) \(off.isNegative ? "less" : "and") \(ElapsedText.of(milliseconds))"
        }
        let places = (3...max(3, value.scale)).first {
            shown(value, unit, places: $0) != shown(limit, unit, places: $0)
        }
        return shown(value, unit, places: places ?? value.scale)
    }

    /// A time of the desk by the wall clock; without one, the desk's own.
    func time(_ atMs: UInt64) -> String {
        calendar.wallMs(at: atMs).map { Clock.text(milliseconds: $0) }
            ?? "\(ElapsedText.of(atMs)) after the desk's start"
    }

    /// The venue that a subject belongs to; of a supervisor, the one that it feeds; of a finding, the one that begins its
    /// name.
    func venue(of subject: Subject) -> String? {
        switch subject {
        case .supervisor(let name): lateness.first { $0.name == name }?.feeds
        case .finding(let name): String(name.prefix { $0 != "/" })
        default: subject.venue
        }
    }

    /// Why a subject is gone.
    func goneWords(_ rule: Rule, _ subject: Subject) -> String {
        switch (Watched(rule.measure), subject) {
        case (.measure(.orderContradictions), _): "the order is finished for \(ElapsedText.of(Book.finishedMs))"
        case (_, .order): "the order is finished"
        case (_, .position): "the position is closed"
        case (.measure(.venueExposure), _): "there is one venue only"
        case (.measure(.leftOut), _): "nothing was left out for \(ElapsedText.of(Book.overloadedMs))"
        case (.measure(.refused), _): "none was refused for \(ElapsedText.of(RefusedCount.keptMs))"
        case (.measure(.timeAhead), _):
            "it spoke since, and told no such time for \(ElapsedText.of(SourceAhead.keptMs))"
        case (.measure(.tradeAge), _), (.measure(.signals), _): "trading is not permitted now"
        case (_, .supervisor(let name)):
            lateness.contains { $0.name == name } ? "a graver alert tells of it now" : "nobody expects it any more"
        default: "there is nothing left to watch"
        }
    }

    private func happened(_ subject: Subject, _ rule: Rule, _ figure: String) -> String {
        switch (Watched(rule.measure), subject) {
        case (.metric(let name), .metric(let key)): return "\(name)\(of(key, name)) is \(figure)"
        case (.measure(let measure), .order(let key)): return order(measure, key, figure)
        case (.measure(let measure), .venue(let name)): return venue(measure, name, figure)
        case (.measure(let measure), .account(let key)): return account(measure, key, figure, rule)
        case (.measure(.balanceDrop), .balance(let key)):
            let balance = book.balances[key]
            let now = balance.map { ($0.equity ?? $0.total).shown(places: 2) } ?? "?"
            let before = balance?.before.map { $0.shown(places: 2) } ?? "?"
            return
                "\(key.venue)/\(key.account) fell \(figure) from \(before) to \(now) \(key.currency), transfers taken out"
        case (.measure(let measure), .position(let key)): return exit(measure, key, figure)
        case (.measure(.restartGivenUp), .supervisor(let name)):
            return "\(name) is not restarted any more: \(recovery(of: name) ?? "it was left alone")"
        case (.measure(.liquidationStanding), .desk): return standstill(figure)
        case (.measure(let measure), .supervisor(let name)): return beat(measure, name, figure)
        case (.measure(.leftOut), .finding(let name)):
            let held = Book.Kept(rawValue: name).map { " The desk keeps \(most($0)) of them." } ?? ""
            return "\(figure) \(name) were left out: there was no room for them.\(held)"
        case (.measure(.refused), .finding(let name)):
            return "\(figure) lines or rows from \(name) could not be read in \(ElapsedText.of(RefusedCount.keptMs))"
        case (.measure(.feedAge), .stream(let kind, let account)):
            return StaleStream(kind: kind, account: account, age: StreamAge()).words(for: figure)
        case (.measure(.timeAhead), .finding(let name)): return "\(name) told a time that is \(figure) ahead"
        case (.measure(.blindRules), .finding(let name)):
            let why = settings.rules.first { $0.name == name }.map(blindness) ?? ""
            return "\(name) may halt, and is blind: \(why)"
        case (.measure(.reconciliation), .finding(let name)):
            return findingPlaces[name].map { findings[$0].text } ?? "\(name) is off by \(figure)"
        case (.measure(let measure), .desk): return desk(measure, figure, rule)
        default: return "\(rule.measure) of \(subject) is \(figure)"
        }
    }

    private func most(_ kind: Book.Kept) -> Int {
        switch kind {
        case .orders: settings.bounds.orders
        case .positions: settings.bounds.positions
        case .accounts: settings.bounds.accounts
        case .balances: settings.bounds.balances
        case .prices: settings.bounds.prices
        case .metrics: settings.bounds.metrics
        }
    }

    private func of(_ key: String, _ name: String) -> String {
        key == name ? "" : " of \(key.dropFirst(min(key.count, name.count + 1)))"
    }

    private func order(_ measure: Measure, _ key: OrderKey, _ figure: String) -> String {
        guard let order = book.orders[key] else { return "order \(key.clientID) at \(key.venue): \(figure)" }
        let name =
            "\(order.side.rawValue) \(order.quantity) \(order.symbol) (\(key.clientID)) at \(key.venue)/\(key.account)"
        switch measure {
        case .orderContradictions:
            return "\(name): \(figure) reports that cannot be true, the last: \(order.contradiction)"
        case .disagreement:
            return "\(name) is \(order.state.rawValue) by its venue and \(order.claimed?.rawValue ?? "?") by its bot"
        default: return "\(name) is \(order.state.rawValue) for \(figure), \(order.filled) filled"
        }
    }

    private func venue(_ measure: Measure, _ name: String, _ figure: String) -> String {
        switch measure {
        case .venueExposure: return "\(figure) of what the desk holds is at \(name)"
        case .errorRate: return "\(figure) of the requests to \(name) fail\(lastError(name))"
        case .venueTrouble:
            let reach = book.reached[name]
            let note = reach.map { $0.note.isEmpty ? "" : ": \($0.note)" } ?? ""
            let isGone = reach.map { atMs.since($0.atMs) >= settings.venueSilentMs } ?? false
            let state = isGone ? Venue.State.disconnected : reach?.state
            return "\(name) is \(state?.rawValue ?? "?")\(note), and no account of it is known"
        case .latency: return "5 of 100 requests to \(name) take longer than \(figure)"
        default: return "\(name) gave no new price for \(figure)"
        }
    }

    private func lastError(_ venue: String) -> String {
        guard let error = book.requests[venue]?.lastError, !error.isEmpty else { return "" }
        return ", the last with: \(error)"
    }

    private func account(_ measure: Measure, _ key: AccountKey, _ figure: String, _ rule: Rule) -> String {
        let counts = positions.byAccount[key]
        switch measure {
        case .unknownOrders:
            return
                "\(key) has \(several(figure, "order")) whose state nobody can say\(named(orders(of: key), of: unknownOrders.byAccount[key]?.count ?? 0))"
        case .ordersAfterHalt:
            let new = ordersAfterHalt[key]
            let bots = (new?.bots ?? []).isEmpty ? "" : " of \(OrdersProof.list(new?.bots ?? []))"
            return "\(new?.count ?? 0) new order\(new?.count == 1 ? "" : "s")\(bots) at \(key) since the halt"
                + "\(named(new?.names ?? [], of: new?.count ?? 0)): something does not ask its gate"
        case .balance: return "\(key) has \(figure) left"
        case .lossesInARow: return "\(key) lost \(several(figure, "trade")) in a row"
        case .winRate: return "\(key) won \(figure) of its trades in \(ElapsedText.of(rule.windowMs))"
        case .tradeAge: return "\(key) did not trade for \(figure)"
        case .positionsOverCap:
            return "\(key) holds \(several(figure, "position")) above its cap of \(settings.cap.most(for: key))"
        case .dustPositions:
            return
                "\(key) holds \(several(figure, "position")) worth less than \(settings.dust.threshold) \(settings.baseCurrency)"
        case .unpriced:
            return
                "\(key) holds \(several(figure, "position")) without a fresh price\(named(symbols(counts?.firstUnpriced), of: counts?.unpriced ?? 0))"
        case .withoutCost:
            return
                "\(key) holds \(several(figure, "position")) whose cost nobody said\(named(symbols(counts?.firstWithoutCost), of: counts?.withoutCost ?? 0))"
        default:
            guard let venue = book.venues[key] else { return "\(key) is ?\(lastError(key.venue))" }
            // What it said of itself before it fell silent holds no more, here as little as in the list of venues.
            let isGone = venue.isSilent && venue.state != .stopped
            let state: Venue.State = isGone ? .disconnected : venue.state
            let silence = isGone ? "silent for \(ElapsedText.of(atMs.since(venue.seenMs)))" : ""
            let note = venue.note.isEmpty ? silence : venue.note
            return "\(key) is \(state.rawValue)\(note.isEmpty ? "" : ": \(note)")\(lastError(key.venue))"
        }
    }

    /// A number of things, in words.
    private func several(_ figure: String, _ thing: String) -> String {
        "\(figure) \(thing)\(figure == "1" ? "" : "s")"
    }

    private func orders(of key: AccountKey) -> [String] {
        unknownOrders.byAccount[key]?.first.map { book.orders.keys[$0].clientID } ?? []
    }

    private func symbols(_ places: [Int]?) -> [String] { places?.map { book.positions.keys[$0].symbol } ?? [] }

    private func named(_ names: [String], of count: Int) -> String {
        guard !names.isEmpty else { return "" }
        let more = count > names.count ? " and \(count - names.count) more" : ""
        return ": \(names.joined(separator: ", "))\(more)"
    }

    private func beat(_ measure: Measure, _ name: String, _ figure: String) -> String {
        let member = lateness.first { $0.name == name }
        let age = member.map { ElapsedText.of($0.ageMs) } ?? "?"
        let feeds = member.map { $0.feeds.isEmpty ? "" : ", the feed of \($0.feeds)," } ?? ""
        return measure == .beatDead
            ? "the process of \(name)\(feeds) is gone; its last beat was \(age) ago"
            : "\(name)\(feeds) did not beat for \(age), \(figure) of its interval"
    }

    private func desk(_ measure: Measure, _ figure: String, _ rule: Rule) -> String {
        switch measure {
        case .activeAccounts:
            guard let accounts = book.accounts else { return "\(figure) of all accounts trade" }
            // The share of these counts: while it calms down, what raised the alert is the share of others.
            let now = Share.percent(Decimal(accounts.active), of: Decimal(accounts.total)).map { percent in
                rule.steps.first.map { shown(percent, rule, beside: $0.threshold) } ?? shown(percent, rule)
            }
            return "\(accounts.active) of \(accounts.total) accounts trade: \(now ?? figure)"
        case .signals: return "strategies made \(figure) signals an hour"
        case .clockJump:
            return "the machine's clock jumped \(calendar.jumpMs < 0 ? "back" : "ahead") by \(figure)"
        case .dayLoss: return "the desk lost \(figure) of the day's opening equity, losses not yet taken counted in"
        case .weekLoss: return "the desk lost \(figure) of the week's opening equity, losses not yet taken counted in"
        case .drawdown: return "equity is \(figure) below its peak"
        case .eventsDropped: return "\(figure) events could not be taken"
        case .deskFiles:
            return journal.files?.joined(separator: "; ") ?? "the files of the desk are as they should be again"
        default:
            return journal.words ?? "the journal writes again, and no event waits"
        }
    }
}
