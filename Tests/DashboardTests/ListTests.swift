import Foundation
import KillSwitch
import Testing

@testable import Dashboard
@testable import SafetyEngine

/// Lists: cursor, filter, order, details, zoom.
struct ListTests {
    private func screen(_ interface: Interface, _ desk: DeskSnapshot, width: Int = 120) -> String {
        Fixture.frame(interface, desk, width, 40).text
    }

    private func opened(_ keys: [Key], _ desk: DeskSnapshot) -> Interface {
        var interface = Fixture.interface(desk)
        interface.resize(width: 120, height: 40)
        interface.press(keys, desk)
        return interface
    }

    /// The row that the cursor's mark stands before.
    private func marked(_ interface: Interface, _ desk: DeskSnapshot) -> String {
        let row = screen(interface, desk).split(separator: "\n").first { line in
            line.contains("»") && !Pane.allCases.contains { line.contains("»\($0.title)") }
        }
        return row.map { Text.trimmed($0.drop { $0 != "»" }) } ?? ""
    }

    @Test func aScreenJustOpenedLooksAtWhatMatters() {
        #expect(Fixture.interface(Fixture.halted()).focus == .steps)
        #expect(Fixture.interface(Fixture.trading()).focus == .alerts)
        var calm = Fixture.trading()
        calm.alerts.rows = []
        #expect(Fixture.interface(calm).focus == .gates)
        // Once the operator has moved, it stays where it was put.
        var interface = Fixture.interface(calm)
        interface.press([.character("5")], calm)
        _ = interface.observe(Fixture.halted(), nowMs: Fixture.nowMs + 10)
        #expect(interface.focus == .supervisors)
    }

    @Test func theCursorStaysWithItsRowWhenTheOrderChanges() {
        var desk = Fixture.trading()
        let interface = opened([.character("3"), .character("j"), .character("j")], desk)
        #expect(marked(interface, desk).hasPrefix("»BTC-USD"))
        desk.positions.rows[0].value = Fixture.number("99999999")
        #expect(marked(interface, desk).hasPrefix("»BTC-USD"))
        desk.positions.rows.removeFirst()
        #expect(marked(interface, desk).hasPrefix("»SHIB-USD"), "the row that took its place")
    }

    @Test func theCursorGoesOnToTheNextPaneAndBack() {
        let desk = Fixture.trading()
        var interface = opened([.character("1"), .character("1"), .character("G")], desk)
        #expect(interface.focus == .gates)
        interface.press([.down], desk)
        #expect(interface.focus == .supervisors)
        #expect(marked(interface, desk).contains("grid-bot-2 DEAD") || marked(interface, desk).contains("DEAD"))
        interface.press([.up], desk)
        #expect(interface.focus == .gates)
        #expect(marked(interface, desk).contains("grid-bot-3"))
        interface.press([.character("G"), .character("z"), .down, .down], desk)
        #expect(interface.focus == .gates, "a zoomed pane keeps the cursor")
    }

    @Test func everyArrowIsAnsweredOnADeskAtRest() {
        let desk = Fixture.trading()
        var interface = opened([], desk)
        var before = screen(interface, desk)
        for key in [Key.down, .up] {
            for _ in 0..<60 {
                interface.press([key], desk)
                let after = screen(interface, desk)
                #expect(after != before)
                before = after
            }
        }
    }

    @Test func aFilterIsSeenWhileItIsTypedAndSaysHowMuchItHides() {
        let desk = Fixture.trading()
        var interface = opened([.character("3"), .character("/")], desk)
        interface.type("usd !wif", desk)
        #expect(screen(interface, desk).contains("/usd !wif 3 of 4"))
        #expect(!screen(interface, desk).contains("WIF-USD     long"))
        interface.press([.enter], desk)
        #expect(interface.layers.isEmpty)
        #expect(screen(interface, desk).contains("/usd !wif 3 of 4"), "it stays after Enter")
        interface.press([.escape], desk)
        #expect(screen(interface, desk).contains("WIF-USD     long"), "Esc drops it")
    }

    @Test func escapeInTheFilterPutsBackWhatWasThere() {
        let desk = Fixture.trading()
        var interface = opened([.character("3"), .character("/")], desk)
        interface.type("btc", desk)
        interface.press([.enter, .character("/")], desk)
        interface.type("zzz", desk)
        #expect(screen(interface, desk).contains("no row has these words"))
        interface.press([.escape], desk)
        #expect(interface.view(of: .positions).filter == "btc")
    }

