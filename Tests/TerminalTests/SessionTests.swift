import Dashboard
import Glibc
import KillSwitch
import SafetyEngine
import Synchronization
import Testing

@testable import Terminal

extension OneTerminal {
    /// Sessions on a pseudo-terminal whose other end the test holds.
    struct SessionTests {
        final class Desk: Sendable {
            let halts = Mutex<[UInt64]>([])
            let reasons = Mutex<[String]>([])

            var actions: SessionActions {
                SessionActions(
                    halt: { [self] in halts.withLock { $0.append(Clock.monotonicMs()) } },
                    giveReason: { [self] reason in reasons.withLock { $0.append(reason) } },
                    preflight: { _, _ in [] },
                    resume: { _, _ in (false, "refused") },
                    act: { _, _, _ in "refused" }
                )
            }

            var count: Int { halts.withLock { $0.count } }
        }

        func options(_ terminal: Int32) -> SessionOptions {
            var options = SessionOptions()
            options.terminal = terminal
            return options
        }

        func withSession(_ body: (Desk, Int32) throws -> Void, stalled: Bool = false) throws -> Int32 {
            var master: Int32 = -1
            var slave: Int32 = -1
            var size = winsize(ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
            try #require(openpty(&master, &slave, nil, nil, &size) == 0)
            setenv("TERM", "xterm-256color", 1)
            let desk = Desk()
            let session = Session(
                actions: desk.actions,
                initial: DeskSnapshot(deskName: "test", paper: true, directory: "/tmp"),
                options: options(slave)
            )
            let status = Box()
            let ended = Semaphore()
            _ = Terminal.Thread("session") {
                status.value.withLock { $0 = session.run() }
                ended.post()
            }
            if !stalled { drain(master, ms: 500) }
            try body(desk, master)
            var waited = 0
            while !ended.wait(ms: 20) {
                waited += 20
                if !stalled { drain(master, ms: 5) }
                try #require(waited < 5000, "the session did not end")
            }
            var settings = termios()
            #expect(tcgetattr(slave, &settings) == 0)
            #expect(settings.c_lflag & tcflag_t(ICANON | ECHO) == tcflag_t(ICANON | ECHO), "the terminal is as it was")
            close(master)
            close(slave)
            return status.value.withLock { $0 } ?? -1
        }

        final class Box: Sendable {
            let value = Mutex<Int32?>(nil)
        }

        func drain(_ descriptor: Int32, ms: Int32) {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while poll(&polled, 1, ms) > 0, read(descriptor, &bytes, bytes.count) > 0 {}
        }

        func type(_ text: String, _ descriptor: Int32) {
            let bytes = Array(text.utf8)
            #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        }

        func waitUntil(_ condition: () -> Bool) -> Bool {
            for _ in 0..<5000 where !condition() { usleep(1000) }
            return condition()
        }

        func waitForHalts(_ count: Int, _ desk: Desk, ms: Int = 5000) -> Int {
            for _ in 0..<ms where desk.count < count { usleep(1000) }
            return desk.count
        }

        @Test func kHaltsAndQEnds() throws {
            let status = try withSession { desk, master in
                type("K", master)
                #expect(waitForHalts(1, desk) == 1)
                type("2\r", master)
                #expect(waitUntil { desk.reasons.withLock { $0 } == ["API errors"] })
                type("q", master)
            }
            #expect(status == 0)
        }

        @Test func aTextFieldTakesKAsALetterAndEscapeThenKInOneReadHalts() throws {
            _ = try withSession { desk, master in
                type("K", master)
                #expect(waitForHalts(1, desk) == 1)
                type("7KKK", master)
                usleep(100_000)
                #expect(desk.count == 1)
                type("\u{0b}", master)
                #expect(waitForHalts(2, desk) == 2)
                type("\u{1b}K", master)
                #expect(waitForHalts(3, desk) == 3)
                type("\u{1b}[200~K\u{0b}\u{1b}[201~", master)
                usleep(100_000)
                #expect(desk.count == 3)
                type("\u{1b}", master)
                usleep(100_000)
                type("q", master)
            }
        }

        @Test func kHaltsWhileNobodyReadsTheTerminal() throws {
            let status = try withSession(
                { desk, master in
                    // Repaints until every buffer is full and the painter waits in write().
                    for _ in 0..<150 {
                        type("\u{0c}", master)
                        usleep(4000)
                    }
                    let pressed = Clock.monotonicMs()
                    type("K", master)
                    #expect(waitForHalts(1, desk) == 1)
                    let took = (desk.halts.withLock { $0.first } ?? 0) - pressed
                    #expect(took <= 500, "K took \(took) ms")
                    type("\u{1b}", master)
                    usleep(100_000)
                    type("q", master)
                },
                stalled: true
            )
            #expect(status == 0)
        }

        @Test func aTerminalThatGoesAwayEndsTheSession() throws {
            var master: Int32 = -1
            var slave: Int32 = -1
            try #require(openpty(&master, &slave, nil, nil, nil) == 0)
            let session = Session(
                actions: Desk().actions,
                initial: DeskSnapshot(deskName: "test", paper: true, directory: "/tmp"),
                options: options(slave)
            )
            let status = Box()
            let ended = Semaphore()
            _ = Terminal.Thread("session") {
                status.value.withLock { $0 = session.run() }
                ended.post()
            }
            drain(master, ms: 300)
            close(master)
            #expect(ended.wait(ms: 3000))
            #expect(status.value.withLock { $0 } == Session.hangUpStatus)
            close(slave)
        }
    }
}
