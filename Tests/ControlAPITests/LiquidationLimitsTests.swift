import KillSwitch
import SafetyEngine
import Testing

@testable import ControlAPI

/// The figures of an order to liquidate, and how it is told.
@Suite struct LiquidationLimitsTests {
    private func limits(_ body: String) throws -> LiquidationLimits { try LiquidationLimits(JSON(body)) }

    @Test(arguments: [
        (#"{}"#, "0.05", 300_000), (#"{"max_slippage": 0.05, "time_limit": 300}"#, "0.05", 300_000),
        (#"{"max_slippage": "0.10"}"#, "0.10", 300_000), (#"{"max_slippage": 1}"#, "1", 300_000),
        (#"{"max_slippage": 5e-2, "time_limit": 1}"#, "0.05", 1_000), (#"{"time_limit": 1.5}"#, "0.05", 1_500),
        (#"{"max_slippage": 0.00000001, "time_limit": 86400}"#, "0.00000001", 86_400_000),
    ])
    func figuresAreTakenDigitForDigit(_ body: String, _ cap: String, _ within: Int) throws {
        let limits = try limits(body)
        #expect(limits.maxSlippage.description == cap && limits.withinMs == UInt64(within))
    }

    @Test(arguments: [
        (#"{"max_slippage": 0}"#, "bad_max_slippage"), (#"{"max_slippage": -0.05}"#, "bad_max_slippage"),
        (#"{"max_slippage": 1.01}"#, "bad_max_slippage"), (#"{"max_slippage": 5}"#, "bad_max_slippage"),
        (#"{"max_slippage": "5 %"}"#, "bad_max_slippage"), (#"{"max_slippage": ""}"#, "bad_max_slippage"),
        (#"{"max_slippage": 1e-9}"#, "bad_max_slippage"), (#"{"max_slippage": 1e999}"#, "bad_max_slippage"),
        (#"{"time_limit": 0}"#, "bad_time_limit"), (#"{"time_limit": 0.5}"#, "bad_time_limit"),
        (#"{"time_limit": -300}"#, "bad_time_limit"), (#"{"time_limit": 86401}"#, "bad_time_limit"),
        (#"{"time_limit": 1.00005}"#, "bad_time_limit"), (#"{"time_limit": 1e30}"#, "bad_time_limit"),
    ])
    func figuresThatMakeNoSenseAreRefused(_ body: String, _ code: String) throws {
        let refusal = #expect(throws: APIRefusal.self) { try limits(body) }
        #expect(refusal?.status == 400 && refusal?.code == code)
        #expect(refusal?.message.isEmpty == false)
    }

    @Test func aCapMayBeANumberOrItsDigitsInAString() throws {
        let shape = try Routes.find("POST", "/api/v1/emergency/liquidate_all").route.shape
        for body in [#"{"reason": "x", "max_slippage": "0.05"}"#, #"{"reason": "x", "max_slippage": 1}"#] {
            #expect(shape.objection(to: Array(body.utf8)) == nil)
        }
        for body in [#"{"reason": "x", "max_slippage": null}"#, #"{"reason": "x", "max_slippage": [1]}"#] {
            #expect(shape.objection(to: Array(body.utf8))?.status == 400)
        }
    }

    @Test func whereNothingWasLiquidatedTheStatusSaysSo() {
        let status = JSON.object(LiquidationJSON.status(EngineView()))
        #expect(status["status"] == .string("nothing_held") && status["active"] == .bool(false))
        #expect(status["id"] == .null && status["slippage"] == .null && status["time_left"] == .null)
        for key in ["positions_left", "done", "under_way", "closes", "slippage_so_far", "time_left_s"] {
            #expect(status[key] != nil, "\(key)")
        }
    }

    @Test(arguments: [(0, "0"), (1_000, "1"), (1_500, "1.500"), (86_400_000, "86400")])
    func secondsAreExact(_ milliseconds: Int, _ text: String) {
        #expect(LiquidationJSON.seconds(UInt64(milliseconds)).line == text)
    }
}
