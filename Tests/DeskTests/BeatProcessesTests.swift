import Glibc
import Testing

@testable import Desk

/// Only a process that was seen alive is ever said to be gone, once.
struct BeatProcessesTests {
    private func peer() throws -> Peer {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        return try #require(Peer(ends[0]))
    }

    private func child() throws -> pid_t {
        var pid: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("600"), nil]
        defer { for word in words { free(word) } }
        try #require(posix_spawn(&pid, "/bin/sleep", nil, nil, &words, environ) == 0)
        return pid
    }

    @Test func whoEndsIsGoneOnce() throws {
        var processes = BeatProcesses()
        let pid = try child()
        processes.heard("bot", pid: UInt32(pid), from: try peer())
        processes.heard("other", pid: UInt32(getpid()), from: try peer())
        #expect(processes.gone() == [])
        kill(pid, SIGKILL)
        // Not collected yet, and ended all the same.
        var state = siginfo_t()
        #expect(waitid(P_PID, id_t(pid), &state, WEXITED | WNOWAIT) == 0)
        #expect(processes.gone() == ["bot"])
        #expect(processes.gone() == [])
        waitpid(pid, nil, 0)
        // Its last beat may come late: a number without a process is nobody's.
        processes.heard("bot", pid: UInt32(pid), from: try peer())
        #expect(processes.gone() == [])
    }

    @Test func whoBeatsAsAnotherProcessIsThatOneFromThenOn() throws {
        var processes = BeatProcesses()
        let (first, second) = (try child(), try child())
        for pid in [first, second] { processes.heard("bot", pid: UInt32(pid), from: try peer()) }
        kill(first, SIGKILL)
        waitpid(first, nil, 0)
        #expect(processes.gone() == [])
        kill(second, SIGKILL)
        waitpid(second, nil, 0)
        #expect(processes.gone() == ["bot"])
    }

    @Test func aProcessKeepsItsBeginning() {
        let own = BeatProcesses.started(UInt32(getpid()))
        #expect(own != nil && own == BeatProcesses.started(UInt32(getpid())))
        #expect(BeatProcesses.started(0) == nil && BeatProcesses.started(UInt32.max) == nil)
    }
}
