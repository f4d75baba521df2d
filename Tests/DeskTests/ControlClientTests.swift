import Glibc
import KillSwitch
import Synchronization
import Testing

@testable import Desk

/// A connection that fails touches nothing of the process but itself.
struct ControlClientTests {
    /// Another thread opens and uses files all the while: a number closed twice would sooner or later be one of them.
    @Test func whereNobodyListensNobodysFileIsClosed() throws {
        var template = Array("/tmp/estop-unit-XXXXXX".utf8CString)
        let path = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { rmdir(path) }
        let directory = try StateDirectory(path)
        let isDone = Atomic(false)
        let lost = Atomic(0)
        let opened = Atomic(0)
        let reader = ThreadStart.detached {
            while !isDone.load(ordering: .acquiring) {
                let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
                guard file >= 0 else { continue }
                var status = stat()
                if fstat(file, &status) != 0 { lost.add(1, ordering: .relaxed) }
                if close(file) != 0 { lost.add(1, ordering: .relaxed) }
                opened.add(1, ordering: .releasing)
            }
            opened.store(-1, ordering: .releasing)
        }
        try #require(reader)
        for _ in 0..<3_000 {
            let failure = #expect(throws: ControlClient.Failure.self) { _ = try ControlClient(directory) }
            #expect(failure?.isAbsent == true)
        }
        isDone.store(true, ordering: .releasing)
        while opened.load(ordering: .acquiring) >= 0 { Clock.sleep(milliseconds: 1) }
        #expect(lost.load(ordering: .relaxed) == 0)
    }
}
