/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every machine, so that a failing test names its seed.
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// Creates the numbers of a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and without, a bound; 0 where there is no such number.
    public mutating func below(_ bound: Int) -> Int { bound > 0 ? Int.random(in: 0..<bound, using: &self) : 0 }

    /// Whether something happens that happens in so many of a thousand cases.
    public mutating func chance(_ perMille: Int) -> Bool { Int.random(in: 0..<1_000, using: &self) < perMille }

    /// A number of a range.
    public mutating func of(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// One of some; never asked of none.
    public mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}
