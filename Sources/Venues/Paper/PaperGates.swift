import KillSwitch

/// The gates of the bots, one for each, on the one thread that sends their orders.
///
/// Invariant: a bot without a gate is refused.
final class PaperGates {
    private let state: String
    private let bots: [PaperBot]
    private var gates: [Gate?]
    private var triedMs: UInt64?
    private var seen: Word?
    /// What keeps gates from opening; empty: nothing.
    private(set) var problem = ""

    init(state: String, bots: [PaperBot]) {
        self.state = state
        self.bots = bots
        gates = bots.map { _ in nil }
    }

    /// Opens what is not open, at most every two seconds.
    func open(atMs: UInt64) {
        guard gates.contains(where: { $0 == nil }), triedMs.map({ atMs >= $0 + 2_000 }) ?? true else { return }
        triedMs = atMs
        problem = ""
        for (place, bot) in bots.enumerated() where gates[place] == nil {
            do {
                let interval = Duration.milliseconds(Int64(clamping: bot.intervalMs))
                gates[place] = try Gate(state: state, name: bot.name, scope: bot.scope, interval: interval)
            } catch {
                problem = "the gate \(bot.name) cannot be opened, the bot trades nothing: \(error.message)"
            }
        }
    }

    /// Whether a bot may send an order now.
    func permits(_ place: Int, reducing: Bool) -> Bool {
        guard gates.indices.contains(place), let gate = gates[place] else { return false }
        return gate.permits() || (reducing && gate.permitsReducing())
    }

    /// Looks through every gate, so that each acknowledges what is on the page, whether its bot wants to trade or not.
    func acknowledge() {
        // Before the looks: a change after it ends the next sleep at once.
        seen = first?.word
        for gate in gates { _ = gate?.permits() }
    }

    /// Beats for every bot.
    func beat() { for gate in gates { gate?.beat() } }

    /// Sleeps until the page changes, at most so long.
    func sleep(milliseconds: UInt64) {
        let begun = Clock.boottime()
        if let first, let seen {
            _ = first.wait(from: seen, timeout: .milliseconds(Int64(clamping: milliseconds)))
            if first.word != seen { return }
        }
        // No gate, or no page that can be waited for: that must not become a busy loop.
        let spentMs = (Clock.boottime() - begun) / 1_000_000
        if spentMs < milliseconds { Clock.sleep(milliseconds: milliseconds - spentMs) }
    }

    private var first: Gate? { gates.lazy.compactMap { $0 }.first }
}
