import Foundation
import KillSwitch
import Testing

@testable import SafetyEngine

/// The schema that other programs read says what the reader does.
struct EventLineSchemaTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/SafetyEngine/Events/events.schema.json")

    private static func schema() throws -> JSON {
        try #require(JSON(bytes: EventLine.schema))
    }

    private func keys(_ value: JSON?) -> [String] {
        guard case .object(let members) = value else { return [] }
        return members.map(\.key)
    }

    @Test func whatIsPrintedIsTheFileInTheRepository() throws {
        #expect(try Data(contentsOf: Self.file) == Data(EventLine.schema))
    }

    @Test func everyTypeAndKeyIsInTheSchemaAndTheOtherWayRound() throws {
        let definitions = try #require(try Self.schema()["$defs"])
        let types = keys(definitions).filter { $0.hasPrefix("type_") }.map { String($0.dropFirst(5)) }
        #expect(types == EventLineKind.allCases.map(\.rawValue))
        for kind in EventLineKind.allCases {
            let type = try #require(definitions["type_\(kind.rawValue)"])
            #expect(type["properties"]?["type"]?["const"]?.string == kind.rawValue)
            #expect(Set(keys(type["properties"])) == Set(kind.keys.list.map(\.name)), "\(kind.rawValue)")
            #expect(type["additionalProperties"] == .bool(false))
        }
        let elements: [(String, EventLineKind)] = [("order_report", .order), ("position_report", .position)]
        for (name, kind) in elements {
            let type = try #require(definitions[name])
            #expect(Set(keys(type["properties"])) == Set(kind.elementKeys.list.map(\.name)), "\(name)")
        }
    }

    /// A reader of the schema sees how a line of each type looks, and may copy it.
    @Test func everyTypeHasAnExampleThatIsTaken() throws {
        let definitions = try #require(try Self.schema()["$defs"])
        for kind in EventLineKind.allCases {
            let examples = definitions["type_\(kind.rawValue)"]?["examples"]?.array ?? []
            #expect(!examples.isEmpty, "\(kind.rawValue)")
            for example in examples {
                let line = example.bytes
                #expect(throws: Never.self, "\(kind.rawValue)") { _ = try EventLine.parse(line.span) }
                #expect(example["type"]?.string == kind.rawValue)
            }
        }
    }

    /// Who writes bots with ccxt knows its words: both are taken.
    @Test(
        arguments: [
            ("open", .acknowledged), ("closed", .filled), ("canceled", .canceled), ("cancelled", .canceled),
            ("expired", .expired), ("rejected", .rejected), ("canceling", .acknowledged), ("FILLED", .filled),
        ] as [(String, Order.State)]
    )
    func ordersStatesOfCcxtAreTaken(word: String, state: Order.State) throws {
        let line = Array(
            "{\(EventLineSamples.venue),\"type\":\"order\",\"client_id\":\"g\",\"symbol\":\"A\",\"side\":\"buy\",\"quantity\":\"1\",\"state\":\"\(word)\"}"
                .utf8
        )
        guard case .order(let report) = try EventLine.parse(line.span).body else {
            Issue.record("no order")
            return
        }
        #expect(report.state == state)
    }

    @Test func everyKeyIsFoundByItsName() {
        for key in EventLineKey.allCases {
            var words = EventLineKeyTable.Words()
            #expect(key.name.utf8.count <= 16 && key.rawValue < 64)
            for byte in key.name.utf8 { words.append(byte) }
            #expect(EventLineKeyTable.shared.key(words) == key)
        }
    }

    /// Each good line with one key taken away, or with a value of each sort in its place.
    private static func variants() -> [String] {
        let values =
            ["null", "true", "\"\"", "\"x\"", "\"-1\"", "-1", "0", "1.5", "2.0", "\"1e3\"", "5", "\"0.5\"", "[]", "{}"]
            + [
                "\"buy\"", "\"long\"", "\"NEW\"", "\"STOPPED\"", "\"2026-02-28T00:00:00Z\"", "\"a/b\"", "\"a,b\"",
                "\"engine\"", "\"bot:a\"", "\"venue:b\"", "\"host:a\"", "\"a\\tb\"", "\"a\\u001bb\"", "\"a\\u202eb\"",
                "5000000000", "\"\(String(repeating: "n", count: 129))\"", "[{}]", "[1]",
            ]
        var lines: [String] = []
        for sample in EventLineSamples.good {
            guard case .object(let members) = JSON(sample.line) else { continue }
            for place in members.indices {
                var without = members
                without.remove(at: place)
                lines.append(JSON.object(without).line)
                for value in values {
                    var other = members
                    other[place].value = JSON(value) ?? .null
                    lines.append(JSON.object(other).line)
                    other = members
                    other[place].key = value.contains("x") ? "x_\(place)" : "y_\(place)"
                    lines.append(JSON.object(other).line)
                }
            }
        }
        return Array(Set(lines)).sorted()
    }

    /// Asks Python's jsonschema about lines: true for each that is valid.
    private static func verdicts(_ lines: [String]) throws -> [Bool] {
        let script = """
            import json, sys, jsonschema
            validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
            jsonschema.Draft202012Validator.check_schema(validator.schema)
            def number(text): raise ValueError(text)
            def good(line):
                try: return validator.is_valid(json.loads(line, parse_constant=number))
                except ValueError: return False
            print("".join("1" if good(line) else "0" for line in json.load(sys.stdin)))
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, file.path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let text = JSON.array(lines.map { .string($0) }).bytes
        try input.fileHandleForWriting.write(contentsOf: Data(text))
        try input.fileHandleForWriting.close()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: answer, as: UTF8.self).compactMap { $0 == "1" ? true : $0 == "0" ? false : nil }
    }

    private static let hasValidator: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import jsonschema"]
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test(.enabled(if: hasValidator, "python3 has no jsonschema here"))
    func theSchemaTakesAndRefusesTheSameLines() throws {
        var lines = EventLineSamples.good.map(\.line)
        for seed in 0..<UInt64(300) {
            var events = RandomEvents(seed: seed)
            lines.append(String(decoding: EventLine.bytes(of: events.next()), as: UTF8.self))
        }
        lines += EventLineSamples.bad.filter { $0.schema == .refused }.map(\.line)
        lines += Self.variants()
        let verdicts = try Self.verdicts(lines)
        try #require(verdicts.count == lines.count)
        for (line, isGood) in zip(lines, verdicts) {
            do throws(EventLine.Refusal) {
                _ = try EventLine.parse(Array(line.utf8))
                #expect(isGood, "taken here, refused by the schema: \(line)")
            } catch { #expect(!isGood, "taken by the schema, refused here: \(error): \(line)") }
        }
    }

    /// What the schema has no words for is named in the samples: it takes these lines.
    @Test(.enabled(if: hasValidator, "python3 has no jsonschema here"))
    func whatTheSchemaCannotTellIsNamed() throws {
        let lines = EventLineSamples.bad.filter { $0.schema == .cannotTell }.map(\.line)
        #expect(try Self.verdicts(lines) == lines.map { _ in true })
    }
}
