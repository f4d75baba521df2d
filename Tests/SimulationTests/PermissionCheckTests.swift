import KillSwitch
import SafetyEngine
import Testing

@testable import Simulation

/// Proof that trading wider than the record would be noticed.
struct PermissionCheckTests {
    private let halted = HostEvent.ModeState(mode: "halted", generation: 1, latches: 1)

    private func host(_ event: HostEvent) -> Event { EngineTurns.host(event) }

    private func order(_ mode: String, scope: String = "global") -> Decision {
        .halt(Decision.HaltOrder(number: 1, rule: "HEAT", alert: "HEAT/heat", scope: scope, mode: mode, reason: "hot"))
    }

    @Test(arguments: ["live", "paper", "unknown", ""])
    func aDecisionThatWidensIsFound(_ mode: String) {
        var check = PermissionCheck()
        #expect(throws: Finding.self) { try check.take(host(.clock), [order(mode)]) }
    }

    @Test func aHaltIsNoWidening() throws {
        var check = PermissionCheck()
        try check.take(host(.clock), [order("halted"), order("reduce-only", scope: "venue=v0,account=main")])
        #expect(throws: Finding.self) { try check.take(host(.clock), [order("halted", scope: "everything")]) }
    }

    @Test func aCloseByItselfWhileNothingIsPermittedIsFound() throws {
        func close(by name: String) -> Decision {
            let action = Decision.Effect.Action.close(
                venue: "v0",
                account: "main",
                symbol: "BTC",
                side: .long,
                quantity: Decimal(1)
            )
            return .effect(Decision.Effect(number: 1, by: name, reason: "", action: action))
        }
        var check = PermissionCheck()
        try check.take(host(.mode(HostEvent.ModeState(mode: "live", generation: 0, latches: 0))), [])
        try check.take(host(.clock), [close(by: "STOP_LOSS")])
        try check.take(host(.mode(halted)), [])
        try check.take(host(.clock), [close(by: "operator:alice")])
        #expect(throws: Finding.self) { try check.take(host(.clock), [close(by: "STOP_LOSS")]) }
    }

    @Test func aLatchThatLiftedItselfIsFound() throws {
        var record = RecordedSwitch()
        record.halt(scope: "global", mode: .halted, reason: "drill")
        try PermissionCheck.compare(believed: record.state, record)
        for mode in ["live", "paper", "reduce-only"] {
            let believed = HostEvent.ModeState(mode: mode, generation: 1, latches: 0)
            #expect(throws: Finding.self) { try PermissionCheck.compare(believed: believed, record) }
        }
        record.resume(to: .paper)
        try PermissionCheck.compare(believed: record.state, record)
        let wider = HostEvent.ModeState(mode: "live", generation: 2, latches: 0)
        #expect(throws: Finding.self) { try PermissionCheck.compare(believed: wider, record) }
    }

    @Test func aBreakerThatPutItselfBackIsFound() throws {
        func view(_ isTripped: Bool) -> EngineView {
            var view = EngineView()
            view.breakers = [
                EngineView.Breaker(name: "HEAT", isTripped: isTripped, isEnabled: true, value: nil, limit: Decimal(90))
            ]
            return view
        }
        var check = PermissionCheck()
        try check.compare(view(true), Oracle())
        #expect(throws: Finding.self) { try check.compare(view(false), Oracle()) }
        check = PermissionCheck()
        try check.compare(view(true), Oracle())
        let reset = OperatorAction(name: "alice", reason: "cool again", change: .resetBreaker(name: "HEAT"))
        try check.take(Event(Event.Origin(source: Event.Source(.operator, "alice")), .operatorAction(reset)), [])
        try check.compare(view(false), Oracle())
    }

    @Test func aWatchThatEndsEarlyIsFound() throws {
        var oracle = Oracle()
        let modes = [
            HostEvent.ModeState(mode: "live", generation: 0, latches: 0), halted,
            HostEvent.ModeState(mode: "live", generation: 2, latches: 0),
        ]
        for (number, mode) in modes.enumerated() {
            oracle.take(host(.mode(mode)), Receipt(atMs: UInt64(1_000 * (number + 1)), wallMs: 0))
        }
        var (check, view) = (PermissionCheck(), EngineView())
        view.atMs = 4_000
        view.probation = EngineView.ProbationState(endsInMs: 1, percent: 50)
        try check.compare(view, oracle)
        view.probation = nil
        #expect(throws: Finding.self) { try check.compare(view, oracle) }
        view.atMs = 3_000 + oracle.settings.probation.watchMs
        try check.compare(view, oracle)
    }

    @Test func aStageIsNoShorterThanItIsMeantToBe() {
        var probation = EngineSettings.Probation()
        (probation.paperMs, probation.reduceOnlyMs) = (1_000, 2_000)
        var stage = StageClock()
        stage.changed(to: .halted, at: 0)
        #expect(stage.objection(to: .live, at: 9_000, probation) != nil)
        #expect(stage.objection(to: .paper, at: 1, probation) == nil)
        stage.changed(to: .paper, at: 10_000)
        #expect(stage.objection(to: .reduceOnly, at: 10_999, probation) != nil)
        #expect(stage.objection(to: .reduceOnly, at: 11_000, probation) == nil)
        stage.changed(to: .reduceOnly, at: 11_000)
        #expect(stage.objection(to: .live, at: 12_999, probation) != nil)
        #expect(stage.objection(to: .live, at: 13_000, probation) == nil)
    }
}
