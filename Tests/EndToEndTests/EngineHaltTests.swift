import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// A halt of a desk that trades on the paper venue: its orders are gone, and that is said.
@Suite(.serialized) struct EngineHaltTests {
    @Test func aHaltsOrdersAreCancelledAtTheVenueAndTheStepIsDone() throws {
        let desk = try EngineDesk(bots: 3)
        try desk.serve()
        try desk.wait("orders are open", seconds: 60) { $0.openOrders > 0 }
        let halted = try desk.run("halt", "drill")
        #expect(halted.status == 0, "\(halted.output)\(halted.error)")
        let view = try desk.wait("the orders are gone") { $0.cancels?.doneAfterMs != nil }
        let cancels = try #require(view.cancels)
        #expect(cancels.left == 0 && cancels.problem.isEmpty)
        #expect((cancels.doneAfterMs ?? .max) < 10_000)
        #expect(try desk.view().openOrders == 0)
        let observation = try desk.sandbox.killSwitch().observe()
        #expect(observation.openGates.allSatisfy { gate in observation.word.map { gate.acknowledges($0) } ?? false })
        // A screen that is opened now tells the same.
        let watch = try desk.sandbox.run("estop", ["watch", "--plain"], input: "status\nquit\n")
        #expect(watch.output.contains("orders gone"), "\(watch.output)")
    }

    @Test func whoeverResumesLetsTheBotsOrderAgain() throws {
        let desk = try EngineDesk(bots: 3)
        try desk.serve()
        try desk.wait("orders are open", seconds: 60) { $0.openOrders > 0 }
        #expect(try desk.run("halt", "drill").status == 0)
        try desk.wait("the orders are gone") { $0.cancels?.doneAfterMs != nil }
        let resumed = try desk.sandbox.resume("drill is over")
        #expect(resumed.status == 0, "\(resumed.error)")
        try desk.wait("orders are open again", seconds: 60) { $0.openOrders > 0 && $0.cancels == nil }
    }
}
