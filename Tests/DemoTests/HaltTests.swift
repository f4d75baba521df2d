import KillSwitch
import SafetyEngine
import Seeds
import Testing

@testable import Demo

@Suite struct HaltTests {
    private func halted(at ms: UInt64 = 20_000) -> DemoDesk {
        var desk = DemoDesk()
        desk.halt(atMs: ms, wallMs: startWallMs + Int64(ms), by: "alice")
        return desk
    }

    private func request(
        _ mode: Mode = .live,
        reason: String = "found and fixed",
        answers: Set<PreflightCheck.Name> = Set(PreflightCheck.Name.answers),
        scope: Scope = .global,
        overrides: [PreflightCheck.Name: String] = [:]
    ) -> ResumeRequest {
        ResumeRequest(
            mode: mode,
            scope: scope,
            reason: reason,
            op: "alice",
            from: "pts/1",
            source: .keyboard,
            answers: answers,
            overrides: overrides
        )
    }

    @Test func theWordChangesAtOnce() {
        let (before, after) = (DemoDesk().at(20_000), halted().at(20_000))
        #expect(after.word?.generation == (before.word?.generation ?? 0) + 1)
        #expect(after.mode == .halted && after.word?.mode == .halted)
        #expect(after.sinceAgeMs == 0 && after.by == "alice" && after.since == "2026-11-21T12:04:33.000Z")
        #expect(after.latches.count == before.latches.count + 1)
        #expect(after.history.count == before.history.count + 1)
        #expect(after.steps.key == .done(ms: 0) && after.steps.page == .done(ms: 0.02))
        #expect(after.steps.disk == .pending(ms: 0))
        #expect(after.steps.gates == .pending(ms: 0) && after.steps.acknowledged == 0 && after.steps.open == 8)
    }

    @Test func theStepsComeOneAfterTheOther() {
        let desk = halted()
        func steps(_ ms: UInt64) -> DeskSnapshot.HaltSteps { desk.at(20_000 + ms).steps }
        #expect(steps(4).disk == .done(ms: 3.14))
        #expect(steps(400).acknowledged == 7 && steps(400).waitingFor == ["rebalancer"])
        if case .alarm(let text) = steps(2000).gates {
            // A recording has no process to end: a pid in it could be anybody's.
            #expect(text == "NOT stopped: rebalancer")
        } else {
            Issue.record("no alarm")
        }
        #expect(steps(4000).gates == .done(ms: 4000) && steps(4000).waitingFor.isEmpty)
        #expect(steps(4999).orders == .pending(ms: 4999))
        if case .alarm(let text) = steps(5000).orders {
            #expect(text.contains("By hand"))
        } else {
            Issue.record("no alarm")
        }
        #expect(steps(11_999).verified == .pending(ms: 11_999))
        #expect(steps(12_000).orders == .done(ms: 12_000) && steps(12_000).verified == .done(ms: 12_000))
        var acknowledged = 0
        for ms in stride(from: 0, through: 13_000, by: 20) as StrideThrough<UInt64> {
            #expect(steps(ms).acknowledged >= acknowledged)
            acknowledged = steps(ms).acknowledged
        }
    }

