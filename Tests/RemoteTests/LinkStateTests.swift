import SafetyEngine
import Testing

@testable import Remote

@Suite struct LinkStateTests {
    @Test func beforeAnythingCameItIsLostAndSaysWhy() {
        var link = LinkState()
        #expect(link.freshness(atMs: 10) == .lost(ageMs: 0, reason: "not connected yet"))
        #expect(link.silentMs(atMs: 10) == nil)
        link.began(atMs: 10)
        link.failed("refused", atMs: 20)
        link.began(atMs: 300)
        // Bytes that are no event yet make nothing live either.
        link.touched(atMs: 400)
        #expect(link.freshness(atMs: 500) == .lost(ageMs: 490, reason: "refused"))
    }

    @Test func aStreamThatSpeaksIsLiveThenStaleThenLost() {
        var link = LinkState()
        link.began(atMs: 900)
        link.heard(atMs: 1_000)
        #expect(link.freshness(atMs: 1_000) == .live(ageMs: 0))
        #expect(link.freshness(atMs: 3_999) == .live(ageMs: 2_999))
        #expect(link.freshness(atMs: 4_000) == .stale(ageMs: 3_000))
        #expect(link.freshness(atMs: 7_000) == .lost(ageMs: 6_000, reason: "nothing came for 6 s"))
        #expect(!link.isSilent(atMs: 6_999))
        #expect(link.isSilent(atMs: 7_000))
    }

    @Test func aBrokenStreamIsLostAtOnceWithTheAgeOfItsLastEvent() {
        var link = LinkState()
        link.heard(atMs: 1_000)
        link.failed("closed", atMs: 1_500)
        #expect(link.freshness(atMs: 1_600) == .lost(ageMs: 600, reason: "closed"))
        #expect(link.retryAtMs == 1_750)
        // Another stream that is only being asked for, or bytes that are no event yet, make nothing live.
        link.began(atMs: 1_750)
        link.touched(atMs: 1_800)
        #expect(link.freshness(atMs: 1_900) == .lost(ageMs: 900, reason: "closed"))
        link.heard(atMs: 2_000)
        #expect(link.freshness(atMs: 2_000) == .live(ageMs: 0))
    }

    @Test func itIsTriedAgainAfterLongerAndLongerUntilItSpeaks() {
        var link = LinkState()
        var waits: [UInt64] = []
        for _ in 0..<7 {
            link.failed("refused", atMs: 10_000)
            waits.append(link.retryAtMs - 10_000)
        }
        #expect(waits == [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000])
        link.heard(atMs: 20_000)
        link.failed("closed", atMs: 20_000)
        #expect(link.retryAtMs == 20_250)
    }

    @Test func aLargeEventThatIsStillComingIsNoSilence() {
        var link = LinkState()
        link.began(atMs: 0)
        link.touched(atMs: 5_000)
        #expect(!link.isSilent(atMs: 10_000))
        #expect(link.isSilent(atMs: 11_000))
    }
}
