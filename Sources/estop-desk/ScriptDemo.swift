import KillSwitch
import SafetyEngine

/// A script on a demo desk: no time passes but what the script waits, and every run is the same to the byte.
struct ScriptDemo<Source: DemoSource>: ScriptWorld {
    private var desk = Source()
    private var atMs: UInt64 = 0
    private var lookAtMs: UInt64 = 0
    private var news: [ScriptNews] = []

    /// Where the clocks stand at the beginning: 2026-11-21 12:00:00 UTC, a quarter of an hour after the machine's start.
    private static var beganWallMs: Int64 { 1_795_262_400_000 }
    private static var beganMs: UInt64 { 900_000 }

    /// Who halts it.
    private static var operatorName: String { "demo" }

    var nowMs: UInt64 { Self.beganMs &+ atMs }
    var wallMs: Int64 { Self.beganWallMs &+ Int64(clamping: atMs) }

    mutating func first() -> DeskSnapshot { look() }

    mutating func next(untilMs: UInt64) -> ScriptNews? {
        if !news.isEmpty { return news.removeFirst() }
        let until = max(atMs, untilMs &- min(untilMs, Self.beganMs))
        guard lookAtMs <= until else {
            atMs = until
            return nil
        }
        atMs = max(atMs, lookAtMs)
        return .snapshot(look())
    }

    private mutating func look() -> DeskSnapshot {
        let snapshot = desk.snapshot(atMs: atMs, wallMs: wallMs)
        lookAtMs = atMs &+ snapshot.lookAgainMs
        return snapshot
    }

    mutating func halt() {
        desk.halt(atMs: atMs, wallMs: wallMs, by: Self.operatorName)
        lookAtMs = atMs
    }

    mutating func giveReason(_ reason: String) {
        desk.giveReason(reason)
        lookAtMs = atMs
    }

    mutating func preflight(_ mode: Mode, _ scope: Scope) {
        news.append(.preflight(desk.preflight(mode: mode, scope: scope, atMs: atMs), mode, scope))
    }

    mutating func resume(_ request: ResumeRequest, _ passphrase: String) {
        var request = request
        if request.op.isEmpty { request.op = Self.operatorName }
        let (succeeded, message) = desk.resume(request, atMs: atMs, wallMs: wallMs)
        news.append(.resumed(succeeded: succeeded, message: message))
        lookAtMs = atMs
    }

    mutating func act(_ change: OperatorAction.Change, reason: String, passphrase: String) {
        news.append(.notice(DemoWords.noEngine))
    }

    func end() {}
}
