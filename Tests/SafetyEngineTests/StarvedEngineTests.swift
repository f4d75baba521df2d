import Testing

@testable import SafetyEngine

/// An engine that seldom gets a turn, on a machine that has other things to do: nothing that came in goes unjudged.
@Suite struct StarvedEngineTests {
    private let venue = #""v":1,"source":"venue:kraken","venue":"kraken","account":"main""#

    private func event(_ type: String, _ members: String) throws -> Event {
        let line = Array("{\(venue),\"type\":\"\(type)\",\(members)}".utf8)
        return try EventLine.parse(line.span)
    }

    private func price(_ price: String) throws -> Event {
        try event("price", "\"symbol\":\"BTC-USD\",\"price\":\"\(price)\"")
    }

    private func held() throws -> [Event] {
        [
            try event(
                "position",
                #""symbol":"BTC-USD","side":"long","quantity":"1","entry_price":"100""#
            ), try price("100"),
        ]
    }

    private func started() -> (EngineTurns, UInt64) {
        var turns = EngineTurns(engine: Engine(), atMs: 1_000)
        _ = turns.turn(
            [EngineTurns.Incoming(EngineTurns.host(.started(EngineSettings())))],
            at: Receipt(atMs: 1_000, wallMs: 1_000),
            look: { [] },
            act: { _ in }
        )
        return (turns, 1_000)
    }

    /// What the peak of a killed host was lost by: each price came after a stall of the loop, and no step lay between them.
    @Test(arguments: [1, 100, 249, 250, 1_700] as [UInt64])
    func aPeakBetweenTwoStepsOrTwoStallsIsRemembered(betweenMs: UInt64) throws {
        var (turns, atMs) = started()
        func turn(_ events: [Event]) {
            atMs += betweenMs
            _ = turns.turn(
                events.map { EngineTurns.Incoming($0) },
                at: Receipt(atMs: atMs, wallMs: Int64(atMs)),
                look: { [] },
                act: { _ in }
            )
        }
        turn(try held())
        // The first price that it is seen at is where it starts from.
        atMs += 300
        turn([])
        turn([try price("107")])
        turn([try price("101.5")])
        atMs += 300
        turn([])
        turn([try price("101.4")])
        atMs += 300
        turn([])
        let view = turns.engine.view(at: atMs)
        #expect(view.positions.first?.details?.peak?.description == "107")
        #expect(view.proposals.contains { $0.rule == "TRAILING" }, "\(view.proposals)")
    }

    @Test func manySamplesBetweenTwoStepsKeepTheBest() throws {
        var (turns, atMs) = started()
        func turn(_ events: [Event]) {
            atMs += 300
            _ = turns.turn(
                events.map { EngineTurns.Incoming($0) },
                at: Receipt(atMs: atMs, wallMs: Int64(atMs)),
                look: { [] },
                act: { _ in }
            )
        }
        turn(try held())
        turn([])
        turn([try price("120")] + (0..<200).map { _ in try? price("101") }.compactMap { $0 })
        turn([])
        #expect(turns.engine.view(at: atMs).positions.first?.details?.peak?.description == "120")
    }
}
