import Dashboard
import Foundation
import KillSwitch
import SafetyEngine
import Testing

@testable import estop_desk

/// Scripts in a time that only they pass, on a desk of this file.
struct ScriptDemoTests {
    /// A desk that trades; a halt of it is verified after a second.
    private struct Played: DemoSource {
        var haltedAt: UInt64?
        var reason = "Emergency halt"

        func snapshot(atMs: UInt64, wallMs: Int64) -> DeskSnapshot {
            var desk = DeskSnapshot(deskName: "played", paper: true, directory: "nowhere")
            desk.mark = "PLAYED"
            desk.freshness = .live(ageMs: 0)
            desk.host = .embedded
            desk.operatorsEnrolled = true
            desk.mode = haltedAt == nil ? .paper : .halted
            desk.word = Word(generation: haltedAt == nil ? 2 : 3, mode: desk.mode)
            desk.reason = haltedAt == nil ? "begun" : reason
            guard let haltedAt else { return desk }
            let age = atMs - haltedAt
            desk.sinceAgeMs = age
            desk.steps.page = .done(ms: 0)
            desk.steps.verified = age >= 1000 ? .done(ms: 1000) : .pending(ms: Double(age))
            return desk
        }

        mutating func halt(atMs: UInt64, wallMs: Int64, by name: String) { haltedAt = atMs }
        mutating func giveReason(_ reason: String) { self.reason = reason }
        func preflight(mode: Mode, scope: Scope, atMs: UInt64) -> [PreflightCheck] { [] }
        mutating func resume(
            _ request: ResumeRequest,
            atMs: UInt64,
            wallMs: Int64
        ) -> (succeeded: Bool, message: String) {
            haltedAt = nil
            return (true, "resumed")
        }
    }

    private func play(_ script: String) throws -> (outcome: ScriptRun<ScriptDemo<Played>>.Outcome, screen: String) {
        let size = ScreenSize(columns: 80, rows: 24)
        var run = ScriptRun(ScriptDemo<Played>(), size: size, unicode: true) { _, file in "\(file) is not written" }
        let outcome = run.run(try ScriptSyntax.parse(script))
        return (outcome, FrameText.rows(run.frame))
    }

    @Test func timePassesOnlyAsTheScriptWaits() throws {
        let begin = Date()
        #expect(try play("").screen.contains("12:00:00 UTC"))
        #expect(try play("wait 61s").screen.contains("12:01:01 UTC"))
        let (outcome, screen) = try play("wait 2h\nexpect PAPER\nK\nexpect HALTING\nexpect-not HALTING\nexpect HALTED")
        #expect(outcome == .finished)
        // Nothing waits longer than it has to.
        #expect(screen.contains("14:00:01 UTC"), "\(screen)")
        #expect(Date().timeIntervalSince(begin) < 60)
    }

    @Test func everyRunIsTheSame() throws {
        let script = "Tab*3 j k\nwait 1500ms\n?\nEsc\nK\nwait 300ms\n2\nwait 5s\nR\nwait 400ms\nTab y"
        let first = try play(script)
        #expect(first.outcome == .finished && first.screen.contains("HALTED"))
        for _ in 0..<3 { #expect(try play(script).screen == first.screen) }
    }

    @Test func anExpectationThatIsNotMetTakesTenSecondsOfTheScript() throws {
        let (outcome, screen) = try play("wait 1s\n\nexpect nothing like this\nK")
        guard case .failed(let step, let why) = outcome else { throw Wrong(outcome: "\(outcome)") }
        #expect(step.line == 3 && why == "not on the screen within 10 s")
        #expect(screen.contains("12:00:11 UTC") && !screen.contains("HALT"))
        guard case .failed(_, let other) = try play("frame x").outcome else { throw Wrong(outcome: "finished") }
        #expect(other == "x is not written")
    }

    @Test func quittingEndsTheScript() throws {
        #expect(try play("?\nq\nwait 1s\nq\nexpect never looked for").outcome == .quit)
    }

    private struct Wrong: Error { var outcome: String }

    @Test func aCockpitOfADemoHaltsItAndDelivers() throws {
        let cockpit = DemoCockpit<Played>(notices: ["only played"])
        #expect(cockpit.first().mode == .paper && cockpit.first().notices == ["only played"])
        let seen = Seen()
        cockpit.start(deliver: { snapshot in seen.add(snapshot) }, notify: { _ in })
        #expect(cockpit.halt(reason: "why not", source: .keyboard))
        Patience.wait(milliseconds: 5000) { seen.last?.mode == .halted }
        #expect(seen.last?.reason == "why not")
        let request = ResumeRequest(mode: .paper, reason: "", op: "", from: "", source: .keyboard, answers: [])
        #expect(cockpit.resume(request, "").succeeded)
        cockpit.stop()
        #expect(cockpit.first().mode == .paper)
    }

    private final class Seen: @unchecked Sendable {
        private let lock = NSLock()
        private var snapshots: [DeskSnapshot] = []
        func add(_ snapshot: DeskSnapshot) { lock.withLock { snapshots.append(snapshot) } }
        var last: DeskSnapshot? { lock.withLock { snapshots.last } }
    }
}
