import Testing

@testable import Desk

/// When the journal is looked after.
struct JournalUpkeepTests {
    @Test func itIsDueAWhileAfterTheStartThenOnceAnHour() {
        var upkeep = JournalUpkeep()
        let times: [UInt64] = [1_000, 60_999, 61_000, 61_001, 3_660_999, 3_661_000]
        let due = times.map { upkeep.isDue(atMs: $0) }
        #expect(due == [false, false, true, false, false, true])
    }
}
