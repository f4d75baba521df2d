import Glibc
import KillSwitch
import SafetyEngine
import Synchronization
import Testing

@testable import Venues

/// A desk with real pages in a directory of its own, and the paper desk on it.
private final class Running: Sendable {
    let path: String
    let killSwitch: KillSwitch
    let desk: PaperDesk
    let told = Mutex<[String]>([])
    let events = Mutex<[Event]>([])

    init(settings: PaperSettings = PaperSettings(), in given: String? = nil) throws {
        path = try given ?? Running.scratch()
        let directory = try StateDirectory(path)
        killSwitch = KillSwitch(directory, settings: DeskSettings(deadMan: 0))
        try killSwitch.ensurePages(mayStart: true)
        let said = Mutex<[String]>([])
        desk = PaperDesk(directory, settings: settings) { text in said.withLock { $0.append(text) } }
        said.withLock { early in told.withLock { $0 = early } }
    }

    private static func scratch() throws -> String {
        var template = Array("/tmp/estop-paper-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        return try #require(made)
    }

    func start() { desk.start { new in self.events.withLock { $0 += new } } }

    var seen: [Event] { events.withLock { $0 } }

    func halt() { killSwitch.halt(HaltRequest(reason: "test", source: .library)) }

    var slots: [GateSlot] { GateSlots.read(killSwitch.directory) ?? [] }

    /// Waits for something that has to come, at most ten seconds.
    func wait(_ what: String, for condition: () throws -> Bool) throws {
        let end = Clock.boottime() + 10_000_000_000
        while try !condition() {
            try #require(Clock.boottime() < end, "never: \(what)")
            Clock.sleep(milliseconds: 5)
        }
    }

    func remove() {
        desk.stop()
        for directory in [killSwitch.directory.defaultRunDirectory, path] {
            for name in (try? StateDirectory(directory).names()) ?? [] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
    }
}

@Suite(.serialized)
struct PaperDeskTests {
    @Test("Within two seconds of the first start there is something for every pane, and a gate for every bot")
    func comesAlive() throws {
        let running = try Running()
        defer { running.remove() }
        let begun = Clock.boottime()
        running.start()
        try running.wait("prices, positions, orders, beats, a venue, balances") {
            let kinds = Set(running.seen.map { String(describing: $0.body).prefix { $0 != "(" } })
            return kinds.isSuperset(of: ["price", "positions", "openOrders", "heartbeat", "venue", "balance"])
        }
        #expect(Clock.boottime() - begun < 2_000_000_000)
        let names = running.slots.filter(\.alive).map(\.name).sorted()
        #expect(names == ["paper-maker", "paper-momentum", "paper-reversion"])
        #expect(running.slots.allSatisfy { $0.scope.hasPrefix("venue=paper,account=main") && $0.interval > 0 })
        try running.wait("checks and beats of the gates") { running.slots.allSatisfy { $0.checks > 2 && $0.beat > 0 } }
        #expect(running.told.withLock { $0 }.isEmpty)
    }

    @Test("A halt is acknowledged by every gate at once; then nothing is sent, and cancelAll leaves nothing open")
    func halts() throws {
        var settings = PaperSettings(seed: 4)
        settings.stuckPerMille = 500
        let running = try Running(settings: settings)
        defer { running.remove() }
        running.start()
        let sent = {
            running.seen.count { event in
                guard case .order(let report) = event.body, event.origin.source.kind == .bot else { return false }
                return report.state == .submitted
            }
        }
        try running.wait("orders of the bots") { sent() > 0 && running.slots.count == 3 }
        running.halt()
        let halted = Clock.boottime()
        let word = try #require(running.killSwitch.observe().word)
        try running.wait("acknowledgements") { running.slots.allSatisfy { $0.acknowledges(word) } }
        #expect(Clock.boottime() - halted < 200_000_000, "woken by the page, not by the next step")
        _ = try running.desk.cancelAll(CancelScope())
        let before = try running.desk.accounts.flatMap { try running.desk.openOrders(account: $0) }
        try running.wait("an empty listing") {
            try running.desk.accounts.allSatisfy { try running.desk.openOrders(account: $0).isEmpty }
        }
        let refusals = running.slots.map(\.refusals).reduce(0, +)
        try running.wait("more refusals, and no order") { running.slots.map(\.refusals).reduce(0, +) > refusals + 12 }
        for account in running.desk.accounts { #expect(try running.desk.openOrders(account: account).isEmpty) }
        #expect(!before.isEmpty)
    }

    @Test("A restart goes on with what was held; unreadable state starts anew and says so")
    func restarts() throws {
        let first = try Running()
        defer { first.remove() }
        first.start()
        try first.wait("listings") { first.seen.contains { if case .positions = $0.body { true } else { false } } }
        let closed = try first.desk.positions(account: "reserve")
        let position = try #require(closed.first)
        _ = try first.desk.close(
            CloseRequest(
                account: "reserve",
                symbol: position.symbol,
                side: position.side,
                quantity: position.quantity,
                clientID: "desk-1"
            )
        )
        try first.wait("the close") {
            try first.desk.inquire(OrderName(clientID: "desk-1"), account: "reserve")?.state == .filled
        }
        first.desk.stop()
        let second = try Running(in: first.path)
        #expect(try second.desk.positions(account: "reserve").map(\.symbol) == closed.dropFirst().map(\.symbol))
        #expect(try second.desk.inquire(OrderName(clientID: "desk-1"), account: "reserve")?.state == .filled)
        #expect(second.told.withLock { $0 }.isEmpty)
        try first.killSwitch.directory.replace(PaperDesk.file, with: Array("{".utf8), permissions: 0o660)
        let third = try Running(in: first.path)
        #expect(third.told.withLock { $0 }.first?.contains("starts anew") == true)
        #expect(try third.desk.positions(account: "reserve").count == 2)
    }

    @Test("It wakes four times a second, and makes up for at most two seconds")
    func paces() {
        var pace = PaperPace(startMs: 1_000)
        #expect(pace.nowMs == 1_000 + PaperVenue.stepMs, "the first step is due at once")
        #expect((1...PaperVenue.stepMs).contains(pace.restMs))
        #expect(pace.isBeatDue() && !pace.isBeatDue())
        pace.tick()
        #expect(pace.nowMs < 3_500)
    }

    @Test("Saved soon after a trade, else now and then, never more often than every three seconds")
    func saves() {
        var saving = PaperSaving()
        let trade = Event(
            Event.Origin(source: Event.Source(.venue, "paper")),
            .order(OrderReport(clientID: "a", symbol: "b", side: .buy, quantity: Decimal(1), state: .filled))
        )
        let table: [(UInt64, [Event], Bool)] = [
            (0, [], true), (1_000, [trade], false), (2_999, [], false), (3_000, [], true), (9_000, [], false),
            (32_999, [], false), (33_000, [], true), (35_999, [trade], false), (36_000, [trade], true),
        ]
        for (atMs, events, isDue) in table { #expect(saving.isDue(at: atMs, after: events) == isDue, "at \(atMs)") }
    }
}
