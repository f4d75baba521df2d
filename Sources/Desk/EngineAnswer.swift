import KillSwitch
import SafetyEngine
import Synchronization

/// An answer of the engine's, waited for by a thread that may wait.
final class EngineAnswer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let worker = Worker()

    /// How long the engine may take, in milliseconds.
    private static var patienceMs: UInt64 { 5_000 }

    /// - Returns: nil: the engine does not answer.
    static func of(
        _ host: DeskHost,
        patienceMs: UInt64 = patienceMs,
        _ question: @escaping @Sendable (Engine, UInt64) -> Value
    ) -> Value? {
        let answer = EngineAnswer()
        let isAsked = host.ask { engine, atMs in
            let found = question(engine, atMs)
            answer.value.withLock { $0 = found }
            answer.worker.wake()
        }
        guard isAsked else { return nil }
        let until = Clock.boottime() + patienceMs * 1_000_000
        while Clock.boottime() < until {
            if let found = answer.value.withLock({ $0 }) { return found }
            _ = answer.worker.sleep(milliseconds: 250)
        }
        return answer.value.withLock { $0 }
    }
}
