import Dashboard
import Glibc
import SafetyEngine
import Testing

@testable import Terminal

/// Themes on a terminal. In this suite because a process has one screen.
extension OneTerminal.SessionTests {
    @Test func anotherThemeIsPaintedAtOnce() throws {
        var master: Int32 = -1
        var slave: Int32 = -1
        var size = winsize(ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&master, &slave, nil, nil, &size) == 0)
        defer {
            close(master)
            close(slave)
        }
        setenv("TERM", "xterm-256color", 1)
        var options = options(slave)
        options.mono = false
        options.theme = "no such theme"
        let session = Session(
            actions: Desk().actions,
            initial: DeskSnapshot(deskName: "test", paper: true, directory: "/tmp"),
            options: options
        )
        let ended = Semaphore()
        _ = Terminal.Thread("session") {
            _ = session.run()
            ended.post()
        }
        // Purple is the background of UNKNOWN in `default`.
        let first = read(master, until: "quit")
        #expect(first.contains("48;5;127m") && !first.contains("48;5;16m"))
        drain(master, ms: 100)

        session.perform([.theme("high-contrast")], halted: false)
        // Down to the last row, where nothing but the theme has changed.
        let second = read(master, until: "quit")
        #expect(second.contains("48;5;16m") && second.contains("quit"))

        session.perform([.theme("nothing-of-the-kind")], halted: false)
        #expect(read(master, until: "nothing-of-the-kind").contains("nothing-of-the-kind"))

        session.perform([.quit], halted: false)
        var waited = 0
        while !ended.wait(ms: 20) {
            waited += 20
            drain(master, ms: 5)
            try #require(waited < 5000, "the session did not end")
        }
    }

    /// What comes until a text has come; at most for five seconds.
    private func read(_ descriptor: Int32, until text: String) -> String {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var out = ""
        let end = Clock.monotonicMs() + 5000
        // The clock of the screen goes on: something always comes.
        while !out.contains(text),
            poll(&polled, 1, Int32(clamping: max(0, Int64(end) - Int64(Clock.monotonicMs())))) > 0
        {
            let got = Glibc.read(descriptor, &bytes, bytes.count)
            guard got > 0 else { break }
            out += String(decoding: bytes.prefix(got), as: UTF8.self)
        }
        return out
    }
}
