import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

/// What the screen says of a desk on another machine.
struct LinkTests {
    private func linked(
        _ desk: DeskSnapshot = Fixture.trading(),
        _ change: (inout DeskLink) -> Void = { _ in }
    )
        -> DeskSnapshot
    {
        var desk = desk
        var link = DeskLink(place: "trading-1:5000", machine: "trading-1")
        link.silentMs = 400
        link.roundTripMs = 23
        change(&link)
        desk.link = link
        desk.operatorsEnrolled = false
        return desk
    }

    private func screen(_ desk: DeskSnapshot, later: UInt64 = 0, press: Bool = false) -> Frame {
        var interface = Fixture.interface(desk)
        if press {
            _ = interface.handle(.key(.character("K")), snapshot: desk, nowMs: Fixture.nowMs)
            _ = interface.press([.escape], desk)
        }
        return Fixture.frame(interface, desk, 140, 40, nowMs: Fixture.nowMs + later)
    }

    private func unconfirmed(_ age: UInt64, isOnPage: Bool = false) -> DeskLink.UnconfirmedHalt {
        DeskLink.UnconfirmedHalt(askedAgeMs: age, tries: 3, problem: "connection refused", isOnPage: isOnPage)
    }

    @Test func theLinksAgeAndRoundTripAreShown() {
        let frame = screen(linked())
        #expect(frame.text.contains("trading-1:5000 heard <2s ago, round trip 23 ms"))
        #expect(!frame.text.contains("no credential"))
        #expect(screen(linked(), later: 4_000).text.contains("trading-1:5000 SILENT for 4s"))
        #expect(screen(linked { $0.roundTripMs = nil }).text.contains("no answer"))
    }

    @Test func aLostLinkIsUnknownWithTheLastKnownInBracketsAndNothingLooksLive() {
        var desk = linked { $0.silentMs = 7_000 }
        desk.freshness = .lost(ageMs: 7_000, reason: "nothing came for 7 s")
        let frame = screen(desk)
        #expect(frame.text(row: 0).contains("UNKNOWN") && !frame.text(row: 0).contains("TRADING"))
        for words in [
            "ASSUME IT TRADES; K is sent until it is confirmed. Last known [TRADING], NOT CONNECTED since 12:04:06 UTC",
            "nothing came for 7 s", "trading-1:5000 LINK LOST, heard 7s ago", "[host: pid 812",
        ] {
            #expect(frame.text.contains(words), "\(words) in\n\(frame.text)")
        }
    }

    @Test func aDeskThatWasNeverHeardSaysWhy() {
        var desk = DeskSnapshot(deskName: "?", paper: false, directory: "")
        desk.link = DeskLink(place: "127.0.0.1:5000", machine: "")
        desk.freshness = .lost(ageMs: 0, reason: "Connection refused")
        let text = screen(desk).text
        #expect(text.contains("UNKNOWN") && text.contains("never connected to 127.0.0.1:5000: Connection refused"))
        #expect(text.contains("never heard"))
    }

    @Test func agesGoOnFromWhenTheyCameInNotFromWhenTheyWereShownAgain() {
        var desk = linked { $0.heldMs = 60_000 }
        desk.sinceAgeMs = 30_000
        #expect(screen(desk).text(row: 0).contains("for 1m30s"))
        // The link itself was heard a moment ago.
        #expect(screen(desk).text.contains("heard <2s ago"))
    }

    @Test func aHaltThatIsNotConfirmedIsLoudWithItsAgeAndTheManualWay() {
        let desk = linked { $0.halt = unconfirmed(12_300) }
        let text = screen(desk, later: 1_000).text
        let words =
            "HALT NOT CONFIRMED for 13s, sent 3 times: connection refused. By hand: ssh trading-1, there: estop activate"
        let lines = text.split(separator: "\n")
        #expect(lines.prefix(6).contains { $0.contains(words) }, "\(text)")
        #expect(text.contains("! confirmed"))
        #expect(text.contains("/var/lib/estop/alpha/EMERGENCY_STOP"))
    }

