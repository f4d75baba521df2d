import Testing

@testable import ControlAPI

@Suite struct RefusalBookTests {
    @Test func aFloodWritesAFewEntriesAndCountsTheRest() {
        var span = RefusalBook.Span()
        let began: UInt64 = 1_000_000
        let written = (0..<1_000).filter { _ in span.take(atMs: began).isWritten }.count
        #expect(written == RefusalBook.most)
        #expect(!span.take(atMs: began + RefusalBook.spanMs - 1).isWritten)
        let next = span.take(atMs: began + RefusalBook.spanMs)
        #expect(next.isWritten && next.leftOut == 1_001 - RefusalBook.most)
        let after = span.take(atMs: began + RefusalBook.spanMs)
        #expect(after.isWritten && after.leftOut == 0)
    }
}
