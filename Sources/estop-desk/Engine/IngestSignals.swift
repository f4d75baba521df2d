import Glibc
import KillSwitch
import Synchronization

/// Signals that end `estop ingest`: it says what became of its lines first, and never vanishes without a word.
final class IngestSignals: Sendable {
    private let wire = Wire()
    private let received = Atomic<Int32>(0)

    /// Takes the signals over, before any other thread exists. One that the caller ignores (nohup) stays ignored.
    init() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] where !IngestSignals.isIgnored(number) { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let waited = signals
        _ = ThreadStart.detached { [self] in
            var signals = waited
            var number: Int32 = 0
            guard sigwait(&signals, &number) == 0 else { return }
            received.store(number, ordering: .releasing)
            wire.pull()
            // Whoever asks again means now.
            for number in [SIGTERM, SIGINT, SIGHUP] where !IngestSignals.isIgnored(number) { signal(number, SIG_DFL) }
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        }
    }

    /// The signal that came; nil: none.
    var number: Int32? {
        let number = received.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Readable once a signal came.
    var readable: Int32 { wire.readable }

    /// Sleeps, until a signal comes.
    func sleep(milliseconds: Int32) { _ = wire.wait(milliseconds: milliseconds) }

    /// A signal's name.
    static func name(of number: Int32) -> String {
        [SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGHUP: "SIGHUP"][number] ?? "signal \(number)"
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
