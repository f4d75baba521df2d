public import KillSwitch
public import SafetyEngine
import Synchronization

/// An attached screen's line to the engine of the host that runs: the views as they come, and what is wrong when none do.
public final class EngineLink: Sendable {
    private let directory: StateDirectory
    private let onView: @Sendable () -> Void
    private let worker = Worker()
    private let state = Mutex(State())

    private struct State {
        var view: EngineView?
        var at: UInt64 = 0
        var problem: String? = "the host has not answered yet"
        var hasAnswered = false
    }

    /// Between two tries to reach a host, in milliseconds.
    private static let retryMs: UInt64 = 1_000
    /// A host that has been silent for so long is not connected, in milliseconds; it speaks once a second.
    private static let silenceMs: UInt64 = 5_000

    /// Creates a link; `start` begins.
    ///
    /// - Parameter onView: called on the link's thread after each view; must not wait.
    public init(_ killSwitch: KillSwitch, onView: @escaping @Sendable () -> Void) {
        directory = killSwitch.directory
        self.onView = onView
    }

    /// Begins.
    public func start() { worker.start { [self] in run() } }

    /// Ends.
    public func stop() { worker.stop() }

    /// Whether anything is known of the engine: a view, or why there is none.
    public var hasAnswered: Bool { state.withLock { $0.hasAnswered } }

    /// What is seen of the engine now.
    public var sight: EngineSight {
        let state = state.withLock { $0 }
        let ageMs = state.at == 0 ? 0 : (Clock.boottime() - state.at) / 1_000_000
        if let problem = state.problem { return .lost(state.view, ageMs: ageMs, reason: problem) }
        guard let view = state.view else { return .lost(nil, ageMs: 0, reason: "the host has not answered yet") }
        return .view(view, ageMs: ageMs)
    }

    private func run() {
        while !worker.isStopping {
            do {
                let client = try ControlClient(directory)
                try client.send(.watch)
                try listen(client)
            } catch {
                state.withLock { state in
                    state.problem = error.message
                    state.hasAnswered = true
                }
                onView()
            }
            _ = worker.sleep(milliseconds: EngineLink.retryMs)
        }
    }

    private func listen(_ client: ControlClient) throws(ControlClient.Failure) {
        var heard = Clock.boottime()
        while !worker.isStopping {
            var isNew = false
            while let line = try client.line(within: 0) {
                guard let view = ViewLine.view(of: line) else {
                    guard let problem = JSON(bytes: line)?["error"]?.string else { continue }
                    throw ControlClient.Failure(message: problem, isAbsent: false)
                }
                heard = Clock.boottime()
                isNew = true
                state.withLock { $0 = State(view: view, at: heard, problem: nil, hasAnswered: true) }
            }
            if isNew { onView() }
            let quiet = (Clock.boottime() - heard) / 1_000_000
            if quiet > EngineLink.silenceMs {
                throw ControlClient.Failure(message: "the host's engine does not answer", isAbsent: false)
            }
            // What comes wakes it: only silence has to be waited for.
            _ = worker.sleep(also: client.readable, milliseconds: EngineLink.silenceMs + 1 - quiet)
        }
    }
}
