import Foundation
import SafetyEngine
import Testing

@testable import Journal

/// A process that is killed at any moment.
@Suite struct KillTests {
    @Test(arguments: [3, 20, 60, 150])
    func whatWasConfirmedIsFoundAfterAKill(_ afterMs: Int) async throws {
        let desk = try TestDesk()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = desk.path as String, afterMs = afterMs as Int] in
            let journal = try Journal(directory: path, codec: TestCodec())
            let confirmed = open("\(path)/confirmed", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            Thread.detachNewThread {
                usleep(useconds_t(afterMs * 1000))
                kill(getpid(), SIGKILL)
            }
            var number = 1
            while true {
                var batch = entries(number..<number + 7)
                batch[6].decisions = [halt(UInt64(number))]
                number += 7
                guard journal.appendAndWait(batch, limitMs: 60_000) else { exit(1) }
                let line = "\(number - 1)\n"
                write(confirmed, line, line.utf8.count)
            }
        }
        let lines = (try? String(contentsOfFile: "\(desk.path)/confirmed", encoding: .utf8)) ?? ""
        let confirmed = lines.split(separator: "\n").last.flatMap { Int64($0) } ?? 0
        if afterMs == 150 { #expect(confirmed > 0) }
        guard FileManager.default.fileExists(atPath: desk.file) else {
            #expect(confirmed == 0)
            return
        }
        let journal = try desk.open()
        let stored = try journal.reader().allEvents()
        // All that was confirmed, in one piece; a batch that was not may be there as a whole.
        #expect(stored.map(\.seq) == Array(1..<Int64(stored.count) + 1))
        #expect(Int64(stored.count) >= confirmed)
        #expect(stored.count % 7 == 0)
        #expect(try journal.reader().allDecisions().count == stored.count / 7)
        #expect(try journal.reader().verifyAudit() == nil)
        #expect(try journal.reader().damage() == nil)
        #expect(try journal.restore().missing == 0)
        journal.close()
    }
}
