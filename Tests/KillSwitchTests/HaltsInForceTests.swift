import Glibc
import Testing

@testable import KillSwitch

/// Which halts are in force, who has acknowledged them, and what the record says of each.
@Suite struct HaltsInForceTests {
    @Test func aGateThatWasOpenedWhileHaltedAndNeverAskedKeepsNothingUnverified() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        let early = try Gate(state: scratch.path, name: "early")
        let halt = killSwitch.halt(HaltRequest(reason: "one", source: .library))
        let idle = try Gate(state: scratch.path, name: "idle")
        // The one that was open at the halt may hold a permission: only asking again is an acknowledgement.
        #expect(killSwitch.observe().waitingGates.map(\.name) == ["early"])
        #expect(!early.permits())
        #expect(killSwitch.observe().waitingGates.isEmpty)
        // A second halt on top: it was permitted nothing in between.
        killSwitch.halt(HaltRequest(reason: "two", source: .library))
        #expect(!early.permits())
        #expect(killSwitch.observe().waitingGates.isEmpty)
        #expect(killSwitch.observe().acknowledged.contains { $0.name == "idle" })
        #expect(halt.onPage && !idle.permits())
    }

    @Test func anAcknowledgementThatIsTakenBackIsNoneUntilTheNextCheck() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        killSwitch.halt(HaltRequest(reason: "one", source: .library))
        for asks in [false, true] {
            let gate = try Gate(state: scratch.path, name: "runner")
            if asks { #expect(!gate.permits()) }
            #expect(killSwitch.observe().waitingGates.isEmpty)
            gate.withdraw()
            gate.beat()
            #expect(killSwitch.observe().waitingGates.map(\.name) == ["runner"])
            #expect(!gate.permits() && killSwitch.observe().waitingGates.isEmpty)
        }
    }

    @Test func aGateThatAskedAndLostItsSlotHasNotAcknowledgedByFindingAnother() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        let gate = try Gate(state: scratch.path, name: "grid")
        #expect(gate.permits())
        killSwitch.halt(HaltRequest(reason: "one", source: .library))
        unlink("\(scratch.path)/gates.page")
        try killSwitch.ensurePages(mayStart: false)
        gate.beat()
        #expect(killSwitch.observe().waitingGates.map(\.name) == ["grid"])
        #expect(!gate.permits() && killSwitch.observe().waitingGates.isEmpty)
    }

    @Test func aGateThatWasOpenedBeforeAResumeWasPermittedAndHasToAskAgain() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        let gate = try Gate(state: scratch.path, name: "grid")
        #expect(killSwitch.observe().waitingGates.isEmpty)
        _ = try scratch.liveSwitch()
        killSwitch.halt(HaltRequest(reason: "one", source: .library))
        #expect(killSwitch.observe().waitingGates.map(\.name) == ["grid"])
        #expect(!gate.permits() && killSwitch.observe().waitingGates.isEmpty)
    }

    @Test func aHaltThatIsNotVerifiedAnyMoreIsSoInTheRecord() throws {
        let scratch = Scratch()
        _ = try scratch.liveSwitch()
        let killSwitch = try scratch.killSwitch(paper: true)
        let report = killSwitch.halt(HaltRequest(reason: "one", source: .library))
        var upkeep = Upkeep(killSwitch, tradingMode: nil)
        // What nobody knows anything of is not verified.
        _ = upkeep.pass()
        #expect(killSwitch.observe().noted(report.id) == nil)
        _ = upkeep.pass([HaltVerdict(id: report.id, isVerified: true, text: "orders gone at kraken")])
        #expect(killSwitch.observe().noted(report.id) != nil && killSwitch.observe().effective != nil)
        _ = upkeep.pass()
        #expect(killSwitch.observe().effective != nil)
        _ = upkeep.pass([HaltVerdict(id: report.id, isVerified: false, text: "1 new order at kraken")])
        let seen = killSwitch.observe()
        #expect(seen.effective == nil && !seen.isStopped)
        #expect(
            seen.fold.records.last?.kind == .unverified && seen.fold.records.last?.reason == "1 new order at kraken"
        )
        _ = upkeep.pass([HaltVerdict(id: report.id, isVerified: true, text: "gone again")])
        #expect(killSwitch.observe().effective != nil)
        // Another host looks anew.
        var next = Upkeep(killSwitch, tradingMode: nil)
        _ = next.forgetVerified()
        #expect(killSwitch.observe().effective == nil)
    }

    @Test func aHaltIsNotVerifiedWhileAGateWaitsWhateverIsSaidOfOrders() throws {
        let scratch = Scratch()
        _ = try scratch.liveSwitch()
        let killSwitch = try scratch.killSwitch(paper: true)
        let gate = try Gate(state: scratch.path, name: "grid")
        let report = killSwitch.halt(HaltRequest(reason: "one", source: .library))
        var upkeep = Upkeep(killSwitch, tradingMode: nil)
        let gone = HaltVerdict(id: report.id, isVerified: true, text: "orders gone")
        _ = upkeep.pass([gone])
        #expect(killSwitch.observe().effective == nil)
        #expect(!gate.permits())
        _ = upkeep.pass([gone])
        #expect(killSwitch.observe().effective != nil)
    }

    @Test func onARealDeskWithoutAHostNothingIsVerified() throws {
        let scratch = Scratch()
        _ = try scratch.liveSwitch()
        let killSwitch = try scratch.killSwitch(paper: true)
        let report = killSwitch.halt(HaltRequest(reason: "one", source: .library))
        var upkeep = Upkeep(killSwitch, tradingMode: nil)
        _ = upkeep.pass([HaltVerdict(id: report.id, isVerified: true, text: "orders gone")])
        let real = KillSwitch(killSwitch.directory, settings: DeskSettings(name: "real", paper: false))
        #expect(killSwitch.observe().effective != nil && real.observe().effective == nil)
        #expect(!real.noteEffective(of: report.state))
    }

    @Test func theHaltOfAScopeIsInForceAndVerifiedByItself() throws {
        let scratch = Scratch()
        _ = try scratch.liveSwitch()
        let killSwitch = try scratch.killSwitch(paper: true)
        let covered = try Gate(state: scratch.path, name: "k", scope: "venue=kraken")
        let other = try Gate(state: scratch.path, name: "o", scope: "venue=okx")
        #expect(covered.permits() && other.permits())
        let scope = try Scope("venue=kraken")
        let report = killSwitch.halt(HaltRequest(scope: scope, reason: "one", source: .library))
        let seen = killSwitch.observe()
        let halt = try #require(seen.haltsInForce.first)
        #expect(seen.haltsInForce.count == 1 && halt.id == report.id && halt.scope == scope)
        #expect(seen.gates(of: halt).map(\.name) == ["k"] && seen.waitingGates(of: halt).map(\.name) == ["k"])
        #expect(!covered.permits() && other.permits())
        #expect(killSwitch.observe().waitingGates(of: halt).isEmpty)
        var upkeep = Upkeep(killSwitch, tradingMode: nil)
        _ = upkeep.pass([HaltVerdict(id: report.id, isVerified: true, text: "orders gone")])
        #expect(killSwitch.observe().verified(halt) != nil && killSwitch.observe().effective == nil)
    }
}
