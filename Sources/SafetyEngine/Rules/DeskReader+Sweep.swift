/// All subjects of a measure, thousands at a time: only those past the limit are told.
extension DeskReader {
    typealias Visit = (_ subject: Subject, _ value: Decimal, _ version: UInt64?, _ limit: inout Limit) -> Void

    /// Tells every subject whose value is known and past the limit. A visitor may raise the limit: so the worst is found.
    func sweep(_ rule: Rule, _ limit: inout Limit, _ visit: Visit) {
        switch Watched(rule.measure) {
        case .metric(let name): metrics(name, rule, &limit, visit)
        case .measure(let measure): sweep(measure, rule, &limit, visit)
        case nil: break
        }
    }

    private func sweep(_ measure: Measure, _ rule: Rule, _ limit: inout Limit, _ visit: Visit) {
        switch measure {
        case .orderAge, .orderContradictions: orders(measure, &limit, visit)
        case .disagreement: disagreements(&limit, visit)
        case .unknownOrders:
            for place in unknownOrders.byAccount.indices {
                tell(
                    .account(unknownOrders.byAccount.keys[place]),
                    .value(Decimal(unknownOrders.byAccount[at: place].count), version: nil),
                    &limit,
                    visit
                )
            }
        case .ordersAfterHalt:
            for place in ordersAfterHalt.indices {
                let count = Decimal(ordersAfterHalt[at: place].count)
                tell(.account(ordersAfterHalt.keys[place]), .value(count, version: nil), &limit, visit)
            }
        case .positionsOverCap, .unpriced, .withoutCost, .dustPositions: counts(measure, &limit, visit)
        case .balance:
            for place in money.byAccount.indices {
                tell(.account(money.byAccount.keys[place]), balance(money.byAccount[at: place]), &limit, visit)
            }
        case .balanceDrop:
            for place in book.balances.indices {
                guard case .value(let value, let version) = balanceDrop(place), limit.isPassed(by: value) else {
                    continue
                }
                visit(.balance(book.balances.keys[place]), value, version, &limit)
            }
        case .lossesInARow, .winRate, .tradeAge:
            for place in book.results.indices {
                let sample = results(measure, book.results.values[place], rule)
                tell(.account(book.results.keys[place]), sample, &limit, visit)
            }
        case .venueTrouble:
            for place in book.venues.indices {
                let key = book.venues.keys[place]
                tell(.account(key), trouble(key, book.venues.values[place]), &limit, visit)
            }
            for place in book.reached.indices {
                tell(.venue(book.reached.keys[place]), trouble(book.reached.values[place]), &limit, visit)
            }
        case .venueExposure:
            for name in valuation.byVenue.keys { tell(.venue(name), exposure(name), &limit, visit) }
        case .errorRate, .latency:
            for place in book.requests.indices {
                let sample = requests(measure, book.requests.values[place], rule)
                tell(.venue(book.requests.keys[place]), sample, &limit, visit)
            }
        case .feedAge:
            for feed in feeds {
                let ageMs = atMs.since(feed.newestMs)
                guard hasLimitOfPrices(feed, rule) else {
                    tell(.venue(feed.venue), .value(ageMs.seconds, version: nil), &limit, visit)
                    continue
                }
                if ageMs > settings.priceStaleMs { visit(.venue(feed.venue), ageMs.seconds, nil, &limit) }
            }
            // Each has passed its own limit.
            for stale in staleStreams {
                visit(.stream(stale.kind, stale.account), (stale.age.ageMs ?? 0).seconds, nil, &limit)
            }
        case .reconciliation:
            for finding in findings {
                tell(.finding(finding.subject), .value(percent(finding), version: nil), &limit, visit)
            }
        case .timeAhead:
            for place in book.ahead.indices {
                tell(.finding(book.ahead.keys[place].description), timeAhead(place), &limit, visit)
            }
        case .leftOut:
            for place in leftOut.indices {
                let count = leftOut.values[place]
                tell(
                    .finding(leftOut.keys[place]),
                    .value(Decimal(Int(clamping: count)), version: count),
                    &limit,
                    visit
                )
            }
        case .refused:
            for place in book.refusals.indices {
                let count = book.refusals.values[place].count
                tell(
                    .finding(book.refusals.keys[place]),
                    .value(Decimal(Int(clamping: count)), version: count),
                    &limit,
                    visit
                )
            }
        case .blindRules:
            for rule in blindRules { tell(.finding(rule.name), .value(Decimal(1), version: nil), &limit, visit) }
        case .exitDue, .exitFailed: exits(measure, &limit, visit)
        case .beatLate, .beatStalled, .beatDead, .restartGivenUp: beats(measure, &limit, visit)
        case .activeAccounts, .signals, .clockJump, .dayLoss, .weekLoss, .drawdown, .eventsDropped, .journalFailing,
            .deskFiles, .liquidationStanding:
            tell(.desk, desk(measure, rule), &limit, visit)
        }
    }

    private func tell(_ subject: @autoclosure () -> Subject, _ sample: Sample, _ limit: inout Limit, _ visit: Visit) {
        guard case .value(let value, let version) = sample, limit.isPassed(by: value) else { return }
        visit(subject(), value, version, &limit)
    }

    private func orders(_ measure: Measure, _ limit: inout Limit, _ visit: Visit) {
        let orders = book.orders.values
        for place in orders.indices {
            if measure == .orderAge {
                if orders[place].state.isFinal { continue }
                let age = atMs.since(orders[place].sinceMs).seconds
                guard limit.isPassed(by: age) else { continue }
                visit(.order(book.orders.keys[place]), age, nil, &limit)
            } else {
                let count = orders[place].contradictions
                guard limit.isPassed(by: Decimal(count)) else { continue }
                visit(.order(book.orders.keys[place]), Decimal(count), UInt64(max(0, count)), &limit)
            }
        }
    }

    private func disagreements(_ limit: inout Limit, _ visit: Visit) {
        let orders = book.orders.values
        for place in orders.indices where orders[place].claimed != nil {
            guard orders[place].isOpen, disagrees(orders[place]), limit.isPassed(by: Decimal(1)) else { continue }
            visit(.order(book.orders.keys[place]), Decimal(1), nil, &limit)
        }
    }

    private func counts(_ measure: Measure, _ limit: inout Limit, _ visit: Visit) {
        for place in positions.byAccount.indices {
            let key = positions.byAccount.keys[place]
            tell(.account(key), counted(measure, positions.byAccount[at: place], key), &limit, visit)
        }
    }

    private func beats(_ measure: Measure, _ limit: inout Limit, _ visit: Visit) {
        for place in lateness.indices {
            guard case .value(let value, let version) = beat(measure, lateness[place]), limit.isPassed(by: value) else {
                continue
            }
            visit(.supervisor(lateness[place].name), value, version, &limit)
        }
    }

    private func metrics(_ name: String, _ rule: Rule, _ limit: inout Limit, _ visit: Visit) {
        let metrics = book.metrics.values
        for place in metrics.indices where metrics[place].name == name {
            tell(.metric(book.metrics.keys[place]), metric(metrics[place], rule), &limit, visit)
        }
    }
}
