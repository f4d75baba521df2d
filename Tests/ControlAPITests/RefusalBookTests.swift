import KillSwitch
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

    @Test func whatWasRefusedWithoutAnEngineIsKeptWithItsTimeUntilOneRuns() {
        let book = RefusalBook()
        for number in 0..<RefusalBook.mostKept + 5 {
            book.keep(.init(who: "http", what: "resume_refused", body: [.init("n", .number(number))]), at: "t\(number)")
        }
        let kept = book.takeKept()
        // The last ones: what is asked last is what is still being tried.
        #expect(kept.count == RefusalBook.mostKept && kept.first?.body.first?.value == .number(5))
        #expect(kept.last?.body.last == .init("at", .string("t\(RefusalBook.mostKept + 4)")))
        #expect(book.takeKept().isEmpty)
    }
}
