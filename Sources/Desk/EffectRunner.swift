import KillSwitch
import SafetyEngine
import Synchronization

/// Carries out what the engine decided, in order, on a thread of its own, and tells the engine what became of it.
///
/// What spends (closing a position) or starts something is on disk before it is done, with a client id made of the
/// decision's number: the same decision is never sent as two orders. What only takes risk away (a cancel) is done even where the
/// disk does not take it.
final class EffectRunner: Sendable {
    /// How long a decision may take to reach the disk, in milliseconds.
    static let durableMs: UInt64 = 5_000

    private let waiting = Mutex<[Decision.Effect]>([])
    private let worker = Worker()
    private let outlets: Outlets

    struct Outlets: Sendable {
        /// Waits until everything that was decided so far is on disk; false when it is not within the time.
        var isDurable: @Sendable (UInt64) -> Bool
        /// The hand at a venue; nil: none is connected.
        var hand: @Sendable (String) -> VenueHand?
        /// Starts a supervisor's process again; why not, or nil.
        var restart: @Sendable (String) -> String?
        /// Takes what became of an effect.
        var outcome: @Sendable (HostEvent.Outcome) -> Void
    }

    /// How many orders may be sent in a minute; the rest wait.
    private let pace: Mutex<OrderPace>

    init(_ settings: EngineSettings.Orders, _ outlets: Outlets) {
        self.outlets = outlets
        pace = Mutex(OrderPace(perMinute: settings.perMinute))
    }

    func start() { worker.start { [self] in run() } }

    func stop() { worker.stop() }

    /// Takes effects; does not wait.
    func submit(_ effects: [Decision.Effect]) {
        guard !effects.isEmpty else { return }
        waiting.withLock { $0 += effects }
        worker.wake()
    }

    private func run() {
        while !worker.isStopping {
            let effects = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for effect in effects where !worker.isStopping {
                let problem = carryOut(effect)
                outlets.outcome(
                    HostEvent.Outcome(number: effect.number, isDone: problem == nil, text: problem ?? "accepted")
                )
            }
            if effects.isEmpty { _ = worker.sleep(milliseconds: 60_000) }
        }
    }

    /// Why it was not done; nil: it was accepted.
    private func carryOut(_ effect: Decision.Effect) -> String? {
        switch effect.action {
        case .cancel(let venue, let account, let clientID, let venueID):
            return outlets.hand(venue).map { $0.cancel(account, clientID, venueID) } ?? EffectRunner.absent(venue)
        case .inquire(let venue, let account, let clientID, let venueID):
            return outlets.hand(venue).map { $0.inquire(account, clientID, venueID) } ?? EffectRunner.absent(venue)
        case .close(let venue, let account, let symbol, let side, let quantity):
            guard outlets.isDurable(EffectRunner.durableMs) else {
                return "not sent: the decision is not on disk, and what is not recorded is not traded"
            }
            guard let hand = outlets.hand(venue) else { return EffectRunner.absent(venue) }
            while let wait = pace.withLock({ $0.take(nowMs: Clock.boottime() / 1_000_000) }) {
                if worker.isStopping { return "not sent: the host is stopping" }
                _ = worker.sleep(milliseconds: wait)
            }
            return hand.close(account, symbol, side, quantity, "estop-\(effect.number)")
        case .restart(let supervisor, _):
            guard outlets.isDurable(EffectRunner.durableMs) else {
                return "not started: the decision is not on disk"
            }
            return outlets.restart(supervisor)
        }
    }

    private static func absent(_ venue: String) -> String { "no adapter is connected to \(venue)" }
}

/// At most so many orders in any minute (FEATURES row E28).
struct OrderPace: Sendable, Equatable {
    private let perMinute: Int
    private var sent: [UInt64] = []

    init(perMinute: Int) { self.perMinute = max(1, perMinute) }

    /// Takes leave to send one now.
    ///
    /// - Returns: nil: send; else milliseconds to wait before asking again.
    mutating func take(nowMs: UInt64) -> UInt64? {
        sent.removeAll { $0 + 60_000 <= nowMs }
        if sent.count >= perMinute { return max(1, sent[0] + 60_000 - nowMs) }
        sent.append(nowMs)
        return nil
    }
}