    @Test func theCounterRunsWhileAHaltIsNotConfirmed() {
        let desk = linked { $0.halt = unconfirmed(500) }
        let interface = Fixture.interface(desk)
        #expect(interface.isCounting(desk, nowMs: Fixture.nowMs))
        #expect(screen(desk).text.contains("pending 500 ms"))
        #expect(screen(desk, later: 700).text.contains("pending 1.2 s"))
        #expect(screen(desk, later: 1_000).text.contains("! confirmed"))
        // However long: it is not over.
        let long = linked { $0.halt = unconfirmed(600_000) }
        #expect(Fixture.interface(long).isCounting(long, nowMs: Fixture.nowMs))
    }

    @Test func aHaltOfALostLinkShowsItsStepsAsFarAsTheyAreKnown() {
        var desk = linked { $0.halt = unconfirmed(0) }
        desk.freshness = .lost(ageMs: 9_000, reason: "nothing came for 9 s")
        let text = screen(desk, later: 3_000, press: true).text
        #expect(text.contains("✓ key seen") && text.contains("! confirmed") && text.contains("! on the page"))
        #expect(text.contains("HALT NOT CONFIRMED for 3.0s"))
    }

    @Test func aHaltOnThePageThatIsNotOnDiskThereIsSaidAsThat() {
        let desk = linked(Fixture.halted()) { $0.halt = unconfirmed(5_000, isOnPage: true) }
        let text = screen(desk).text
        #expect(text.contains("HALTED there, NOT ON DISK there for 5.0s") && !text.contains("NOT CONFIRMED"))
    }

    @Test func whereTheMachineIsBehindATunnelItsNameIsNotGuessed() {
        let link = DeskLink(place: "127.0.0.1:5000", machine: "")
        #expect(
            link.manualHalt(directory: "/d")
                == "log in to the desk's machine (ssh), there: estop activate --state /d, or: touch /d/EMERGENCY_STOP"
        )
        #expect(link.manualHalt(directory: "").hasSuffix("or: the stop file EMERGENCY_STOP in its state directory"))
    }

    @Test func aDeskOfThisMachineHasNoLinkNorItsStep() {
        let text = screen(Fixture.halted()).text
        #expect(!text.contains("heard") && !text.contains("confirmed "))
    }

    @Test func linesSayWhyItIsNotConnectedAndAllOfItOnceItIsHeard() {
        var report = PlainReport()
        func said(_ desk: DeskSnapshot) -> [String] { report.changes(desk, wallMs: Fixture.wallMs).map(\.text) }
        func unheard(_ why: String) -> DeskSnapshot {
            var desk = DeskSnapshot(deskName: "?", paper: false, directory: "")
            desk.link = DeskLink(place: "trading-1:5000", machine: "trading-1")
            desk.freshness = .lost(ageMs: 0, reason: why)
            return desk
        }
        let first = said(unheard("not connected yet"))
        #expect(first.contains("desk at trading-1:5000, not heard yet"))
        #expect(first.contains { $0.hasSuffix("a halt is sent until it is confirmed") }, "\(first)")
        #expect(said(unheard("not connected yet")) == [])
        #expect(
            said(unheard("the token is not accepted")) == [
                "still NOT CONNECTED to trading-1:5000: the token is not accepted"
            ]
        )
        let standing = said(linked())
        #expect(standing.contains("desk alpha at trading-1:5000 in /var/lib/estop/alpha"), "\(standing)")
        #expect(standing.contains { $0.hasPrefix("mode TRADING") } && !standing.contains { $0.contains("credential") })
        #expect(said(linked()) == [])
    }

    @Test func linesSayThatAHaltIsNotConfirmedAgainAndAgainAndThatItIs() {
        var report = PlainReport()
        func said(_ halt: DeskLink.UnconfirmedHalt?, lost: Bool = false) -> [String] {
            var desk = linked { $0.halt = halt }
            if lost { desk.freshness = .lost(ageMs: 9_000, reason: "nothing came for 9 s") }
            return report.changes(desk, wallMs: Fixture.wallMs).map(\.text).filter {
                $0.contains("CONFIRMED") || $0.contains("confirmed by")
            }
        }
        _ = said(nil)
        #expect(said(unconfirmed(200)) == [])
        #expect(
            said(unconfirmed(1_600), lost: true).first?.hasPrefix("HALT NOT CONFIRMED for 1.6s, sent 3 times") == true
        )
        #expect(said(unconfirmed(2_600), lost: true) == [])
        #expect(said(unconfirmed(5_100), lost: true).count == 1)
        #expect(said(nil) == ["the halt is confirmed by trading-1:5000"])
        #expect(said(nil) == [])
    }
}
