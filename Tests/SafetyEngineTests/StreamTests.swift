import KillSwitch
import Testing

@testable import SafetyEngine

/// Orders, positions, balances, prices and account counts of each account age apart.
struct StreamTests {
    /// A desk whose venue lists everything once, and then only gives prices.
    private func silentButForPrices(_ seconds: Int, account: String = "main") -> LiveDesk {
        var desk = LiveDesk()
        desk.venue(.openOrders([report(.acknowledged, "a")]))
        desk.venue(.positions([held("2", entry: "100")]))
        desk.venue(balance("1000", equity: "1200"))
        for _ in 0..<seconds {
            desk.venue(price("BTC/USD", "100"))
            desk.run(1_000)
        }
        return desk
    }

    @Test func whatIsListedLatelyIsKnown() throws {
        let view = silentButForPrices(30).view
        let venue = try #require(view.venues.first)
        #expect(venue.streams.orders.isKnown && venue.streams.positions.isKnown && venue.streams.balances.isKnown)
        #expect(venue.openOrders == 1 && venue.books?.positions == 1)
        #expect(view.money.equity == Decimal(1_200) && view.money.gross == Decimal(200))
        #expect(view.money.problem.isEmpty && view.money.exposureProblem.isEmpty)
        #expect(view.money.equityAgeMs == 30_000)
        #expect(!view.alerts.contains { $0.rule == "FEED_STALE" })
    }

    /// CASES row 6: a ticker of the same venue makes no listing fresh.
    @Test func pricesKeepNeitherOrdersNorPositionsNorBalancesFresh() throws {
        let desk = silentButForPrices(85)
        let view = desk.view
        let venue = try #require(view.venues.first)
        #expect(venue.state == .connected)
        for (stream, limitMs) in [
            (venue.streams.orders, UInt64(60_000)), (venue.streams.positions, 60_000), (venue.streams.balances, 60_000),
        ] {
            #expect(stream.state == .stale && stream.limitMs == limitMs)
            #expect(stream.ageMs == 85_000)
        }
        #expect(venue.streams.prices.isKnown)
        #expect(venue.openOrders == nil && venue.openOrdersSeen == 1)
        #expect(venue.books?.positions == nil && venue.books?.positionsSeen == 1)
        #expect(venue.books?.equity == nil && venue.books?.balance == nil)
        let money = view.money
        #expect(money.equity == nil && money.dayProfit == nil && money.drawdownPercent == nil)
        #expect(money.gross == nil && money.net == nil && money.unrealised == nil)
        #expect(money.last?.equity == Decimal(1_200))
        // As old as what it was made of, not as when that was looked at last.
        #expect(money.last?.ageMs == 85_000 && money.equityAgeMs == 85_000)
        #expect(money.lastExposure?.gross == Decimal(200))
        #expect(money.problem.contains("kraken/main has not reported a balance for"))
        #expect(money.exposureProblem.contains("kraken/main has not listed its positions for"))
        let stale = view.alerts.filter { $0.rule == "FEED_STALE" }.map(\.subject)
        #expect(stale.sorted() == ["kraken/main/balances", "kraken/main/orders", "kraken/main/positions"])
        let position = try #require(view.positions.first)
        #expect(position.price == nil && position.value == nil && position.isStale)
        #expect(position.lastPrice == Decimal(100) && position.seenAgeMs == 85_000)
        // The order is not known to rest as it did.
        #expect(view.orders.first?.state == .unknown)
        #expect(view.alerts.contains { $0.id == "BLIND/DAILY_DRAWDOWN" })
    }