    @Test func sortingWalksThroughTheColumnsAndUnknownFiguresStandLast() {
        let desk = Fixture.trading()
        var interface = opened([.character("3")], desk)
        var orders: [String] = []
        for _ in 0..<3 {
            interface.press([.character("s")], desk)
            let rows = screen(interface, desk).split(separator: "\n").filter {
                $0.contains("-USD  ") && ($0.contains(" long ") || $0.contains(" short "))
            }
            orders.append(rows.map { String($0.dropFirst().prefix(3)) }.joined(separator: " "))
        }
        #expect(orders[0] == "BTC ETH SHI WIF", "by symbol")
        #expect(orders[1].hasSuffix("ETH"), "by side, long first")
        #expect(orders[2] == "ETH BTC SHI WIF", "by value, the unpriced last")
        #expect(screen(interface, desk).contains("value USD▼"))
    }

    @Test func detailsFollowTheCursorAndSayWhenTheirRowIsGone() {
        var desk = Fixture.trading()
        var interface = opened([.character("4"), .enter], desk)
        #expect(screen(interface, desk).contains("Orders: sell 81000 WIF-USD"))
        #expect(screen(interface, desk).contains("7731"))
        interface.press([.character("j")], desk)
        #expect(screen(interface, desk).contains("Orders: buy 0.0500 BTC-USD"))
        desk.orders.rows.removeAll { $0.symbol == "BTC-USD" }
        _ = interface.observe(desk, nowMs: Fixture.nowMs)
        let text = screen(interface, desk)
        #expect(text.contains("GONE since 0s: this row is no longer there. Last known:"))
        #expect(text.contains("[grid-0017]"))
    }

    @Test func zoomShowsAPaneAloneAndEscLeavesIt() {
        let desk = Fixture.trading()
        var interface = opened([.character("6"), .character("z")], desk)
        let zoomed = screen(interface, desk)
        #expect(zoomed.contains("»6 Venues") && !zoomed.contains("Positions"))
        #expect(interface.press([.escape], desk).isEmpty)
        #expect(screen(interface, desk).contains("Positions"))
        interface.press([.character("z")], desk)
        #expect(interface.press([.character("q")], desk).isEmpty, "q leaves the zoom before it quits")
        #expect(interface.press([.character("q")], desk) == [.quit])
    }

    @Test func thePaletteFindsAndDoesWhatIsTyped() {
        let desk = Fixture.trading()
        var interface = opened([.character(":"), .enter], desk)
        #expect(interface.layers.count == 1, "an Enter typed ahead does nothing")
        interface.type("venues", desk)
        interface.press([.enter], desk)
        #expect(interface.focus == .venues)
        #expect(interface.layers.isEmpty)
        interface.press([.character(":")], desk)
        interface.type("halt", desk)
        #expect(interface.press([.enter], desk).first == .halt)
        #expect(interface.picker != nil)
    }

    @Test func themesAreShownAsTheCursorComesToThem() {
        let desk = Fixture.trading()
        var interface = Interface(themes: ["default", "light", "mono"])
        _ = interface.observe(desk, nowMs: Fixture.nowMs)
        #expect(interface.press([.character("T"), .down], desk) == [.theme("light")])
        #expect(interface.press([.escape], desk) == [.theme("default")])
        #expect(interface.press([.character("T"), .up, .enter], desk) == [.theme("mono")])
        #expect(interface.theme == "mono")
    }

    @Test(
        arguments: [
            (Freshness.live(ageMs: 29_000), "9s ago"), (.stale(ageMs: 31_000), "STALE 31s"),
            (.lost(ageMs: 5, reason: "refused"), "NOT CONNECTED"), (.never, "NO DATA YET"),
        ] as [(Freshness, String)]
    )
    func eachReadingHasItsOwnFreshness(_ age: Freshness, _ mark: String) {
        var desk = Fixture.trading()
        desk.venues.freshness = age
        desk.venues.staleAfterMs = 30_000
        desk.venues.lostAfterMs = 90_000
        #expect(screen(opened([.character("6"), .character("z")], desk), desk).contains(mark))
        let others = screen(opened([], desk), desk)
        #expect(others.contains("engine · fresh"), "the others are as they were")
    }

