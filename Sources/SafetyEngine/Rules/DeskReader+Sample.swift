/// One subject at a time: for subjects that have an alert, or are on the way to one.
extension DeskReader {
    /// What a rule's measure says of a subject now.
    func sample(_ rule: Rule, _ subject: Subject) -> Sample {
        switch (Watched(rule.measure), subject) {
        case (.metric, .metric(let name)): metric(name, rule)
        case (.measure(let measure), .order(let key)): order(measure, key)
        case (.measure(let measure), .venue(let name)): venue(measure, name, rule)
        case (.measure(let measure), .account(let key)): account(measure, key, rule)
        case (.measure(.balanceDrop), .balance(let key)): book.balances.place(of: key).map(balanceDrop) ?? .gone
        case (.measure(let measure), .supervisor(let name)):
            lateness.first { $0.name == name }.map { beat(measure, $0) } ?? .gone
        case (.measure(let measure), .position(let key)): exit(measure, key)
        case (.measure(.blindRules), .finding(let name)): blind(name)
        case (.measure(.leftOut), .finding(let name)):
            leftOut[name].map { .value(Decimal(Int(clamping: $0)), version: $0) } ?? .gone
        case (.measure(.refused), .finding(let name)):
            book.refusals[name].map { .value(Decimal(Int(clamping: $0.count)), version: $0.count) } ?? .gone
        case (.measure(.feedAge), .stream(let kind, let account)): streamAge(kind, account)
        case (.measure(.timeAhead), .finding(let name)):
            book.ahead.indices.first { book.ahead.keys[$0].description == name }.map(timeAhead) ?? .gone
        case (.measure(.reconciliation), .finding(let name)):
            findingPlaces[name].map { .value(percent(findings[$0]), version: nil) }
                ?? (isComparable(name) ? .gone : .unknown)
        case (.measure(let measure), .desk): desk(measure, rule)
        default: .gone
        }
    }

    /// Whether a subject's value is known, and past any of its thresholds.
    func isPassing(_ rule: Rule, _ subject: Subject, _ thresholds: [Decimal]) -> Bool {
        guard case .value(let value, _) = sample(rule, subject) else { return false }
        return thresholds.contains { rule.comparison.isPassed(value, $0) }
    }

    func metric(_ name: String, _ rule: Rule) -> Sample {
        guard let reading = book.metrics[name] else { return .gone }
        return metric(reading, rule)
    }

    func metric(_ reading: BookMetric, _ rule: Rule) -> Sample {
        let staleMs = rule.windowMs > 0 ? rule.windowMs : Measure.metricStaleMs
        guard atMs.since(reading.seenMs) <= staleMs, reading.version >= UInt64(max(0, rule.minimumSamples)) else {
            return .unknown
        }
        return .value(reading.value, version: reading.version)
    }

    private func order(_ measure: Measure, _ key: OrderKey) -> Sample {
        guard let place = book.orders.place(of: key) else { return .gone }
        let order = book.orders[at: place]
        // What cannot be true of a finished order is told until it is forgotten (`Book.finishedMs`).
        guard order.isOpen || measure == .orderContradictions else { return .gone }
        switch measure {
        case .orderAge: return .value(atMs.since(order.sinceMs).seconds, version: nil)
        case .orderContradictions:
            return .value(Decimal(order.contradictions), version: UInt64(max(0, order.contradictions)))
        case .disagreement: return .value(Decimal(disagrees(order) ? 1 : 0), version: nil)
        default: return .gone
        }
    }

    /// What a bot says of an order that its venue does not confirm. Without the venue's word there is nothing to compare.
    func disagrees(_ order: BookOrder) -> Bool {
        order.isProven && order.claimed != nil && order.claimed != order.state
    }

    func venue(_ measure: Measure, _ name: String, _ rule: Rule) -> Sample {
        switch measure {
        case .venueTrouble: return book.reached[name].map(trouble) ?? .gone
        case .venueExposure: return exposure(name)
        case .errorRate, .latency: return book.requests[name].map { requests(measure, $0, rule) } ?? .gone
        case .feedAge:
            return feeds.first { $0.venue == name }.map { .value(atMs.since($0.newestMs).seconds, version: nil) }
                ?? .gone
        default: return .gone
        }
    }