    @Test func eachStreamHasItsOwnLimit() throws {
        var desk = LiveDesk {
            $0.streams.ordersMs = 10_000
            $0.streams.positionsMs = 20_000
            $0.streams.balancesMs = 40_000
        }
        desk.venue(.openOrders([]))
        desk.venue(.positions([]))
        desk.venue(balance("1000"))
        func stale() -> [String] { desk.view.alerts.filter { $0.rule == "FEED_STALE" }.map(\.subject).sorted() }
        desk.run(10_000)
        #expect(stale().isEmpty)
        desk.run(500)
        #expect(stale() == ["kraken/main/orders"])
        desk.run(10_000)
        #expect(stale() == ["kraken/main/orders", "kraken/main/positions"])
        desk.run(20_000)
        #expect(stale() == ["kraken/main/balances", "kraken/main/orders", "kraken/main/positions"])
        let text = desk.view.alerts.first { $0.subject == "kraken/main/orders" }?.text ?? ""
        #expect(text.contains("kraken/main has not listed its open orders for") && text.contains("over 10s"))
        desk.venue(.openOrders([]))
        desk.run(6_000)
        #expect(stale() == ["kraken/main/balances", "kraken/main/positions"])
    }

    @Test func pricesAreStaleAtTheirOwnLimitAndTheDeskIsNotHealthyThen() throws {
        var desk = LiveDesk { $0.priceStaleMs = 4_000 }
        desk.venue(.openOrders([]))
        desk.venue(.positions([held("2", entry: "100")]))
        desk.venue(balance("1000", equity: "1200"))
        desk.venue(price("BTC/USD", "100"))
        func stale() -> [String] { desk.alerts.filter { $0.hasPrefix("FEED_STALE") } }
        func unpriced() -> DeskHealth.Part? { DeskHealth(engine: desk.view).parts.first { $0.name == "prices" } }
        desk.run(4_000)
        #expect(stale().isEmpty && unpriced()?.isHealthy == true)
        desk.run(500)
        #expect(stale() == ["FEED_STALE/kraken"])
        #expect(unpriced()?.isHealthy == false)
        #expect(unpriced()?.detail.contains("1 held position has no fresh price") == true)
        let text = desk.view.alerts.first { $0.id == "FEED_STALE/kraken" }?.text ?? ""
        #expect(text.contains("over 4s"), "\(text)")
        desk.venue(price("BTC/USD", "100"))
        desk.run(6_000)
        #expect(unpriced()?.isHealthy == false)
        desk.venue(price("BTC/USD", "100"))
        desk.run(250)
        #expect(unpriced()?.isHealthy == true)
    }

    @Test func aStepOfFeedsThatSomebodySetHoldsAsItWasSet() {
        var desk = LiveDesk {
            $0.priceStaleMs = 4_000
            for place in $0.rules.indices where $0.rules[place].name == "FEED_STALE" {
                $0.rules[place].steps[0].threshold = Decimal(30)
            }
        }
        desk.venue(price("BTC/USD", "100"))
        desk.run(29_000)
        #expect(!desk.alerts.contains("FEED_STALE/kraken"))
        desk.run(2_000)
        #expect(desk.alerts.contains("FEED_STALE/kraken"))
    }

    @Test func oneAccountsWordMakesNoOtherAccountFresh() throws {
        var desk = LiveDesk()
        func list(_ account: String) {
            let origin = Event.Origin(venue: "kraken", account: account, source: Event.Source(.venue, "kraken"))
            desk.say(Event(origin, .openOrders([])))
            desk.say(Event(origin, .positions([])))
            desk.say(Event(origin, balance("500")))
        }
        list("main")
        list("hedge")
        for _ in 0..<75 {
            list("hedge")
            desk.run(1_000)
        }
        let venues = desk.view.venues
        #expect(venues.first { $0.account == "hedge" }?.streams.orders.isKnown == true)
        #expect(venues.first { $0.account == "main" }?.streams.orders.state == .stale)
        #expect(desk.view.accountsWithUnknownOrders.map(\.account) == ["main"])
        #expect(desk.view.money.equity == nil)
    }

