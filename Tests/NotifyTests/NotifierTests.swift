import Foundation
import Glibc
import KillSwitch
import SafetyEngine
import Settings
import Testing

@testable import Notify

struct NotifierTests {
    private static func start(
        _ folder: Folder,
        _ targets: DeskConfiguration.Notify.Target...,
        attempts: Int = 8,
        backoffMs: UInt64 = 20,
        lines: Lines = Lines()
    ) -> Notifier {
        let notifier = Notifier(
            state: folder.path,
            settings: .init(targets, attempts: attempts, backoffMs: backoffMs),
            report: { lines.add($0) }
        )
        #expect(notifier.start())
        return notifier
    }

    private static func subject(_ body: String) -> String { JSON(body)?["subject"]?.string ?? "?" }

    @Test func itIsDeliveredAndLeavesTheDisk() throws {
        let folder = try Folder()
        let server = WebServer(.status(200))
        let script = try folder.script("tell", #"cat > "$1/told""#)
        let notifier = Self.start(folder, .webhook("a", server.url), .command("b", [script, folder.path]))
        defer {
            notifier.stop()
            server.stop()
        }
        notifier.add(.sample())
        #expect(eventually { notifier.state.targets.map(\.delivered) == [1, 1] })
        #expect(server.bodies == [Notify.Notification.sample().json.line])
        #expect(folder.text("told") == Notify.Notification.sample().json.line + "\n")
        #expect(notifier.state.waiting == 0 && folder.queued.isEmpty)
        #expect(notifier.state.targets.allSatisfy { $0.lastDeliveredAt != nil && $0.lastError.isEmpty })
    }

    @Test func aServerThatFailsOnceIsAskedAgain() throws {
        let folder = try Folder()
        let server = WebServer(.status(500, body: "later"), .status(200))
        let notifier = Self.start(folder, .webhook("a", server.url))
        defer {
            notifier.stop()
            server.stop()
        }
        notifier.add(.sample())
        #expect(eventually { notifier.state.targets.first?.delivered == 1 })
        #expect(server.bodies == Array(repeating: Notify.Notification.sample().json.line, count: 2))
        // The same message, so that the receiver can tell.
        #expect(Set(server.requests.map { $0.headers["idempotency-key"] }).count == 1)
        #expect(notifier.state.targets.first?.lastError == "HTTP 500: later")
        #expect(notifier.state.targets.first?.failures == 0)
    }

    @Test func aServerThatAsksForTimeGetsIt() throws {
        let folder = try Folder()
        let server = WebServer(.status(429, headers: ["Retry-After: 1"]), .status(200))
        let notifier = Self.start(folder, .webhook("a", server.url), attempts: 1, backoffMs: 1)
        defer {
            notifier.stop()
            server.stop()
        }
        let begin = Date()
        notifier.add(.sample())
        #expect(eventually { notifier.state.targets.first?.delivered == 1 })
        #expect(Date().timeIntervalSince(begin) >= 1)
        #expect(server.requests.count == 2)
    }

    @Test func aTargetThatHangsHoldsUpNeitherTheOthersNorTheDiskNorTheEnd() throws {
        let folder = try Folder()
        let silent = WebServer(.silence)
        let server = WebServer(.status(200))
        let notifier = Self.start(
            folder,
            .webhook("silent", silent.url, timeoutMs: 300_000),
            .command("hanging", ["sleep", "600"], timeoutMs: 300_000),
            .webhook("good", server.url)
        )
        defer {
            silent.stop()
            server.stop()
        }
        notifier.add(.sample("1"))
        #expect(eventually { silent.requests.count == 1 && server.requests.count == 1 })
        notifier.add(.sample("2"))
        #expect(eventually { server.requests.count == 2 && folder.queued.count == 4 })
        let begin = Date()
        notifier.stop()
        #expect(Date().timeIntervalSince(begin) < 30)
        #expect(folder.queued.count == 4)
        #expect(notifier.state.targets.map(\.waiting) == [2, 2, 0])
    }

    @Test func whatWaitsIsDeliveredAfterARestartAndNothingTwice() throws {
        let folder = try Folder()
        let gone = WebServer(.nothing)
        gone.stop()
        let first = Self.start(folder, .webhook("a", gone.url), backoffMs: 60_000)
        for subject in ["1", "2", "3"] { first.add(.sample(subject)) }
        #expect(eventually { folder.queued.count == 3 && first.state.targets.first?.failures == 1 })
        first.stop()
        let server = WebServer(.status(200))
        let second = Self.start(folder, .webhook("a", server.url))
        defer {
            second.stop()
            server.stop()
        }
        #expect(eventually { second.state.targets.first?.delivered == 3 })
        // The host tells of every open alert again, as it may after a start.
        for subject in ["1", "2", "3", "4"] { second.add(.sample(subject)) }
        #expect(eventually { second.state.targets.first?.delivered == 4 })
        #expect(server.bodies.map(Self.subject) == ["1", "2", "3", "4"])
        second.stop()
        let third = Self.start(folder, .webhook("a", server.url))
        for subject in ["1", "2", "3", "4"] { third.add(.sample(subject)) }
        #expect(eventually { third.state.repeated == 4 })
        third.stop()
        #expect(server.requests.count == 4 && folder.queued.isEmpty)
    }

    @Test func whatIsQueuedOutlivesAKill() async throws {
        let folder = try Folder()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
            let gone = WebServer(.nothing)
            gone.stop()
            let notifier = Notifier(
                state: path,
                settings: .init([.webhook("a", gone.url)], backoffMs: 60_000),
                report: { _ in }
            )
            notifier.start()
            for number in 0..<15 { notifier.add(.sample("\(number)")) }
            _ = eventually { NotifyQueue(state: path).waiting.count == 15 }
            kill(getpid(), SIGKILL)
        }
        let server = WebServer(.status(200))
        let notifier = Self.start(folder, .webhook("a", server.url))
        defer {
            notifier.stop()
            server.stop()
        }
        #expect(eventually { notifier.state.targets.first?.delivered == 15 })
        #expect(server.bodies.map(Self.subject) == (0..<15).map { "\($0)" })
    }

