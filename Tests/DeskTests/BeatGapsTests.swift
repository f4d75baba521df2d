import Testing

@testable import Desk

@Suite struct BeatGapsTests {
    /// One look: its time, and the beat that it saw. In milliseconds, as people think of them.
    typealias Look = (at: UInt64, beat: UInt64)

    private func gaps(_ interval: UInt64, _ looks: [Look]) -> [Int] {
        var all = BeatGaps()
        var last: [Int] = []
        for look in looks {
            last = all.observe(
                .script("s"),
                beat: look.beat * 1_000_000,
                interval: interval * 1_000_000,
                at: look.at * 1_000_000
            )
        }
        return last
    }

    @Test(
        "gaps by interval and looks",
        arguments: [
            // One look tells of no gap; a look that sees no new beat of none either.
            (1000, [(5000, 4900)], []),
            (1000, [(5000, 4900), (5025, 4900), (5050, 4900)], []),
            // Never beat, then the first beat: that is no gap.
            (1000, [(5000, 0), (6000, 5900)], []),
            // On time, looked at once a second and every 25 ms.
            (10_000, [(1000, 900), (11_000, 10_900)], [100]),
            (1000, [(1000, 900), (1900, 900), (1925, 1900), (2900, 1900), (2925, 2900)], [100, 100]),
            // A little late is on time as long as an unseen beat could explain it.
            (10_000, [(10_000, 1000), (11_000, 11_000), (12_000, 12_000)], [100, 10]),
            (10_000, [(11_000, 1000), (12_000, 12_000)], [100]),
            (10_000, [(11_001, 1000), (12_001, 12_001)], [110]),
            // Watched every 25 ms, a gap is known to 25 ms.
            (1000, [(1000, 1000), (2000, 1000), (2025, 2025)], [100]),
            (1000, [(1000, 1000), (2100, 1000), (2125, 2110)], [111]),
            (1000, [(1000, 1000), (3975, 1000), (4000, 4000)], [300]),
            // Early: less than an interval.
            (1000, [(1000, 1000), (1325, 1300)], [30]),
            // Several beats between two looks: nobody can tell.
            (100, [(1000, 990), (2000, 1990)], [100]),
            (100, [(1000, 900), (2000, 2000)], [100]),
            // Silent for 4 intervals at the look before, then beating again: that much is certain, and no more.
            (100, [(1000, 600), (2000, 1990)], [490]),
            // Looked at once a second, one beat left out may have come between the looks; two may not.
            (1000, [(1000, 900), (2000, 900), (3000, 2900)], [100]),
            (1000, [(1000, 900), (2000, 900), (3000, 900), (4000, 3900)], [300]),
            // A beat that goes backwards starts anew.
            (1000, [(1000, 900), (2000, 1900), (3000, 500)], []),
            (1000, [(1000, 900), (2000, 1900), (3000, 500), (4000, 1500)], [100]),
            // No promise, no gaps.
            (0, [(1000, 900), (2000, 1900)], []),
            // A clock that went backwards between the looks.
            (1000, [(5000, 900), (2000, 1900)], [100]),
        ] as [(UInt64, [Look], [Int])]
    )
    func gapsFollowTheBeats(interval: UInt64, looks: [Look], expected: [Int]) {
        #expect(gaps(interval, looks) == expected)
    }

    @Test func onlyTheLastTwentyFourAreKept() {
        let looks = (1...40).map { Look(at: UInt64($0) * 1000, beat: $0 == 40 ? 40_000 : UInt64($0) * 1000) }
        let all = gaps(1000, looks + [(44_000, 40_000), (45_000, 45_000)])
        #expect(all.count == BeatGaps.most)
        #expect(all.last == 500)
        #expect(all.dropLast().allSatisfy { $0 == 100 })
    }

    @Test func eachHasItsOwnAndWhoVanishedIsForgotten() {
        var all = BeatGaps()
        let first = BeatGaps.Identity.gate(slot: 1, pid: 10)
        let second = BeatGaps.Identity.gate(slot: 1, pid: 11)
        _ = all.observe(first, beat: 10, interval: 10, at: 10)
        #expect(all.observe(second, beat: 20, interval: 10, at: 20) == [])
        #expect(all.observe(first, beat: 20, interval: 10, at: 20) == [100])
        all.keep([second])
        #expect(all.observe(first, beat: 30, interval: 10, at: 30) == [])
        #expect(all.observe(second, beat: 30, interval: 10, at: 30) == [100])
    }

    @Test func noTimesTrap() {
        let times: [UInt64] = [0, 1, 99, 1 << 32, 1 << 63, .max - 1, .max]
        for interval in times {
            for first in times {
                for second in times {
                    for look in times {
                        var all = BeatGaps()
                        _ = all.observe(.host, beat: first, interval: interval, at: look)
                        for gap in all.observe(.host, beat: second, interval: interval, at: .max) {
                            #expect((0...BeatGaps.longest).contains(gap))
                        }
                    }
                }
            }
        }
    }
}