    @Test func whatWasNeverListedIsNeverKnown() throws {
        var desk = LiveDesk()
        desk.venue(price("BTC/USD", "100"))
        desk.venue(.venue(VenueReport(state: .connected)))
        desk.venue(.apiResult(APIResult(endpoint: "GET /time", isSuccess: true, latencyMs: 4)))
        desk.run(5_000)
        let view = desk.view
        let venue = try #require(view.venues.first)
        #expect(venue.streams.orders.state == .never && venue.openOrders == nil)
        #expect(venue.books?.positions == nil)
        #expect(view.money.gross == nil && view.money.net == nil && view.money.unrealised == nil)
        #expect(view.money.exposureProblem == "kraken/main has never listed its positions")
    }

    /// Loss rules count what is not known now as it was known last, and say that they do not see it all; they never find by it
    /// that a loss is over.
    @Test func aLossStaysOpenWhileNobodyKnowsTheBalance() {
        var desk = LiveDesk("DAILY_DRAWDOWN", "BLIND")
        desk.venue(balance("1000", equity: "1000"))
        desk.run(1_000)
        for _ in 0..<20 {
            desk.venue(balance("980", equity: "980"))
            desk.run(1_000)
        }
        #expect(desk.alerts.contains("DAILY_DRAWDOWN/desk"))
        desk.run(600_000)
        #expect(desk.alerts.contains("DAILY_DRAWDOWN/desk") && desk.alerts.contains("BLIND/DAILY_DRAWDOWN"))
    }

    /// Issue 11, point 15: an alert whose data stopped is not over.
    @Test func aDifferenceThatNobodyCanCompareAnyMoreStaysOpen() throws {
        var desk = LiveDesk()
        for _ in 0..<80 {
            desk.venue(.positions([held("1", entry: "100")]))
            desk.venue(price("BTC/USD", "100"))
            desk.venue(balance("900", equity: "1100"))
            desk.run(1_000)
        }
        #expect(desk.alerts.contains("RECONCILIATION/kraken/main"))
        desk.run(300_000)
        let alert = try #require(desk.view.alerts.first { $0.id == "RECONCILIATION/kraken/main" })
        #expect(alert.noDataMs.map { $0 >= 200_000 } == true)
        #expect(alert.text.contains("No current data since"))
        for _ in 0..<30 {
            desk.venue(.positions([held("1", entry: "100")]))
            desk.venue(price("BTC/USD", "100"))
            desk.venue(balance("1000", equity: "1100"))
            desk.run(1_000)
        }
        #expect(!desk.alerts.contains("RECONCILIATION/kraken/main"))
    }

    @Test(arguments: ["UNPRICED", "POSITION_CAP", "COST_BASIS_UNKNOWN"])
    func alertsOverPositionsStayOpenWhilePositionsAreNotListed(rule: String) {
        var desk = LiveDesk { $0.cap.most = 0 }
        for _ in 0..<60 {
            desk.venue(.positions([held("1")]))
            desk.run(1_000)
        }
        #expect(desk.alerts.contains("\(rule)/kraken/main"))
        for _ in 0..<200 {
            desk.venue(price("ETH/USD", "100"))
            desk.run(1_000)
        }
        #expect(desk.alerts.contains("\(rule)/kraken/main"))
    }

    /// A platform that stops reporting must not disarm ADOPTION_GUARDRAIL unseen.
    @Test func accountCountsAge() throws {
        var desk = LiveDesk("ADOPTION_GUARDRAIL", "FEED_STALE", "BLIND")
        desk.run(2_000)
        #expect(desk.alerts == ["BLIND/ADOPTION_GUARDRAIL"])
        let platform = Event.Origin(source: Event.Source(.bot, "platform"))
        desk.say(Event(platform, .accounts(AccountCounts(active: 50, total: 100))))
        desk.run(10_000)
        #expect(desk.alerts.isEmpty)
        #expect(desk.view.accounts?.stream.isKnown == true)
        desk.run(302_000)
        #expect(desk.alerts.sorted() == ["BLIND/ADOPTION_GUARDRAIL", "FEED_STALE/account_counts"])
        #expect(desk.view.accounts?.stream.state == .stale)
        let blind = desk.view.alerts.first { $0.rule == "BLIND" }?.text ?? ""
        #expect(blind.contains("no platform has reported how many accounts trade for"))
    }

