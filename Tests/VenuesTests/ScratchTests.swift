import SafetyEngine
import Testing

@testable import Venues

struct ScratchTests {
    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6]) func look(seed: UInt64) {
        var world = PaperWorld(PaperSettings(seed: seed), wallMs: 1_700_000_000_000)
        var sent = 0, fills = 0, trades = 0, wins = 0, stuck = 0, events = 0, rejected = 0, signals = 0
        var byStyle: [String: (Int, Decimal)] = [:]
        var streak = 0, longest = 0
        let begin = world.venue.equity(of: "main")
        let hours: UInt64 = 6
        for step in 1...(hours * 14_400) {
            for event in world.advance(to: step * 250, permits: { _, _ in true }) {
                events += 1
                switch event.body {
                case .order(let r) where event.origin.source.kind == .bot && r.state == .submitted: sent += 1
                case .order(let r) where r.state == .rejected: rejected += 1
                case .order(let r) where event.origin.source.kind == .venue && r.state == .expired && r.note.hasPrefix("sim"): stuck += 1
                case .fill: fills += 1
                case .signals(let n): signals += n
                case .trade(let t):
                    trades += 1
                    if t.profit > Decimal(0) { wins += 1; streak = 0 } else { streak += 1; longest = max(longest, streak) }
                    let old = byStyle[event.origin.strategy] ?? (0, Decimal(0))
                    byStyle[event.origin.strategy] = (old.0 + 1, old.1.adding(t.profit)!)
                default: break
                }
            }
        }
        print("seed \(seed): events \(events) sent/h \(sent / Int(hours)) fills \(fills) trades \(trades) wins \(wins) longest \(longest) stuck \(stuck) rejected \(rejected) signals/h \(signals / Int(hours)) equity \(begin!) -> \(world.venue.equity(of: "main")!) \(byStyle.sorted { $0.key < $1.key }) prices \(PaperSymbol.all.indices.map { world.venue.price(of: PaperSymbol.all[$0].name)!.description })")
    }
}
