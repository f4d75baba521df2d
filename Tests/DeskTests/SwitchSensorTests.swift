import Foundation
import SafetyEngine
import Testing

@testable import Desk
@testable import KillSwitch

/// What the engine is told of the gates' beats.
@Suite struct SwitchSensorTests {
    private func slot(_ index: Int, _ name: String, pid: UInt32, alive: Bool = true, beat: UInt64 = 1) -> GateSlot {
        var slot = GateSlot(index: index, alive: alive, bytes: [UInt8](repeating: 0, count: 256))
        slot.name = name
        slot.pid = pid
        slot.interval = 1_000_000_000
        slot.beat = beat
        return slot
    }

    private func sensor() throws -> SwitchSensor {
        let path = NSTemporaryDirectory() + "/estop-sensor-\(UUID().uuidString)"
        return SwitchSensor(KillSwitch(try StateDirectory(path, create: true), settings: DeskSettings()))
    }

    private func look(
        _ sensor: inout SwitchSensor,
        _ slots: [GateSlot],
        isHalted: Bool,
        _ halted: Scope = .global
    ) -> [String] {
        var events: [Event] = []
        sensor.look(at: slots, halted: isHalted ? [halted] : [], &events)
        return events.map { event in
            switch event.body {
            case .heartbeat(let beat): "beat \(beat.name)"
            case .host(.process(let name, let isAlive)): "\(isAlive ? "alive" : "dead") \(name)"
            case .operatorAction(let action):
                if case .forgetSupervisor(let name) = action.change { "forget \(name)" } else { "?" }
            default: "?"
            }
        }
    }

    @Test func whomAHaltEndsIsNotMissed() throws {
        var sensor = try sensor()
        #expect(look(&sensor, [slot(0, "grid", pid: 7)], isHalted: false) == ["beat grid"])
        #expect(look(&sensor, [], isHalted: true) == ["forget grid"])
        #expect(look(&sensor, [], isHalted: true).isEmpty)
    }

    @Test func whomAHaltOfItsScopeEndsIsNotMissedAndWhoIsNotMeantIs() throws {
        for (scope, told) in [("venue=paper", ["forget grid"]), ("venue=other", [])] as [(String, [String])] {
            var sensor = try sensor()
            var bot = slot(0, "grid", pid: 7)
            bot.scope = "venue=paper"
            _ = look(&sensor, [bot], isHalted: false)
            #expect(look(&sensor, [], isHalted: true, try Scope(scope)) == told)
        }
    }

    @Test func whoGoesWhileTradingIsPermittedIsMissed() throws {
        var sensor = try sensor()
        _ = look(&sensor, [slot(0, "grid", pid: 7)], isHalted: false)
        #expect(look(&sensor, [], isHalted: false).isEmpty)
    }

    @Test func whoDiedStaysDeadWhenItsSlotIsCleared() throws {
        var sensor = try sensor()
        _ = look(&sensor, [slot(0, "grid", pid: 7)], isHalted: false)
        #expect(look(&sensor, [slot(0, "grid", pid: 7, alive: false)], isHalted: true) == ["dead grid"])
        #expect(look(&sensor, [], isHalted: true).isEmpty)
    }

    @Test func whoIsStartedAgainElsewhereIsAliveOnce() throws {
        var sensor = try sensor()
        _ = look(&sensor, [slot(0, "grid", pid: 7)], isHalted: false)
        let dead = slot(0, "grid", pid: 7, alive: false)
        #expect(look(&sensor, [dead], isHalted: false) == ["dead grid"])
        let again = slot(1, "grid", pid: 9, beat: 5)
        #expect(look(&sensor, [dead, again], isHalted: false) == ["alive grid", "beat grid"])
        #expect(look(&sensor, [dead, again], isHalted: false).isEmpty)
    }

    @Test func gatesOfOneNameThatAHostFindsTogetherAreTwo() throws {
        var sensor = try sensor()
        let both = [slot(0, "grid", pid: 7), slot(1, "grid", pid: 7)]
        #expect(look(&sensor, both, isHalted: false) == ["beat grid", "beat grid #1"])
    }

    @Test func gatesOfOneNameDoNotHideBehindEachOther() throws {
        var sensor = try sensor()
        let first = slot(0, "grid", pid: 7)
        #expect(look(&sensor, [first], isHalted: false) == ["beat grid"])
        #expect(look(&sensor, [first, slot(1, "grid", pid: 8)], isHalted: false) == ["beat grid #1"])
        // Its own name stays with it when the other one goes.
        #expect(look(&sensor, [slot(1, "grid", pid: 8, beat: 2)], isHalted: true) == ["beat grid #1", "forget grid"])
        let died = slot(1, "grid", pid: 8, alive: false)
        #expect(look(&sensor, [died], isHalted: true) == ["dead grid #1"])
    }
}