    @Test func venuesCancelOneByOne() {
        let desk = halted()
        var seen: [String: Set<Int>] = [:]
        var last: [String: Int] = [:]
        for ms in stride(from: 0, through: 13_000, by: 20) as StrideThrough<UInt64> {
            for venue in desk.at(20_000 + ms).venues.rows {
                guard let gone = venue.cancelled else {
                    Issue.record("\(venue.name) does not say how many are gone")
                    continue
                }
                #expect(gone >= last[venue.name] ?? 0 && gone <= venue.toCancel)
                #expect((gone == venue.toCancel) == (venue.state == .stopped), "\(venue.name) at \(ms)")
                if let open = venue.openOrders, venue.name != "pionex" { #expect(open == venue.toCancel - gone) }
                last[venue.name] = gone
                seen[venue.name, default: []].insert(gone)
            }
        }
        #expect(seen["kraken"]?.count == 15 && seen["alpaca"]?.count == 6 && seen["binance-futures"]?.count == 5)
        #expect(desk.at(22_500).venues.rows.map(\.state) == [.stopped, .stopped, .disconnected, .stopped])
        #expect(desk.at(32_000).venues.rows.allSatisfy { $0.state == .stopped })
    }

    @Test func hangingOrdersAreCancelledAndGo() {
        let desk = halted()
        #expect(desk.at(20_000).orders.rows.contains { $0.note.contains("cancel asked for") })
        #expect(desk.at(25_000).orders.rows.contains { $0.state == .canceled })
        #expect(desk.at(25_000).orders.rows.contains { $0.state == .unknown && $0.note.contains("by hand") })
        #expect(desk.at(50_000).orders.rows.isEmpty)
        #expect(!desk.at(50_000).alerts.rows.contains { $0.rule == "ORDER_STUCK" })
    }

    @Test func theReasonIsTheLatchs() {
        var desk = halted()
        desk.giveReason("Uncontrolled losses")
        let seen = desk.at(21_000)
        #expect(seen.reason == "Uncontrolled losses" && seen.latches.last?.reason == "Uncontrolled losses")
        #expect(seen.history.last?.kind == .reason)
        var trading = DemoDesk()
        trading.giveReason("nothing is halted")
        #expect(trading.at(0) == DemoDesk().at(0))
    }

    @Test func aSecondHaltIsALatchOfItsOwn() {
        var desk = halted()
        desk.halt(atMs: 60_000, wallMs: startWallMs + 60_000, by: "bob")
        let seen = desk.at(60_100)
        #expect(seen.latches.count == 3 && seen.word?.generation == 13)
        #expect(seen.steps.acknowledged < 8 && seen.steps.orders == .done(ms: 0))
        #expect(desk.at(64_000).steps.verified == .done(ms: 4000))
    }

    @Test func aResumeIsRefused() throws {
        let desk = halted()
        let pionex = try Scope("venue=pionex")
        let wrong: [(ResumeRequest, UInt64, String)] = [
            (request(reason: " "), 60_000, "needs a reason"),
            (request(.halted), 60_000, "goes to one of"),
            (request(answers: [.understood]), 60_000, "resolved: not answered"),
            (request(), 22_000, "not acknowledged by rebalancer"),
            (request(), 20_001, "no record yet"),
            (request(overrides: [.stopFile: "why"]), 60_000, "cannot be overridden"),
            (request(overrides: [.gates: " "]), 60_000, "needs a reason"),
            (request(scope: pionex, overrides: [.recorded: "why"]), 60_000, "cannot be overridden"),
        ]
        for (request, ms, why) in wrong {
            var desk = desk
            let answer = desk.resume(request, atMs: ms, wallMs: startWallMs)
            #expect(!answer.succeeded && answer.message.contains(why), "\(answer.message)")
            #expect(desk.at(ms).mode == .halted && desk.at(ms).word == halted().at(ms).word)
        }
    }

    @Test func aResumeTrades() {
        var desk = halted()
        let answer = desk.resume(request(.reduceOnly), atMs: 60_000, wallMs: startWallMs + 60_000)
        #expect(answer.succeeded, "\(answer.message)")
        let seen = desk.at(60_000)
        #expect(seen.word == Word(generation: 12, mode: .reduceOnly) && seen.mode == .reduceOnly)
        #expect(seen.latches.isEmpty && seen.steps == DeskSnapshot.HaltSteps() && seen.sinceAgeMs == 0)
        #expect(seen.by == "alice" && seen.reason == "found and fixed")
        #expect(seen.orders.rows.isEmpty && seen.venues.rows.allSatisfy { $0.state != .stopped })
        #expect(desk.at(64_000).gates.allSatisfy { $0.acknowledged || !$0.alive })
        // The night goes on: other orders hang after a while, and the venue falls silent again.
        #expect(desk.at(600_000).orders.rows.contains { $0.ageMs > 300_000 && $0.clientID.hasSuffix("-12") })
        #expect(desk.at(600_000).venues.rows.contains { $0.state == .disconnected })
        #expect(desk.at(60_000).orders.rows.allSatisfy { $0.ageMs < 1000 })
    }

    @Test func aFailingCheckIsOverriddenByAReason() {
        var desk = halted()
        #expect(desk.preflight(mode: .live, scope: .global, atMs: 22_000).contains { $0.name == .gates && !$0.passed })
        let answer = desk.resume(request(overrides: [.gates: "it is idle"]), atMs: 22_000, wallMs: startWallMs)
        #expect(answer.succeeded)
        #expect(desk.at(22_000).history.last?.overrides == [JSON.Member("gates", .string("it is idle"))])
    }

    @Test func oneScopeIsResumedByItself() throws {
        let pionex = try Scope("venue=pionex")
        var trading = DemoDesk()
        #expect(trading.resume(request(scope: pionex), atMs: 1000, wallMs: startWallMs).succeeded)
        #expect(trading.at(1000).latches.isEmpty && trading.at(1000).mode == .live)
        var stopped = halted()
        #expect(stopped.resume(request(scope: pionex), atMs: 60_000, wallMs: startWallMs).succeeded)
        #expect(stopped.at(60_000).latches.map(\.scope) == [.global] && stopped.at(60_000).mode == .halted)
    }

    @Test func noOrderOfActionsTraps() {
        var random = SeededRandom(seed: 17)
        var desk = DemoDesk()
        var now: UInt64 = 0
        var resumed = 0
        for step in 0..<10_000 {
            // Mostly onwards, now and then anywhere at all, backwards too.
            switch Int.random(in: 0..<40, using: &random) {
            case 0: now = UInt64.random(in: .min ... .max, using: &random)
            case 1: now = [0, 1, .max].randomElement(using: &random) ?? 0
            default: now = (now &+ UInt64.random(in: 0...9_000, using: &random)) % (1 << 40)
            }
            let wall = step % 7 == 0 ? Int64.random(in: .min ... .max, using: &random) : startWallMs
            switch Int.random(in: 0..<6, using: &random) {
            case 0: desk.halt(atMs: now, wallMs: wall, by: "alice")
            case 1: desk.giveReason("because")
            case 2:
                let scope = [Scope.global, (try? Scope("venue=pionex")) ?? .global].randomElement(using: &random)
                let mode = Mode.allCases.randomElement(using: &random) ?? .live
                let answer = desk.resume(request(mode, scope: scope ?? .global), atMs: now, wallMs: wall)
                if answer.succeeded { resumed += 1 }
            case 3:
                #expect(
                    desk.preflight(mode: .live, scope: .global, atMs: now).count == PreflightCheck.Name.allCases.count
                )
            default: break
            }
            let seen = desk.snapshot(atMs: now, wallMs: wall)
            #expect(seen.mark == "DEMO" && seen.history.count <= 100)
            #expect(seen.mode.permitsAnything == !seen.latches.contains { $0.scope.isGlobal })
        }
        #expect(resumed > 50)
    }
}
