import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// `estop ingest` on a real host: what is refused is named, and what is good counts.
@Suite(.serialized) struct EngineIngestTests {
    private let lines = [
        Line.connected(), Line.position("BTC-USD", "0.5", entry: "60000"), #"{"v":1,"type":"price""#,
        Line.price("BTC-USD", "64000"), "",
        #"{"v":1,"type":"metric","source":"bot:probe","name":"q","value":"1","qty":"2"}"#,
        #"{"v":1,"type":"metric","source":"operator:root","name":"q","value":"1"}"#,
    ]

    private func isRefusedWithNumbers(_ result: Sandbox.Result) {
        #expect(result.status == 1)
        #expect(result.output == "3 taken, 3 refused\n")
        let said = result.error.split(separator: "\n").map(String.init)
        #expect(said.map { $0.prefix(8) } == ["line 3: ", "line 6: ", "line 7: "], "\(said)")
        #expect(said.last?.contains(#"must be "bot:NAME" or "venue:NAME""#) ?? false)
        #expect(said.count > 1 && said[1].contains("qty"))
    }

    @Test func badLinesAreNamedAndGoodOnesAreKeptFromAFile() throws {
        let desk = try EngineDesk()
        try desk.serve()
        let file = desk.sandbox.root + "/events.ndjson"
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        isRefusedWithNumbers(try desk.run("ingest", file))
        let view = try desk.wait("the position is valued") { $0.positions.first?.value != nil }
        #expect(view.positions.map(\.id) == ["kraken/main/BTC-USD/long"])
        #expect(view.positions.first?.value?.description == "32000.0")
        #expect(view.journal.refused == 3)
        let missing = try desk.run("ingest", desk.sandbox.root + "/none")
        #expect(missing.status == 1 && missing.error.contains("none cannot be read: No such file"))
    }

    @Test func badLinesAreNamedAndGoodOnesAreKeptFromStandardInput() throws {
        let desk = try EngineDesk()
        try desk.serve()
        isRefusedWithNumbers(try desk.run("ingest", "-", input: lines.joined(separator: "\n")))
        isRefusedWithNumbers(try desk.run("ingest", input: lines.joined(separator: "\n") + "\n"))
        let json = try desk.run("ingest", "--json", input: lines.joined(separator: "\n"))
        let told = json.output.split(separator: "\n").compactMap { JSON(String($0)) }
        #expect(told.compactMap { $0["refused"]?["line"]?.integer } == [3, 6, 7])
        #expect(told.last?["flushed"]?["taken"]?.integer == 3)
        #expect(told.last?["flushed"]?["durable"] == .bool(true))
    }

    @Test func withoutAHostNothingIsTakenAndItIsSaid() throws {
        let desk = try EngineDesk()
        let result = try desk.run("ingest", input: Line.metric("q", "1"))
        #expect(result.status == 1 && result.output.isEmpty)
        #expect(result.error.contains("no host answers") && result.error.contains("estop serve"))
    }

    @Test func theSchemaIsPrintedAsItIsInTheRepository() throws {
        let desk = try EngineDesk()
        let result = try desk.run("ingest", "--schema")
        #expect(result.status == 0)
        let schema = try #require(JSON(bytes: Array(result.output.utf8)))
        #expect(schema["$id"]?.string == "urn:estop:events:1")
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/SafetyEngine/Events/events.schema.json")
        #expect(try Data(contentsOf: file) == Data(result.output.utf8))
    }

    /// What a program of another user may say is `bot:`; here the test is the host's own user, so a venue's word counts.
    @Test func aBotsWordAloneIsNoPosition() throws {
        let desk = try EngineDesk()
        try desk.serve()
        try desk.ingest(
            #"{"v":1,"type":"position","source":"bot:grid","venue":"kraken","account":"main","symbol":"X-USD","quantity":"1"}"#,
            Line.connected()
        )
        #expect(try desk.view().positions.allSatisfy { $0.note.contains("bot") || $0.quantity.description == "0" })
        #expect(try desk.view().proposals.isEmpty)
    }
}
