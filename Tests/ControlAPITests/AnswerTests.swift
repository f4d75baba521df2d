import Desk
import KillSwitch
import SafetyEngine
import Testing

@testable import ControlAPI

/// What answers say, against what openapi.json says that they say.
@Suite struct AnswerTests {
    @Test func everyNameThatIsDescribedIsInTheAnswer() throws {
        let scratch = try Scratch()
        var view = EngineView()
        view.supervisors = [AnswerTests.supervisor("nightly")]
        let api = ControlAPI.of(scratch, view)
        var seen = 0
        for route in Routes.all where route.method == "GET" && route.shape.contentType == "application/json" {
            let answer = api.ask("GET", route.path)
            // What only a host has is asked of a real one (EndToEndTests/APIAuditTests).
            guard answer.status == 200 else { continue }
            seen += 1
            let object = route.shape.isList ? answer.json?.array?.first : answer.json
            for name in route.shape.answer.map(\.name) { #expect(object?[name] != nil, "\(route.path) \(name)") }
        }
        #expect(seen > 10)
        let halted = api.ask("POST", "/api/trading/halt").json
        let described = try Routes.find("POST", "/api/trading/halt").route.shape.answer.map(\.name)
        for name in described { #expect(halted?[name] != nil, "\(name)") }
        guard case .object(let members)? = halted else { return }
        #expect(Set(members.map(\.key)) == Set(described), "and nothing else")
    }

    @Test func everyStatusOfARefusalIsDescribed() throws {
        let document = OpenAPI.document(Routes.all)
        func statuses(_ method: String, _ path: String) -> [String] {
            guard case .object(let members)? = document["paths"]?[path]?[method]?["responses"] else { return [] }
            return members.map(\.key)
        }
        for path in HaltPaths.all + ["/api/v1/mode"] {
            for status in ["401", "403", "500", "503"] { #expect(statuses("post", path).contains(status), "\(path)") }
        }
        let error = document["paths"]?["/api/v1/mode"]?["post"]?["responses"]?["500"]?["content"]
        #expect(error?["application/json"]?["schema"]?["$ref"]?.string?.hasSuffix("/Error") == true)
    }

    @Test func whereATokenIsNeededOnlyFromElsewhereItIsOptional() throws {
        let document = OpenAPI.document(Routes.all)
        for route in Routes.all {
            let security = document["paths"]?[route.path]?[route.method.lowercased()]?["security"]?.array ?? []
            #expect(security.contains { $0["bearer"] != nil }, "\(route.path)")
            let isOptional = if case .bearer = route.right { false } else { true }
            #expect(security.contains(.object([])) == isOptional, "\(route.path)")
        }
    }

    /// "Halted" is what was observed.
    @Test func whatHoldsNoGateIsNotSaidToHaveStopped() throws {
        let scratch = try Scratch()
        var view = EngineView()
        view.supervisors = [AnswerTests.supervisor("beats"), AnswerTests.supervisor("gated")]
        let api = ControlAPI.of(scratch, view)
        let gate = try Gate(state: scratch.killSwitch.directory.path, name: "gated", scope: "venue=paper")
        func status(_ name: String) -> JSON? {
            // With a query it is no shared answer: each is of its own look.
            api.ask("GET", "/api/v1/agents/status", query: ["x": ""]).json?.array?.first { $0["name"] == .string(name) }
        }
        #expect(status("beats")?["status"] == .string("healthy"))
        _ = api.ask("POST", "/api/trading/halt")
        #expect(status("gated")?["status"] == .string("stopping"))
        _ = gate.permits()
        #expect(status("gated")?["status"] == .string("stopped") && status("gated")?["acknowledged"] == .bool(true))
        #expect(status("beats")?["status"] == .string("unknown") && status("beats")?["acknowledged"] == .null)
        #expect(status("beats")?["note"]?.string?.contains("no gate") == true)
    }

    @Test func whatHasNoPriceIsNotWorthNothing() throws {
        let scratch = try Scratch()
        var view = EngineView()
        view.venues = [AnswerTests.venue]
        (view.money.gross, view.money.net) = (Decimal(0), Decimal(0))
        var world = ControlAPI.of(scratch, view).world()
        #expect(Metrics.text(world).contains("\ntrading_exposure{currency="))
        #expect(Metrics.text(world).contains("\ntrading_unpriced_positions 0\n"))
        view.money.unpriced = 1
        (view.money.gross, view.money.net) = (nil, nil)
        world = ControlAPI.of(scratch, view).world()
        let text = Metrics.text(world)
        #expect(!text.contains("\ntrading_exposure{") && text.contains("\n# TYPE trading_exposure gauge\n"))
        #expect(text.contains("\ntrading_unpriced_positions 1\n"))
    }

    @Test func whatNoVenueListedHasNoSample() throws {
        let scratch = try Scratch()
        let text = Metrics.text(ControlAPI.of(scratch, EngineView()).world())
        for name in ["open_orders", "positions", "unpriced_positions"] {
            #expect(!text.contains("\ntrading_\(name) ") && text.contains("\n# TYPE trading_\(name) gauge\n"))
        }
    }

    @Test func aHaltThatIsNotOnDiskIsCounted() {
        let meter = RequestMeter()
        meter.addHalt(microseconds: 900, isDurable: true)
        meter.addHalt(microseconds: 900, isDurable: false)
        #expect(meter.reading.halts.count == 1 && meter.reading.haltsNotDurable == 1)
    }

    /// An account that listed everything a moment ago.
    private static var venue: Venue {
        var venue = Venue(
            name: "kraken",
            account: "main",
            state: .connected,
            openOrders: 0,
            lastReplyAgeMs: 10,
            latencyMs: nil
        )
        venue.streams = .reported(agoMs: 10)
        return venue
    }

    private static func supervisor(_ name: String) -> Supervisor {
        Supervisor(name: name, intervalMs: 1_000, lastBeatAgeMs: 10, alive: true)
    }
}