    /// The share of one venue. Where nothing is held but at one venue, there is nothing that could be spread: not applicable.
    /// What has no price counts as it was known last. While something new was never priced nobody knows the shares: it would
    /// look like a concentration elsewhere; after a while it counts as nothing, so that it switches no rule off.
    func exposure(_ name: String) -> Sample {
        guard valuation.byVenue.count > 1, let here = valuation.byVenue[name] else { return .gone }
        guard venuesWithSomething != 1 else { return .gone }
        guard valuation.unseen == 0, let whole = heldInAll, let percent = Share.percent(here, of: whole) else {
            return .unknown
        }
        return .value(percent, version: valuation.version)
    }

    /// Venues that hold anything: an empty account spreads nothing.
    var venuesWithSomething: Int { valuation.byVenue.values.count { $0.digits != 0 } }

    var heldInAll: Decimal? {
        valuation.byVenue.values.reduce(Decimal(0)) { sum, value in sum.flatMap { $0.adding(value) } }
    }

    func requests(_ measure: Measure, _ window: RequestWindow, _ rule: Rule) -> Sample {
        guard window.count(overMs: rule.windowMs, at: atMs) >= max(1, rule.minimumSamples) else { return .unknown }
        let value =
            measure == .errorRate
            ? window.errorPercent(overMs: rule.windowMs, at: atMs)
            : window.latencyP95Ms(overMs: rule.windowMs, at: atMs)?.seconds
        return value.map { .value($0, version: window.version) } ?? .unknown
    }

    func account(_ measure: Measure, _ key: AccountKey, _ rule: Rule) -> Sample {
        switch measure {
        case .unknownOrders:
            return unknownOrders.byAccount[key].map { .value(Decimal($0.count), version: nil) } ?? .gone
        case .ordersAfterHalt: return ordersAfterHalt[key].map { .value(Decimal($0.count), version: nil) } ?? .gone
        case .positionsOverCap, .unpriced, .withoutCost, .dustPositions:
            guard let counts = positions.byAccount[key] else { return unlisted.contains(key) ? .unknown : .gone }
            return counted(measure, counts, key)
        case .balance: return money.byAccount[key].map(balance) ?? .gone
        case .lossesInARow, .winRate, .tradeAge: return book.results[key].map { results(measure, $0, rule) } ?? .gone
        case .venueTrouble: return book.venues[key].map { trouble(key, $0) } ?? .gone
        default: return .gone
        }
    }

    /// A number of positions: unknown where one of them was not reported lately.
    func counted(_ measure: Measure, _ counts: PositionCounts, _ key: AccountKey) -> Sample {
        guard !counts.isUnknown else { return .unknown }
        let count =
            switch measure {
            case .unpriced: counts.unpriced
            case .withoutCost: counts.withoutCost
            case .dustPositions: counts.dust
            default: overCap.isEmpty ? 0 : overCap[key] ?? 0
            }
        return .value(Decimal(count), version: nil)
    }

    func balance(_ money: AccountMoney) -> Sample {
        money.sum.map { .value($0, version: money.version) } ?? .unknown
    }

    func results(_ measure: Measure, _ results: AccountResults, _ rule: Rule) -> Sample {
        switch measure {
        case .lossesInARow: return .value(Decimal(results.lossesInARow), version: results.version)
        case .winRate:
            guard results.count(overMs: rule.windowMs, at: atMs) >= rule.minimumSamples,
                let percent = results.winPercent(overMs: rule.windowMs, at: atMs)
            else { return .unknown }
            return .value(percent, version: results.version)
        default:
            // Who may not trade has not stopped trading; the time counts from when it may.
            guard mode.permits else { return .gone }
            guard let lastTradeMs = results.lastTradeMs else { return .unknown }
            return .value(atMs.since(max(lastTradeMs, modeSinceMs)).seconds, version: nil)
        }
    }

    func trouble(_ key: AccountKey, _ venue: BookVenue) -> Sample {
        switch venue.state {
        case .disconnected: return .value(Decimal(2), version: nil)
        case .degraded: return .value(Decimal(1), version: nil)
        // Nobody knows how it is reached now.
        case .connected: if venue.isSilent { return .unknown }
        case .stopped: break
        }
        // Stopped is what the desk itself asked for. Too few requests for a rate still tell when every one fails.
        guard let window = book.requests[key.venue], window.count(overMs: Self.troubleMs, at: atMs) >= 3,
            window.errorPercent(overMs: Self.troubleMs, at: atMs) == Decimal(100)
        else { return .value(Decimal(0), version: nil) }
        return .value(Decimal(1), version: nil)
    }

