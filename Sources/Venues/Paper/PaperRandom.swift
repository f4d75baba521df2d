/// SplitMix64: the same numbers on every machine.
struct PaperRandom: Sendable, Equatable, Codable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// 0 to `count` - 1; 0 where `count` is less than 1.
    mutating func below(_ count: Int) -> Int {
        let drawn = next() >> 1
        return count > 0 ? Int(drawn % UInt64(count)) : 0
    }

    /// About normal, with a standard deviation of 65,536: four 16-bit numbers added up and stretched.
    mutating func noise() -> Int64 {
        let drawn = next()
        var sum: Int64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 16) { sum += Int64((drawn >> shift) & 0xffff) }
        // Four uniform numbers below 65,536 have a mean of 131,070 and a standard deviation of 37,837.
        return (sum - 131_070) * 65_536 / 37_837
    }
}
