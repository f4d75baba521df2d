import Foundation
import KillSwitch
import SafetyEngine
import Testing

/// Selling everything over HTTP, with a cap and a deadline, while the desk is halted.
@Suite struct APILiquidationTests {
    private static let order = "/api/v1/emergency/liquidate_all"
    private static let status = "/api/v1/portfolio/liquidation_status"
    private static let stop = "/api/v1/portfolio/liquidation_stop"

    @Test func aHaltedPaperDeskIsSoldInSlicesWithinItsCap() throws {
        let api = try APIDesk(bots: 0)
        try api.desk.wait("positions are held and priced") { view in
            view.positions.count == 4 && view.positions.allSatisfy { $0.price != nil }
        }
        try #require(try api.post("/api/trading/halt").status == 200)
        #expect(api.desk.mode == .halted)
        #expect(try api.get(APILiquidationTests.status)["active"] == .bool(false))
        let token = try api.token("operator")
        for bad in [
            #"{"reason": " "}"#, "{}", #"{"reason": "x", "max_slippage": 2}"#, #"{"reason": "x", "time_limit": 0}"#,
        ] {
            #expect(try api.post(APILiquidationTests.order, bad, token: token).status == 400, "\(bad)")
        }
        let nobody = try api.post(APILiquidationTests.order, #"{"reason": "x", "account": "nobody"}"#, token: token)
        #expect(nobody.status == 409 && nobody.text.contains("there is no account nobody"), "\(nobody)")
        let body = #"{"reason": "emergency_liquidation", "max_slippage": 0.05, "time_limit": 30, "wait": 2}"#
        let begun = try api.post(APILiquidationTests.order, body, token: token)
        #expect(begun.status == 202 && begun["success"] == .bool(true), "begun, and not sold: \(begun)")
        #expect(begun["requests"]?.array?.contains { $0["state"] == .string("done") } == false, "\(begun)")
        #expect(begun["positions"] == .integer(4) && begun["max_slippage"] == .decimal("0.05"))
        #expect(begun["time_limit"] == .integer(30) && begun["reason"] == .string("emergency_liquidation"))
        #expect(begun["without_adapter"] == .array([]) && begun["not_heard"] == .array([]), "\(begun)")
        #expect(begun["message"]?.string?.contains("closing 4 positions. ") == true, "nothing to add: it is halted")
        let id = try #require(begun["id"]?.string)
        let second = try api.post(APILiquidationTests.order, body, token: token)
        #expect(second.status == 409 && second.text.contains(id), "\(second)")
        let run = try api.desk.run("liquidate", "--status")
        #expect(run.status == 0 && run.output.contains(id) && run.output.contains("in progress"), "\(run.output)")
        var last = try api.get(APILiquidationTests.status)
        #expect(last["active"] == .bool(true) && last["id"] == .string(id))
        try api.sandbox.wait("everything is sold") {
            last = try api.get(APILiquidationTests.status)
            // Each fill is known before the venue's own word of what is held then.
            return last["active"] == .bool(false) && last["positions_left"] == .integer(0)
        }
        #expect(
            last["status"] == .string("done") && last["done"] == .integer(4) && last["left"] == .integer(0),
            "\(last)"
        )
        #expect(api.desk.mode == .halted)
        for row in last["positions"]?.array ?? [] {
            #expect(row["state"] == .string("done") && row["average_price"]?.string != nil, "\(row)")
        }
        #expect(last["slippage"] != .null)
        #expect(api.desk.log.count { $0.contains("no lower than") } > 8, "in several slices each")
        #expect(try api.get("/api/risk/events").text.contains("liquidate"))
        #expect(try api.post(APILiquidationTests.stop, #"{"reason": "x"}"#, token: token).status == 409)
    }

    @Test func itIsStoppedAndWhereNoAdapterIsTheAnswerSaysSo() throws {
        let api = try APIDesk()
        try api.desk.ingest(Line.connected(), Line.position("BTC-USD", "1", entry: "100"), Line.price("BTC-USD", "96"))
        try api.desk.wait("it is held") { $0.positions.first?.price != nil }
        let begun = try api.desk.sandbox.run(
            "estop",
            ["liquidate", "drill", "--max-slippage", "0.02", "--time-limit", "5m", "--stdin"],
            input: "SELL\n"
        )
        #expect(begun.status == 1 && begun.output.contains("no adapter is connected to kraken"), "\(begun.output)")
        try api.desk.wait("it is refused") { view in
            view.liquidation?.positions.first?.state == "working"
        }
        let token = try api.token("operator")
        #expect(try api.post(APILiquidationTests.stop, "{}", token: token).status == 400)
        #expect(try api.post(APILiquidationTests.stop, #"{"reason": "enough"}"#, token: token).status == 200)
        var status = try api.get(APILiquidationTests.status)
        try api.sandbox.wait("it is over") {
            status = try api.get(APILiquidationTests.status)
            return status["active"] == .bool(false)
        }
        #expect(status["status"] == .string("stopped") && status["left"] == .integer(1), "\(status)")
        let why = status["positions"]?.array?.first?["reason"]?.string ?? ""
        #expect(why.hasPrefix("stopped by ann"), "\(why)")
        let again = try api.post(APILiquidationTests.order, #"{"reason": "once more"}"#, token: token)
        #expect(again["without_adapter"] == .array([.string("kraken")]), "\(again)")
        #expect(again.status == 202 && again["success"] == .bool(false) && again["id"]?.string != nil, "it goes on")
        #expect(again["message"]?.string?.contains("no adapter is connected to kraken") == true)
        #expect(try api.desk.run("liquidate").status == 64)
        #expect(try api.desk.run("liquidate", "x", "--max-slippage", "5").status == 64)
    }
}
