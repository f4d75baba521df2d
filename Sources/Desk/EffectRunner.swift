import KillSwitch
import SafetyEngine
import Synchronization
import Venues

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
        /// The adapter of a venue; nil: none is connected.
        var adapter: @Sendable (String) -> (any VenueAdapter)?
        /// Takes what a venue said when it was asked.
        var heard: @Sendable ([Event]) -> Void
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
            return at(venue, "cancel it by hand at \(venue)") { adapter throws(VenueError) in
                let answer = try adapter.cancel(OrderName(clientID: clientID, venueID: venueID), account: account)
                if let refusal = answer.refused.first { throw VenueError(.refused, refusal.reason) }
            }
        case .inquire(let venue, let account, let clientID, let venueID):
            return at(venue, "look it up by hand at \(venue)") { adapter throws(VenueError) in
                let name = OrderName(clientID: clientID, venueID: venueID)
                guard let report = try adapter.inquire(name, account: account) else { return }
                let origin = Event.Origin(venue: venue, account: account, source: Event.Source(.venue, venue))
                outlets.heard([Event(origin, .order(report))])
            }
        case .close(let venue, let account, let symbol, let side, let quantity, let noWorseThan):
            guard outlets.isDurable(EffectRunner.durableMs) else {
                return "not sent: the decision is not on disk, and what is not recorded is not traded"
            }
            while let wait = pace.withLock({ $0.take(nowMs: Clock.boottime() / 1_000_000) }) {
                if worker.isStopping { return "not sent: the host is stopping" }
                _ = worker.sleep(milliseconds: wait)
            }
            let request = CloseRequest(
                account: account,
                symbol: symbol,
                side: side,
                quantity: quantity,
                clientID: effect.clientID,
                noWorseThan: noWorseThan
            )
            return at(venue, "close it by hand at \(venue)") { adapter throws(VenueError) in
                _ = try adapter.close(request)
            }
        case .restart(let supervisor, _):
            guard outlets.isDurable(EffectRunner.durableMs) else {
                return "not started: the decision is not on disk"
            }
            return outlets.restart(supervisor)
        }
    }

    /// Why a venue did not do it; nil: it was accepted.
    ///
    /// - Parameter byHand: what an operator does where nothing can be sent.
    private func at(
        _ venue: String,
        _ byHand: String,
        _ body: (any VenueAdapter) throws(VenueError) -> Void
    ) -> String? {
        guard let adapter = outlets.adapter(venue) else {
            return "no adapter is connected to \(venue), so nothing was sent; \(byHand)"
        }
        do {
            try body(adapter)
            return nil
        } catch {
            return error.message
        }
    }
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
