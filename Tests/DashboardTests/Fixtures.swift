import KillSwitch
import SafetyEngine

@testable import Dashboard

/// Desks as the tests draw them. The wall clock stands at 2026-11-21 12:04:13 UTC, the monotonic one at 1,000,000 ms.
enum Fixture {
    static let nowMs: UInt64 = 1_000_000
    static let wallMs: Int64 = 1_795_262_653_000

    static func trading() -> DeskSnapshot {
        var desk = DeskSnapshot(deskName: "alpha", paper: false, directory: "/var/lib/estop/alpha")
        desk.word = Word(generation: 8, mode: .live)
        desk.mode = .live
        desk.since = "2026-11-21T08:30:00.000Z"
        desk.sinceAgeMs = 12_853_000
        desk.by = "bob (keyboard)"
        desk.reason = "positions reconciled, feed is back"
        desk.host = .running(pid: 812, beatAgeMs: 400)
        desk.operatorsEnrolled = true
        desk.freshness = .live(ageMs: 120)
        desk.gates = (0..<4).map { gate($0, mode: .live, acknowledged: true) }
        desk.supervisors = [
            Supervisor(
                name: "market-data",
                intervalMs: 1000,
                lastBeatAgeMs: 300,
                alive: true,
                gaps: [100, 100, 130, 100]
            ),
            Supervisor(name: "risk", intervalMs: 5000, lastBeatAgeMs: 8000, alive: true),
            Supervisor(name: "nightly-report", intervalMs: 60_000, lastBeatAgeMs: 200_000, alive: nil),
            Supervisor(name: "grid-bot-2", intervalMs: 2000, lastBeatAgeMs: 900_000, alive: false),
        ]
        desk.history = [
            record(.halt, "2026-11-20T17:02:11.000Z", .halted, "API errors", op: "alice"),
            record(.resume, "2026-11-21T08:30:00.000Z", .live, "positions reconciled, feed is back", op: "bob"),
        ]
        return filled(desk)
    }

    static func halting() -> DeskSnapshot {
        var desk = halted()
        desk.since = "2026-11-21T12:04:10.700Z"
        desk.sinceAgeMs = 2300
        desk.latches = [desk.latches[0]]
        desk.latches[0].since = "2026-11-21T12:04:10.700Z"
        desk.gates[2].acknowledged = false
        desk.steps.acknowledged = 3
        desk.steps.waitingFor = ["grid-bot-2"]
        desk.steps.gates = .pending(ms: 2300)
        desk.steps.orders = .pending(ms: 2300)
        desk.steps.verified = .empty
        return desk
    }

    static func halted() -> DeskSnapshot {
        var desk = trading()
        desk.word = Word(generation: 9, mode: .halted)
        desk.mode = .halted
        desk.since = "2026-11-21T12:00:01.204Z"
        desk.sinceAgeMs = 251_796
        desk.by = "alice (keyboard)"
        desk.reason = "Uncontrolled losses"
        desk.gates = (0..<4).map { gate($0, mode: .halted, acknowledged: true) }
        desk.latches = [
            Latch(
                id: "h1",
                source: .keyboard,
                scope: .global,
                mode: .halted,
                reason: "Uncontrolled losses",
                op: "alice",
                since: "2026-11-21T12:00:01.204Z",
                tag: 1
            ),
            Latch(
                id: "h2",
                source: .file,
                scope: .global,
                mode: .halted,
                reason: "stop file: maintenance",
                op: "",
                since: "2026-11-21T12:02:30.000Z",
                tag: 2
            ),
        ]
        desk.history.append(record(.halt, "2026-11-21T12:00:01.204Z", .halted, "Uncontrolled losses", op: "alice"))
        desk.steps.key = .done(ms: 0)
        desk.steps.page = .done(ms: 0.02)
        desk.steps.disk = .done(ms: 3.14)
        desk.steps.gates = .done(ms: 41)
        desk.steps.acknowledged = 4
        desk.steps.open = 4
        desk.steps.orders = .done(ms: 1310)
        desk.steps.verified = .done(ms: 1312)
        return desk
    }

    /// A desk on which everything is long, wide or hostile.
    static func crowded() -> DeskSnapshot {
        var desk = halting()
        desk.deskName = "部署-東京-取引デスク-number-one"
        desk.reason = String(repeating: "a very long reason ", count: 20)
        desk.notDurable = "no space left on device"
        desk.notices = ["port 5000 is taken by pid 77", "estop.toml line 3: unknown key"]
        desk.gates = (0..<40).map { gate($0, mode: .halted, acknowledged: $0 % 3 != 0) }
        desk.gates[0].name = "evil\u{1b}[2J\u{202e}name"
        desk.gates[1].name = "漢字のボット"
        desk.steps.disk = .alarm(
            "not on disk: no space left. By hand: estop activate, or touch /var/lib/estop/EMERGENCY_STOP"
        )
        desk.steps.waitingFor = (0..<14).map { "grid-bot-\($0 * 3)" }
        return desk
    }

    static func gate(_ index: Int, mode: Mode, acknowledged: Bool) -> DeskSnapshot.Gate {
        DeskSnapshot.Gate(
            slot: index,
            name: "grid-bot-\(index)",
            scope: "venue=kraken,strategy=grid\(index)",
            pid: 4100 + UInt32(index),
            alive: true,
            acknowledged: acknowledged,
            mode: mode,
            checks: 120_000,
            refusals: UInt64(index),
            checksPerSecond: 1234.5,
            lastCheckAgeMs: 200
        )
    }

    static func record(_ change: Record.Change, _ at: String, _ mode: Mode, _ reason: String, op: String) -> Record {
        Record(
            change: change,
            id: at,
            at: at,
            mode: mode,
            reason: reason,
            source: .keyboard,
            op: op,
            was: Word(rawValue: 1),
            state: Word(rawValue: 2),
            clears: 0
        )
    }

    /// An interface that has just observed the desk.
    static func interface(_ desk: DeskSnapshot, at nowMs: UInt64 = nowMs) -> Interface {
        var interface = Interface()
        _ = interface.observe(desk, nowMs: nowMs)
        return interface
    }

    static func frame(
        _ interface: Interface,
        _ desk: DeskSnapshot,
        _ width: Int,
        _ height: Int,
        nowMs: UInt64 = nowMs,
        unicode: Bool = true
    ) -> Frame {
        render(
            interface,
            snapshot: desk,
            width: width,
            height: height,
            nowMs: nowMs,
            wallClockMs: wallMs + Int64(nowMs) - Int64(Fixture.nowMs),
            unicode: unicode
        )
    }
}

extension Frame {
    /// All rows as text.
    var text: String { (0..<height).map { text(row: $0) }.joined(separator: "\n") }
}

extension Interface {
    /// Presses keys one after another at one moment.
    @discardableResult
    mutating func press(_ keys: [Key], _ desk: DeskSnapshot, at nowMs: UInt64 = Fixture.nowMs) -> [Effect] {
        keys.flatMap { handle(.key($0), snapshot: desk, nowMs: nowMs) }
    }

    /// Types a text.
    @discardableResult
    mutating func type(_ text: String, _ desk: DeskSnapshot, at nowMs: UInt64 = Fixture.nowMs) -> [Effect] {
        press(text.map { .character($0) }, desk, at: nowMs)
    }

    var resumeDialog: ResumeDialog? { layers.compactMap { $0 as? ResumeDialog }.last }
    var picker: ReasonPicker? { layers.compactMap { $0 as? ReasonPicker }.last }
}