    /// The same of a venue of which no account is known.
    func trouble(_ reach: BookReach) -> Sample {
        switch reach.state {
        case .disconnected: .value(Decimal(2), version: nil)
        case .degraded: .value(Decimal(1), version: nil)
        case .connected, .stopped:
            atMs.since(reach.atMs) > settings.venueSilentMs ? .unknown : .value(Decimal(0), version: nil)
        }
    }

    /// Over how long a time every request has to fail, in milliseconds.
    static let troubleMs: UInt64 = 60_000

    func timeAhead(_ place: Int) -> Sample {
        let ahead = book.ahead.values[place]
        guard ahead.wellMs != nil || atMs.since(ahead.atMs) < SourceAhead.keptMs else { return .unknown }
        return .value(ahead.aheadMs.seconds, version: ahead.atMs)
    }

    func balanceDrop(_ place: Int) -> Sample {
        guard atMs.since(book.balances.values[place].seenMs) <= settings.streams.balancesMs else { return .unknown }
        return book.balanceDropPercent(place).map { .value($0, version: book.balances.values[place].version) }
            ?? .unknown
    }

    typealias Lateness = (name: String, percent: Int, isDead: Bool, feeds: String, ageMs: UInt64)

    /// One supervisor has one alert: who stalled is not late as well, and who is dead has not stalled as well.
    func beat(_ measure: Measure, _ member: Lateness) -> Sample {
        let stalled = settings.beats.stalledPercent
        switch measure {
        case .restartGivenUp: return .value(Decimal(isLeftAlone(member.name) ? 1 : 0), version: nil)
        case .beatDead: return .value(Decimal(member.isDead ? 1 : 0), version: nil)
        case .beatStalled:
            return member.isDead ? .gone : .value(Decimal(member.percent), version: nil)
        case .beatLate:
            return member.isDead || member.percent >= stalled ? .gone : .value(Decimal(member.percent), version: nil)
        default: return .gone
        }
    }

    func desk(_ measure: Measure, _ rule: Rule) -> Sample {
        switch measure {
        case .activeAccounts:
            guard let accounts = book.accounts, book.accountCountsStream(at: atMs, settings).isKnown else {
                return .unknown
            }
            let percent = Share.percent(Decimal(accounts.active), of: Decimal(accounts.total))
            return percent.map { .value($0, version: book.accountsVersion) } ?? .unknown
        case .signals:
            guard mode.permits else { return .gone }
            // A window that is not full yet, or began before trading was permitted, would count too few.
            guard let first = book.signals.firstMs, atMs.since(max(first, modeSinceMs)) >= rule.windowMs else {
                return .unknown
            }
            return book.signals.perHour(overMs: rule.windowMs, at: atMs).map { .value($0, version: nil) } ?? .unknown
        case .clockJump:
            let seconds = Decimal(digits: Int128(calendar.jumpMs.magnitude), scale: 3) ?? Decimal(0)
            return .value(seconds, version: UInt64(max(0, calendar.jumpReadings)))
        case .dayLoss: return equity(book.dayLossPercent(valuation))
        case .weekLoss: return equity(book.weekLossPercent(valuation))
        case .drawdown: return equity(book.drawdownPercent(valuation))
        case .eventsDropped: return .value(Decimal(Int(clamping: dropped)), version: journal.dropped)
        case .deskFiles: return .value(Decimal(journal.files == nil ? 0 : 1), version: nil)
        case .liquidationStanding: return .value(Decimal(standing.count), version: nil)
        case .journalFailing: return .value(Decimal(journal.problem == nil ? 0 : 1), version: nil)
        default: return .gone
        }
    }

    /// What cannot be put in percent (something that the other side does not know at all) is off by all of it.
    func percent(_ finding: ReconciliationFinding) -> Decimal { finding.percent ?? Decimal(100) }

    /// While a part of equity has no price, that part counts as it was known last (`Book.judgedEquity`): what the rest lost
    /// is lost all the same. BLIND tells of it.
    private func equity(_ percent: Decimal?) -> Sample {
        percent.map { .value($0, version: valuation.version) } ?? .unknown
    }
}