    @Test func exitRulesProposeNothingForWhatIsNotReported() {
        var desk = LiveDesk { $0.exits.stopLoss.externalPolicy = .enforce }
        desk.venue(.positions([held("1", entry: "100")]))
        desk.venue(price("BTC/USD", "100"))
        desk.run(1_000)
        for _ in 0..<62 {
            desk.venue(price("BTC/USD", "100"))
            desk.run(1_000)
        }
        for _ in 0..<5 {
            desk.venue(price("BTC/USD", "80"))
            desk.run(1_000)
        }
        #expect(desk.view.proposals.isEmpty)
        #expect(desk.decisions.effects.isEmpty)
        desk.venue(.positions([held("1", entry: "100")]))
        desk.run(1_000)
        #expect(desk.decisions.closed == ["BTC/USD"])
    }

    @Test func aResumeIsRefusedWhileListingsAreOld() {
        let desk = silentButForPrices(85)
        let checks = desk.engine.resumeChecks(for: .live, scope: .global, at: desk.atMs)
        let reconciled = checks.first { $0.name == .reconciled }
        #expect(reconciled?.passed == false)
        // Its balance and its positions are both too old; the first that is found is named.
        #expect(reconciled?.detail == "kraken/main: its balance is too old to be compared")
    }
}

/// The cap calls nothing compliant that nobody listed.
struct CapKnowledgeTests {
    @Test func whatNobodyListedIsNotCompliant() {
        var desk = LiveDesk { $0.cap.everyMs = 1_000 }
        desk.venue(balance("1000"))
        desk.run(2_000)
        #expect(desk.engine.exits.caps.values.map(\.result.status) == [.unknown])
        #expect(desk.decisions.lines(with: "Current positions: NOT KNOWN").count > 0)
        desk.venue(.positions([]))
        desk.run(2_000)
        #expect(desk.engine.exits.caps.values.map(\.result.status) == [.compliant])
        for _ in 0..<70 {
            desk.venue(balance("1000"))
            desk.run(1_000)
        }
        #expect(desk.engine.exits.caps.values.map(\.result.status) == [.unknown])
        #expect(desk.decisions.lines.last { $0.event == "cap_checked" }?.text.contains("NOT KNOWN") == true)
    }

    /// CASES row 22: a word about a venue makes no account of it.
    @Test func aVenueWithoutAnAccountIsNoAccount() throws {
        var desk = LiveDesk { $0.cap.everyMs = 1_000 }
        let origin = Event.Origin(venue: "x", source: Event.Source(.venue, "x"))
        desk.say(Event(origin, .venue(VenueReport(state: .disconnected, latencyMs: nil, note: "503"))))
        desk.run(12_000)
        #expect(desk.engine.book.venues.isEmpty && desk.engine.exits.caps.isEmpty)
        let venue = try #require(desk.view.venues.first)
        #expect(venue.id == "x" && venue.state == .disconnected && venue.openOrders == nil)
        #expect(desk.alerts == ["API_ERROR/x"])
        let named = Event.Origin(venue: "x", account: "m", source: Event.Source(.venue, "x"))
        desk.say(Event(named, .positions([])))
        #expect(desk.view.venues.map(\.id) == ["x/m"])
    }

    @Test func aDryRunSaysOverCapOfWhatIsOverItsCap() throws {
        var desk = LiveDesk { _ in }
        desk.venue(.positions((0..<15).map { held("1", "S\($0)/USD", entry: "10") }))
        for place in 0..<15 { desk.venue(price("S\(place)/USD", "10")) }
        desk.run(1_000)
        let report = Normalization.plan(desk.engine, at: desk.atMs).report(wallMs: 0, isDryRun: true)
        let account = try #require(report["accounts"]?.array?.first)
        #expect(account["status"]?.string == "over_cap")
        #expect(account["current_count"]?.integer == 15 && account["excess"]?.integer == 7)
        #expect(account["removed"]?.array?.count == 7)
        desk.run(61_000)
        let later = Normalization.plan(desk.engine, at: desk.atMs).report(wallMs: 0, isDryRun: true)
        let stale = try #require(later["accounts"]?.array?.first)
        #expect(stale["status"]?.string == "unknown" && stale["current_count"] == .null)
    }
}

