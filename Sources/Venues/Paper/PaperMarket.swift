/// Drifting prices: for each symbol a slow walk that is drawn back to where it began, and a quick swing around that.
///
/// Invariants (VenuesTests/PaperMarketTests): a price is at least one tick and stays between half and twice its anchor, but
/// for the swing; prices depend on the seed and on nothing that anybody orders.
struct PaperMarket: Sendable, Equatable, Codable {
    private var random: PaperRandom
    /// In 65,536ths of a tick, by symbol.
    private var slow: [Int64]
    private var swing: [Int64]

    /// Movements in one second, in millionths, of the swing; it dies down with a time constant of `swingSeconds`.
    private static let swingVolatility: Int64 = 180
    private static let swingSeconds: Int64 = 64
    /// The time constant of the pull back to the anchor: half a day.
    private static let pullSeconds: Int64 = 43_200

    init(seed: UInt64) {
        random = PaperRandom(seed: seed)
        slow = []
        for symbol in PaperSymbol.all {
            // Within one percent of the anchor: another seed shows another desk from its first second.
            let off = random.noise().clamped(to: -131_072...131_072) * (symbol.anchor << 16) / 200 / 65_536
            slow.append((symbol.anchor << 16) + off)
        }
        swing = PaperSymbol.all.map { _ in 0 }
    }

    /// Moves one symbol's price by one second.
    mutating func move(_ index: Int) {
        let anchor = PaperSymbol.all[index].anchor << 16
        let millionth = max(1, slow[index] / 1_000_000)
        let step = (millionth * PaperSymbol.all[index].volatility * random.noise()) >> 16
        let pull = (anchor - slow[index]) / PaperMarket.pullSeconds
        slow[index] = (slow[index] + step + pull).clamped(to: anchor / 2...anchor * 2)
        swing[index] -= swing[index] / PaperMarket.swingSeconds
        swing[index] += (millionth * PaperMarket.swingVolatility * random.noise()) >> 16
        swing[index] = swing[index].clamped(to: -anchor / 50...anchor / 50)
    }

    /// The middle of the market, in ticks.
    func ticks(_ index: Int) -> Int64 { max(2, (slow[index] + swing[index] + 32_768) >> 16) }

    /// What a buyer pays who does not wait, in ticks: a hundredth of a percent above the middle.
    func ask(_ index: Int) -> Int64 { ticks(index) + spread(index) }

    /// What a seller gets who does not wait, in ticks.
    func bid(_ index: Int) -> Int64 { max(1, ticks(index) - spread(index)) }

    private func spread(_ index: Int) -> Int64 { max(1, ticks(index) / 10_000) }

    /// Whether it is one that this program could have written.
    var isSound: Bool {
        slow.count == PaperSymbol.all.count && swing.count == PaperSymbol.all.count
            && PaperSymbol.all.indices.allSatisfy { index in
                let anchor = PaperSymbol.all[index].anchor << 16
                return (anchor / 2...anchor * 2).contains(slow[index])
                    && (-anchor / 50...anchor / 50).contains(swing[index])
            }
    }
}

extension Int64 {
    func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