    @Test func aCorruptFileIsSaidAndTheRestIsDelivered() throws {
        let folder = try Folder()
        let gone = WebServer(.nothing)
        gone.stop()
        let first = Self.start(folder, .webhook("a", gone.url), backoffMs: 60_000)
        first.add(.sample("1"))
        first.add(.sample("2"))
        #expect(eventually { folder.queued.count == 2 })
        first.stop()
        try folder.write("notify/\(folder.queued[0])", "{\"version\":1")
        let server = WebServer(.status(200))
        let lines = Lines()
        let second = Self.start(folder, .webhook("a", server.url), lines: lines)
        defer {
            second.stop()
            server.stop()
        }
        #expect(eventually { second.state.targets.first?.delivered == 1 })
        #expect(server.bodies.map(Self.subject) == ["2"])
        #expect(lines.all.contains { $0.contains("moved aside") })
    }

    @Test func aStormIsSummedUpOnDiskBeforeItIsSent() throws {
        let folder = try Folder()
        let server = WebServer(.status(200))
        let notifier = Self.start(folder, .webhook("a", server.url))
        defer { server.stop() }
        for number in 0..<57 { notifier.add(.sample("\(number)")) }
        #expect(eventually { notifier.state.targets.first?.delivered == Outbox.mostPerMinute })
        #expect(eventually { NotifyQueue(state: folder.path).waiting.first?.notification.count == 37 })
        #expect(folder.queued.count == 1)
        notifier.stop()
        // A minute later, after a restart.
        let later = Notifier(
            state: folder.path,
            settings: .init([.webhook("a", server.url)]),
            times: NotifierTimes(
                now: { NotifierTimes.machine.now() },
                wall: { NotifierTimes.machine.wall() + 60_000 }
            ),
            report: { _ in }
        )
        later.start()
        #expect(eventually { later.state.targets.first?.delivered == 1 })
        later.stop()
        #expect(server.requests.count == Outbox.mostPerMinute + 1)
        #expect(JSON(server.bodies.last ?? "")?["text"]?.string?.hasPrefix("and 37 more since ") == true)
    }

    @Test func whatIsGivenUpIsSaid() throws {
        let folder = try Folder()
        let lines = Lines()
        let notifier = Self.start(
            folder,
            .command("a", ["/bin/sh", "-c", "echo no paper; exit 1"]),
            attempts: 2,
            lines: lines
        )
        notifier.add(.sample())
        #expect(eventually { notifier.state.targets.first?.givenUp == 1 })
        notifier.stop()
        #expect(
            lines.all == [
                "notify: a was not told of raised ORDER_STUCK binance/o-1, given up: was tried 2 times: "
                    + "/bin/sh ended with status 1: no paper"
            ]
        )
        #expect(folder.queued.isEmpty)
    }

    @Test func withoutADiskItStillTells() throws {
        let folder = try Folder()
        try folder.write("notify", "in the way")
        let server = WebServer(.status(200))
        let lines = Lines()
        let notifier = Self.start(folder, .webhook("a", server.url), lines: lines)
        defer {
            notifier.stop()
            server.stop()
        }
        notifier.add(.sample())
        #expect(eventually { notifier.state.targets.first?.delivered == 1 })
        #expect(!notifier.state.diskError.isEmpty)
        #expect(lines.all.contains { $0.contains("would not survive a restart") })
    }

    @Test func addingMoreThanCanBeTakenIsCounted() throws {
        let folder = try Folder()
        let server = WebServer(.status(200))
        let notifier = Notifier(
            state: folder.path,
            settings: .init([.webhook("a", server.url)]),
            report: { _ in }
        )
        // Before it runs, nobody takes anything.
        for number in 0..<Notifier.mostIncoming + 25 { notifier.add(.sample("\(number)")) }
        notifier.start()
        defer { server.stop() }
        #expect(eventually(within: 60) { notifier.state.targets.first?.delivered == Outbox.mostPerMinute + 1 })
        notifier.stop()
        #expect(notifier.state.overflowed == 25)
        let counted = NotifyQueue(state: folder.path).waiting.reduce(0) { $0 + $1.notification.count }
        let summaries = server.bodies.compactMap { JSON($0) }.filter { $0["event"]?.string == "summary" }
        #expect(summaries.compactMap { $0["count"]?.integer } == [25])
        #expect(counted == Notifier.mostIncoming - Outbox.mostPerMinute)
    }

    @Test func newSettingsApplyAtOnce() throws {
        let folder = try Folder()
        let gone = WebServer(.nothing)
        gone.stop()
        let server = WebServer(.status(200))
        let notifier = Self.start(folder, .webhook("a", gone.url), backoffMs: 60_000)
        defer {
            notifier.stop()
            server.stop()
        }
        notifier.add(.sample())
        #expect(eventually { notifier.state.targets.first?.failures == 1 })
        notifier.configure(.init([.webhook("a", server.url)]))
        #expect(eventually { notifier.state.targets.first?.delivered == 1 })
        #expect(server.requests.count == 1)
    }
}