/// A list with a bad row.
struct IncompleteListTests {
    private func take(_ line: String, _ desk: inout LiveDesk) throws -> EventLine.RowRefusals {
        var rows = EventLine.RowRefusals()
        let bytes = Array(line.utf8)
        desk.say(try EventLine.parse(bytes.span, &rows))
        return rows
    }

    private let origin = #""v":1,"source":"venue:x","venue":"x","account":"m""#

    /// CASES row 13.
    @Test func minusZeroIsZero() throws {
        var desk = LiveDesk()
        let rows = try take(
            #"{\#(origin),"type":"positions","positions":[{"symbol":"A","quantity":"1"},{"symbol":"B","quantity":"-0"},"#
                + #"{"symbol":"C","quantity":"2"}]}"#,
            &desk
        )
        #expect(rows.count == 0)
        desk.run(1_000)
        #expect(desk.view.positions.map(\.symbol) == ["A", "C"])
        #expect(desk.view.venues.first?.streams.positions.isKnown == true)
    }

    /// CASES row 14.
    @Test func theGoodRowsCountAndTheListingIsNotComplete() throws {
        var desk = LiveDesk()
        let good = #"{"client_id":"g","symbol":"X","side":"buy","quantity":"1","state":"ACKNOWLEDGED"}"#
        _ = try take(#"{\#(origin),"type":"open_orders","orders":[\#(good)]}"#, &desk)
        desk.run(1_000)
        #expect(desk.view.venues.first?.openOrders == 1)
        let rows = try take(
            #"{\#(origin),"type":"open_orders","orders":[{"client_id":"h","symbol":"X","side":"buy","quantity":"2","state":"NEW"},"#
                + #"{"client_id":"i","symbol":"X","side":"up","quantity":"1","state":"NEW"}]}"#,
            &desk
        )
        #expect(rows.count == 1 && rows.first.first?.key == "orders[1].side")
        desk.run(1_000)
        let view = desk.view
        // The one that it does not name may be open all the same.
        #expect(view.orders.map(\.clientID).sorted() == ["g", "h"])
        let stream = try #require(view.venues.first?.streams.orders)
        #expect(stream.state == .stale && stream.problem.contains("1 row of the last listing could not be read"))
        #expect(view.venues.first?.openOrders == nil)
        #expect(desk.alerts.contains("INGEST_REFUSED/venue:x"))
        _ = try take(#"{\#(origin),"type":"open_orders","orders":[]}"#, &desk)
        desk.run(1_000)
        #expect(desk.view.venues.first?.streams.orders.isKnown == true)
        desk.run(300_000)
        #expect(!desk.alerts.contains("INGEST_REFUSED/venue:x"))
    }

    @Test func aSenderCanSayThatItsListIsNotComplete() throws {
        var desk = LiveDesk()
        _ = try take(#"{\#(origin),"type":"open_orders","orders":[],"refused_rows":2}"#, &desk)
        desk.run(1_000)
        #expect(desk.view.venues.first?.openOrders == nil)
        #expect(desk.alerts.contains("INGEST_REFUSED/venue:x"))
    }

    @Test func refusedLinesRaiseAnAlert() {
        var desk = LiveDesk()
        desk.say(EngineTurns.host(.refused(count: 12, source: "uid 1000")))
        desk.run(1_000)
        let alert = desk.view.alerts.first { $0.rule == "INGEST_REFUSED" }
        #expect(alert?.subject == "uid 1000" && alert?.level == .critical)
    }
}
