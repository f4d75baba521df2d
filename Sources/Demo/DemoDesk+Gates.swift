import KillSwitch
import SafetyEngine

/// A bot of the recording.
private struct Bot {
    var name: String
    var scope: String
    var pid: UInt32
    /// Checks in one step of the recording.
    var checksPerStep: UInt64
    /// How long after a change of the word its next check comes.
    var reactsMs: UInt64
    var alive = true
}

private let bots: [Bot] = [
    Bot(
        name: "grid-xbt",
        scope: "venue=kraken,strategy=grid,symbol=XBT/USD",
        pid: 4101,
        checksPerStep: 610,
        reactsMs: 12
    ),
    Bot(
        name: "grid-eth",
        scope: "venue=kraken,strategy=grid,symbol=ETH/USD",
        pid: 4102,
        checksPerStep: 585,
        reactsMs: 31
    ),
    Bot(
        name: "momentum",
        scope: "venue=kraken,account=main,strategy=momentum",
        pid: 4117,
        checksPerStep: 45,
        reactsMs: 58
    ),
    Bot(
        name: "swing",
        scope: "venue=alpaca,account=equities,strategy=swing",
        pid: 4130,
        checksPerStep: 12,
        reactsMs: 170
    ),
    Bot(
        name: "pairs",
        scope: "venue=alpaca,account=equities,strategy=pairs",
        pid: 4131,
        checksPerStep: 20,
        reactsMs: 226
    ),
    Bot(
        name: "funding-arb",
        scope: "venue=binance-futures,strategy=funding",
        pid: 4140,
        checksPerStep: 88,
        reactsMs: 390
    ),
    Bot(name: "rebalancer", scope: "strategy=rebalance", pid: 4151, checksPerStep: 1, reactsMs: DemoDesk.slowGateMs),
    Bot(name: "pionex-grid", scope: "venue=pionex,strategy=grid", pid: 4160, checksPerStep: 30, reactsMs: 95),
    Bot(name: "scalper", scope: "venue=kraken,strategy=scalp", pid: 4099, checksPerStep: 0, reactsMs: 0, alive: false),
]

extension DemoDesk {
    /// The slowest bot checks so long after a halt: long enough for an alarm.
    static let slowGateMs: UInt64 = 4_000

    func gates(_ moment: Moment) -> [DeskSnapshot.Gate] {
        bots.enumerated().map { slot, bot in
            let steps = moment.nowMs / Recording.stepMs
            let checks = 1_204_000 / UInt64(slot + 1) + steps * bot.checksPerStep
            let sees = acknowledges(bot, moment)
            let blocked = moment.venueIsHalted && bot.scope.hasPrefix("venue=\(Recording.haltedVenue)")
            let refused = (blocked ? steps : 0) + (moment.haltedMs ?? 0) / Recording.stepMs
            return DeskSnapshot.Gate(
                slot: slot,
                name: bot.name,
                scope: bot.scope,
                pid: bot.pid,
                alive: bot.alive,
                acknowledged: bot.alive && sees,
                mode: (sees ? word : change?.before ?? word).mode,
                checks: checks,
                refusals: UInt64(slot % 3) + refused * bot.checksPerStep,
                checksPerSecond: bot.alive ? Double(bot.checksPerStep * 1000) / Double(Recording.stepMs) : nil,
                lastCheckAgeMs: lastCheck(bot, moment)
            )
        }
    }

    /// Milliseconds after the last change at which the last gate acknowledged it.
    var gatesDoneMs: UInt64 { bots.filter(\.alive).map(\.reactsMs).max() ?? 0 }

    private func acknowledges(_ bot: Bot, _ moment: Moment) -> Bool {
        guard let change else { return bot.alive }
        return bot.alive && moment.nowMs >= change.atMs && moment.nowMs - change.atMs >= bot.reactsMs
    }

    private func lastCheck(_ bot: Bot, _ moment: Moment) -> UInt64? {
        guard bot.alive else { return 900_000 + moment.nowMs }
        // In steps of the host's beat, as on a real desk; who checks once in 5 s is seen to.
        return moment.nowMs % (bot.checksPerStep < 10 ? Recording.stepMs : 1_000) / 200 * 200
    }
}
