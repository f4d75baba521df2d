import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// `estop ingest` in a host's first and last moments: what is sent is taken once, or named.
@Suite(.serialized) struct EngineIngestMomentTests {
    private func values(_ desk: EngineDesk) throws -> [String] {
        let rows = try desk.sql("SELECT CAST(body AS TEXT) FROM events WHERE kind = 'metric' ORDER BY seq").array ?? []
        return rows.compactMap { $0.array?.first?.string.flatMap { JSON($0)?["value"]?.string } }
    }

    /// Nothing waits for the host: the first line is there before its socket, its beat, its engine.
    @Test func linesThatMeetAHostInItsFirstMomentAreTaken() throws {
        for run in 0..<(Sandbox.isLong ? 25 : 4) {
            let desk = try EngineDesk()
            let host = desk.sandbox.process("estop-desk", ["serve"])
            host.standardError = FileHandle.nullDevice
            host.standardOutput = FileHandle.nullDevice
            try host.run()
            defer {
                kill(host.processIdentifier, SIGKILL)
                host.waitUntilExit()
            }
            if run % 2 == 1 {
                try desk.sandbox.wait("the host beats") { try desk.sandbox.killSwitch().observe().hostBeats }
            }
            let sent = try desk.sandbox.run(
                "estop-desk",
                ["ingest", "--wait", "60s"],
                input: Line.metric("q", "1") + "\n" + Line.metric("q", "2") + "\n"
            )
            #expect(sent.status == 0 && sent.output == "2 taken, 0 refused\n", "\(sent.output)\(sent.error)")
            #expect(try values(desk) == ["1", "2"])
        }
    }

    /// A sender that goes on while its host is stopped and another one starts: every line once, in its order.
    @Test func aSenderGoesOnOverAHostThatStopsAndStarts() throws {
        let desk = try EngineDesk()
        try desk.serve()
        let sender = desk.sandbox.process("estop-desk", ["ingest", "--wait", "120s"])
        let (input, output) = (Pipe(), Pipe())
        sender.standardInput = input
        sender.standardOutput = output
        sender.standardError = FileHandle.nullDevice
        try sender.run()
        var number = 0
        func write(_ count: Int) throws {
            for _ in 0..<count {
                number += 1
                try input.fileHandleForWriting.write(contentsOf: Data((Line.metric("q", "\(number)") + "\n").utf8))
            }
        }
        for _ in 0..<3 {
            try write(200)
            try desk.sandbox.wait("some are on disk", seconds: 60) { try values(desk).count > number - 200 }
            desk.host?.terminate()
            // A few while it stops: nobody reads the pipe until the next host runs.
            for _ in 0..<100 where desk.host?.isRunning == true {
                try write(1)
                Clock.sleep(milliseconds: 2)
            }
            try desk.stop()
            try write(50)
            try desk.serve()
        }
        try input.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        sender.waitUntilExit()
        #expect(text.hasPrefix("\(number) taken, 0 refused"), "\(text)")
        try desk.stop()
        #expect(try values(desk) == (1...number).map { "\($0)" })
    }

    /// A host that is killed may have put lines on disk or not: they are named, and nothing is sent twice.
    @Test func whatAKilledHostDidNotConfirmIsNamed() throws {
        let desk = try EngineDesk()
        try desk.serve()
        let sender = desk.sandbox.process("estop-desk", ["ingest", "--wait", "120s"])
        let (input, output) = (Pipe(), Pipe())
        sender.standardInput = input
        sender.standardOutput = output
        sender.standardError = output
        try sender.run()
        try input.fileHandleForWriting.write(contentsOf: Data((Line.metric("q", "1") + "\n").utf8))
        try desk.sandbox.wait("the first is on disk", seconds: 60) { try values(desk) == ["1"] }
        desk.crash()
        try input.fileHandleForWriting.write(contentsOf: Data((Line.metric("q", "2") + "\n").utf8))
        try desk.serve()
        try input.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        sender.waitUntilExit()
        let known = try desk.sql("SELECT count(*) FROM events WHERE kind = 'metric'").array?.first?.array?.first?
            .integer
        if sender.terminationStatus == 0 {
            #expect(text == "2 taken, 0 refused\n" && known == 2, "\(text)")
        } else {
            #expect(text.contains("nobody confirmed") || text.contains("NOT ON DISK"), "\(text)")
        }
    }

    @Test func aSignalEndsItWithWordsAndWhatCameBeforeIsTaken() throws {
        let desk = try EngineDesk()
        try desk.serve()
        let sender = desk.sandbox.process("estop-desk", ["ingest"])
        let (input, output, error) = (Pipe(), Pipe(), Pipe())
        sender.standardInput = input
        sender.standardOutput = output
        sender.standardError = error
        try sender.run()
        try input.fileHandleForWriting.write(contentsOf: Data((Line.metric("q", "1") + "\n").utf8))
        try desk.sandbox.wait("it is on disk", seconds: 60) { try values(desk) == ["1"] }
        sender.terminate()
        sender.waitUntilExit()
        let said = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(sender.terminationReason == .exit && sender.terminationStatus == 1)
        #expect(said.contains("ended by SIGTERM"), "\(said)")
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text == "1 taken, 0 refused\n")
    }
}
