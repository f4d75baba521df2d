import Foundation
import KillSwitch
import Testing

/// What `estop bench engine` says, not how fast it is: a loaded machine is slow, and a debug build always.
@Suite(.serialized) struct BenchTests {
    /// One row of every part at least, by how its name begins.
    private static let rows = [
        "one event of a mixed stream", "evaluation of 1000 positions and orders", "the same, all prices changed",
        "the view of it", "one event, desk of 5000", "evaluation, share of 1 of 5000", "memory of a position",
        "memory of an open order", "one of 10000 lines, until all are on disk", "restart with 30000 events",
        "replay of all of them", "idle host, paper off: processor", "idle host, paper off: wake-ups",
        "idle host, paper on: processor", "idle host, paper on: wake-ups",
    ]

    @Test(.timeLimit(.minutes(5))) func everyPartOfTheEngineIsMeasuredBesideAReference() throws {
        let box = try Sandbox()
        let run = try box.run(
            "estop-desk",
            ["bench", "engine", "--quick", "--json", "--rounds", "1"],
            environment: ["TMPDIR": box.root]
        )
        #expect(run.status == 0, "\(run.error)")
        let report = try #require(JSON(bytes: run.output.utf8.prefix { $0 != UInt8(ascii: "\n") }))
        #expect(report["bench"]?.string == "engine")
        #expect(report["not_measured"] == .array([]))
        #expect(report["skipped"] == .array([]))
        let rows = try #require(report["rows"]?.array)
        for name in BenchTests.rows {
            let row = rows.first { $0["name"]?.string?.hasPrefix(name) == true }
            #expect(row != nil, "there is no row '\(name)'")
            #expect(row?["samples"]?.integer ?? 0 > 0, "\(name): nothing was measured")
            #expect(row?["reference"]?["samples"]?.integer ?? 0 > 0, "\(name): its reference was not measured")
            #expect(row?["limit"]?.string?.isEmpty == false)
        }
        // Its desks, hosts and pages are gone.
        let left = try FileManager.default.contentsOfDirectory(atPath: box.root)
        #expect(left.filter { $0.hasPrefix("estop-bench-") } == [])
    }

    @Test(.timeLimit(.minutes(5))) func haltsOverHTTPAreMeasuredBesideAReferenceAndACrowd() throws {
        let box = try Sandbox()
        let run = try box.run(
            "estop-desk",
            ["bench", "api", "--quick", "--json", "--rounds", "1"],
            environment: ["TMPDIR": box.root]
        )
        #expect(run.status == 0, "\(run.error)")
        let report = try #require(JSON(bytes: run.output.utf8.prefix { $0 != UInt8(ascii: "\n") }))
        #expect(report["not_measured"] == .array([]) && report["skipped"] == .array([]))
        let rows = try #require(report["rows"]?.array)
        #expect(rows.count == 10)
        for row in rows {
            #expect(row["samples"]?.integer ?? 0 > 0 && row["reference"]?["samples"]?.integer ?? 0 > 0, "\(row.line)")
        }
        // The crowds were there.
        let notes = (report["notes"]?.array ?? []).compactMap(\.string)
        #expect(
            notes.count == 4 && !notes.contains { $0.contains(": 0 reads") || $0.contains(": 0 connections") },
            "\(notes)"
        )
        let left = try FileManager.default.contentsOfDirectory(atPath: box.root)
        #expect(left.filter { $0.hasPrefix("estop-bench-") } == [])
    }

    @Test(arguments: [
        (["engine", "--only", "gate"], "bench engine has no part gate"),
        (["halt", "--only", "fold"], "bench halt has no part fold"),
        (["engines"], "there is no bench 'engines'"),
    ]) func whatCannotBeMeasuredIsRefused(words: [String], why: String) throws {
        let run = try Sandbox().run("estop-desk", ["bench"] + words)
        #expect(run.status == 64)
        #expect(run.error.contains(why), "\(run.error)")
    }
}
