import Foundation
import Testing

@testable import KillSwitch

/// Who is told of an alert when the host dies at the wrong moment.
@Suite struct EngineNotifyTests {
    @Test func anOpenAlertThatTheQueueLostIsToldAtTheNextStartAndNoOtherOne() throws {
        let desk = try EngineDesk()
        let told = desk.sandbox.root + "/told"
        try desk.configure(
            """
            [rules.QUEUE_DEPTH]
            metric = "queue_depth"
            over = 100
            level = "critical"
            [rules.OTHER_DEPTH]
            metric = "other_depth"
            over = 100
            level = "critical"
            [notify.people]
            kind = "command"
            command = ["/bin/sh", "-c", "cat >> '\(told)'; echo >> '\(told)'"]

            """
        )
        func count(_ rule: String) -> Int {
            let lines = (try? String(contentsOfFile: told, encoding: .utf8))?.split(separator: "\n") ?? []
            return lines.filter { $0.contains(#""event":"raised""#) && $0.contains(#""rule":"\#(rule)""#) }.count
        }
        try desk.serve()
        try desk.ingest(Line.metric("queue_depth", "101"))
        // Told, and known to have been: a host that dies in between tells it once more.
        try desk.sandbox.wait("the alert is told") {
            let files = try FileManager.default.contentsOfDirectory(atPath: desk.state + "/notify")
            return count("QUEUE_DEPTH") == 1 && files.allSatisfy { $0 == "told.json" }
        }
        desk.crash()
        try desk.serve()
        try desk.ingest(Line.metric("other_depth", "101"))
        try desk.sandbox.wait("another one is told") { count("OTHER_DEPTH") == 1 }
        #expect(count("QUEUE_DEPTH") == 1)
        // As if the host had died after the journal and before the queue.
        desk.crash()
        try FileManager.default.removeItem(atPath: desk.state + "/notify")
        try desk.serve()
        try desk.sandbox.wait("both are told again") { count("QUEUE_DEPTH") == 2 && count("OTHER_DEPTH") == 2 }
    }
}
