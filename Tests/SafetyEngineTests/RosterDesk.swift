@testable import SafetyEngine

/// A roster with the host around it: steps of the engine, numbers, and what was decided.
struct RosterDesk {
    var roster = Roster()
    var settings = EngineSettings()
    var lastNumber: UInt64 = 0
    var decisions: [Decision] = []
    private(set) var atMs: UInt64 = 0

    init(_ supervisors: [EngineSettings.ExpectedSupervisor] = [], startedMs: UInt64 = 0) {
        settings.supervisors = supervisors
        atMs = startedMs
        roster.hostStarted(at: startedMs, settings)
    }

    /// A bot with a command that starts it again.
    static func expected(
        _ name: String = "bot",
        intervalMs: UInt64 = 1_000,
        backoffMs: UInt64 = 1_000,
        most: Int = 3,
        feeds: String = ""
    ) -> EngineSettings.ExpectedSupervisor {
        var expected = EngineSettings.ExpectedSupervisor(name: name, intervalMs: intervalMs)
        expected.restart = ["systemctl", "restart", name]
        expected.backoffMs = backoffMs
        expected.mostRestarts = most
        expected.feeds = feeds
        return expected
    }

    mutating func beat(_ name: String = "bot", at atMs: UInt64, intervalMs: UInt64 = 1_000, pid: UInt32 = 0) {
        advance(to: atMs)
        roster.take(
            Heartbeat(name: name, intervalMs: intervalMs, pid: pid),
            Event.Origin(source: Event.Source(.bot, name)),
            Receipt(atMs: atMs, wallMs: Int64(atMs))
        )
    }

    /// Evaluates every step up to a time.
    mutating func advance(to end: UInt64) {
        while atMs - atMs % Engine.stepMs + Engine.stepMs <= end {
            atMs = atMs - atMs % Engine.stepMs + Engine.stepMs
            roster.evaluate(at: atMs, settings, &lastNumber, &decisions)
        }
        atMs = max(atMs, end)
    }

    mutating func process(_ name: String = "bot", isAlive: Bool, at atMs: UInt64) {
        advance(to: atMs)
        roster.process(name, isAlive: isAlive, at: atMs)
    }

    mutating func outcome(_ number: UInt64, isDone: Bool, _ text: String = "", at atMs: UInt64) {
        advance(to: atMs)
        roster.take(HostEvent.Outcome(number: number, isDone: isDone, text: text), at: atMs, &decisions)
    }

    /// What was asked to be restarted: number, name, attempt.
    var restarts: [(number: UInt64, name: String, attempt: Int)] {
        decisions.compactMap { decision in
            guard case .effect(let effect) = decision, case .restart(let name, let attempt) = effect.action else {
                return nil
            }
            return (effect.number, name, attempt)
        }
    }

    var log: [String] {
        decisions.compactMap { if case .log(let line) = $0, line.part == "supervisors" { line.text } else { nil } }
    }

    func health(_ name: String = "bot", at atMs: UInt64) -> Supervisor.Health? {
        shown(name, at: atMs)?.health
    }

    func shown(_ name: String = "bot", at atMs: UInt64) -> Supervisor? {
        roster.shown(at: atMs, settings: settings).first { $0.name == name }
    }

    func percent(_ name: String = "bot", at atMs: UInt64) -> Int? {
        roster.lateness(at: atMs, settings).first { $0.name == name }?.percent
    }
}
