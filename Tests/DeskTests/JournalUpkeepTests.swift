import Testing

@testable import Desk

/// When the journal is looked after.
struct JournalUpkeepTests {
    /// Once an hour was too late: at 5,000 events a second that is 3 GB.
    @Test func itIsDueSoonAfterTheStartThenEveryFewSeconds() {
        var upkeep = JournalUpkeep()
        let times: [UInt64] = [1_000, 5_999, 6_000, 6_001, 10_999, 11_000]
        let due = times.map { upkeep.isDue(atMs: $0) }
        #expect(due == [false, false, true, false, false, true])
    }
}