    @Test func aReadingIsNeverFresherThanTheDeskThatBroughtIt() {
        var desk = Fixture.trading()
        desk.freshness = .lost(ageMs: 20_000, reason: "refused")
        let text = screen(opened([.character("3"), .character("z")], desk), desk)
        #expect(text.contains("NOT CONNECTED since"))
        #expect(text.contains("[BTC-USD"))
    }

    @Test func aSparklineIsFlatWhileBeatsComeOnTime() {
        var supervisor = Supervisor(name: "x", intervalMs: 1000, lastBeatAgeMs: 900, alive: true)
        supervisor.gaps = [98, 100, 101, 99]
        #expect(Sparkline.text(supervisor) == "▁▁▁▁▁▁▁▁▁▁▁▁")
        supervisor.gaps = [100, 130, 160, 210, 260, 400]
        #expect(Sparkline.text(supervisor) == "▁▁▁▁▁▁▁▂▄▅▆█")
        supervisor.lastBeatAgeMs = 3000
        #expect(Sparkline.text(supervisor) == "▁▁▁▁▁▁▂▄▅▆██", "the gap that is open now is the last")
        supervisor.gaps = Array(repeating: 100, count: 40)
        #expect(Sparkline.text(supervisor).count == Sparkline.length)
    }

    @Test func whatWasDoneAboutASupervisorIsShownStepByStep() {
        var desk = Fixture.trading()
        var supervisor = Supervisor(name: "grid", intervalMs: 1000, lastBeatAgeMs: 900_000, alive: false)
        supervisor.note = "restart 2 of 3 in 4.0 s"
        supervisor.recovery = [
            Supervisor.Step(kind: .detected, ageMs: 60_000, afterMs: 0, text: "DEAD"),
            Supervisor.Step(kind: .failed, ageMs: 50_000, afterMs: 10_000, text: "exit 1"),
        ]
        desk.supervisors = [supervisor]
        let text = screen(opened([.character("5"), .character("z"), .enter], desk), desk)
        #expect(text.contains("restart 2 of 3 in 4.0 s"))
        #expect(text.contains("1m00s ago: DEAD"))
        #expect(text.contains("50s ago, 10s after it was found: exit 1"))
    }

    @Test func aThemeIsChosenByTypingTheBeginningOfItsName() {
        let desk = Fixture.trading()
        var interface = Interface(themes: ["default", "light", "mono"])
        _ = interface.observe(desk, nowMs: Fixture.nowMs)
        interface.press([.character(":")], desk)
        interface.type("theme m", desk)
        #expect(interface.press([.enter], desk) == [.theme("mono")])
        #expect(interface.theme == "mono" && interface.message?.span.text.hasPrefix("theme mono") == true)
    }

    @Test func aLostRowStandsInItsBracketsUnderItsColumns() {
        var desk = Fixture.trading()
        desk.positions.freshness = .lost(ageMs: 42_000, reason: "refused")
        for width in [40, 80, 120, 200] {
            let shown = screen(opened([.character("3"), .character("z")], desk), desk, width: width)
            let rows = shown.split(separator: "\n").map(String.init)
            let header = rows.firstIndex { $0.contains("symbol") } ?? 0
            let title = rows[header]
            for row in rows[(header + 1)...].prefix(3) {
                #expect(row.dropFirst().first == "[" && row.contains("]"), "\(width): \(row)")
                let column = title.range(of: "side")?.lowerBound.utf16Offset(in: title)
                let side = row.range(of: row.contains("long") ? "long" : "short")?.lowerBound.utf16Offset(in: row)
                #expect(column == side, "\(width): \(title)\n\(row)")
            }
        }
    }

    @Test func theAlertHistorySaysWhenEachEndedAndWhetherAnybodyStillListens() {
        var desk = Fixture.engaged()
        var alert = Alert(
            id: "X/y",
            level: .warning,
            rule: "X",
            subject: "y",
            text: "was odd",
            ageMs: 3_600_000,
            raisedMs: 1_000_000
        )
        alert.resolvedMs = 1_600_000
        desk.engine?.resolved = [alert]
        let shown = screen(opened([.character("A")], desk), desk)
        // Began an hour ago, and lasted ten minutes.
        #expect(shown.contains("11:14:13 11:04:13") && shown.contains("last resolved first"))
        desk.alerts.freshness = .lost(ageMs: 5_000, reason: "no host")
        #expect(screen(opened([.character("A")], desk), desk).contains("NOT CONNECTED since"))
        let unheard = DeskSnapshot(deskName: "a", paper: true, directory: "/d")
        #expect(screen(opened([.character("A")], unheard), unheard).contains("nothing received yet"))
    }

    @Test func aMessageOfBeforeDoesNotStandUnderWhatIsOpened() {
        let desk = Fixture.trading()
        var interface = opened([.character("3"), .character("s")], desk)
        #expect(interface.message != nil)
        interface.press([.character("?")], desk)
        #expect(interface.message == nil)
    }

    @Test func noPositionIsClosedOnTheWordOfASourceThatIsGone() {
        var desk = Fixture.engaged()
        desk.positions.freshness = .lost(ageMs: 5_000, reason: "refused")
        var interface = opened([.character("3")], desk)
        for _ in desk.positions.rows {
            interface.press([.character("x")], desk)
            #expect(interface.layers.isEmpty && interface.message?.span.text.contains("NOT CONNECTED") == true)
            interface.press([.down], desk)
        }
    }

    @Test func aKeyOfTheContractThatThisVersionDoesNotServeSaysSo() {
        let desk = Fixture.trading()
        let interface = opened([.character("I")], desk)
        #expect(interface.message?.span.text.contains("not part of this version") == true)
    }

    @Test func aHostingScreenSaysWhatQuittingDoes() {
        var desk = Fixture.paper()
        desk.host = .embedded
        #expect(screen(opened([], desk), desk).contains("quit or Ctrl-Z halts"))
        #expect(screen(opened([.character("?"), .character("G")], desk), desk).contains("DESK'S HOST"))
        desk.host = .running(pid: 1, beatAgeMs: 0)
        #expect(screen(opened([.character("?"), .character("G")], desk), desk).contains("does not change trading"))
    }

    @Test func noGateWhoseProcessIsGoneIsOfferedToBeKilled() {
        var desk = Fixture.trading()
        desk.gates = [Fixture.gate(0, mode: .live, acknowledged: true)]
        let keys: [Key] = [.character("1"), .character("1"), .enter]
        #expect(screen(opened(keys, desk), desk).contains("kill -9 4100"))
        desk.gates[0].alive = false
        #expect(!screen(opened(keys, desk), desk).contains("kill -9"))
    }

    @Test func aLiquidationIsShownWithWhatIsLeftAndWhy() {
        var desk = Fixture.engaged()
        func shown(_ desk: DeskSnapshot) -> String { screen(opened([.character("L")], desk), desk) }
        #expect(shown(desk).contains("nothing is being sold"))
        desk.engine?.liquidation = EngineView.LiquidationState(
            id: "liquidation:1",
            by: "ann",
            reason: "venue is failing",
            maxSlippage: Fixture.number("0.05"),
            withinMs: 300_000,
            startedAgeMs: 60_000,
            timeLeftMs: 240_000,
            state: .inProgress,
            done: 1,
            left: 1,
            slippage: Fixture.number("0.0123"),
            positions: [
                .init(
                    venue: "kraken",
                    account: "main",
                    symbol: "BTC-USD",
                    side: .long,
                    quantity: Fixture.number("0.5"),
                    closed: Fixture.number("0.2"),
                    left: Fixture.number("0.3"),
                    reference: Fixture.number("60000"),
                    limit: Fixture.number("57000"),
                    currency: "USD",
                    averagePrice: Fixture.number("59500"),
                    slippage: Fixture.number("0.0083"),
                    state: "left",
                    reason: "no fresh price"
                )
            ],
            unheard: ["pionex/main"]
        )
        let text = shown(desk)
        for words in [
            "SELLING", "1 done, 1 left", "slippage 1.23 % of at most 5.00 %", "4m00s left", "by ann",
            "venue is failing",
            "0.2 of 0.5 sold at 59500 (was 60000)", "no fresh price", "not heard when it began: pionex/main",
        ] {
            #expect(text.contains(words), "\(words): \(text)")
        }
    }
}
