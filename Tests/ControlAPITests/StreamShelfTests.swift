import KillSwitch
import Testing

@testable import ControlAPI

/// What a stream remembers.
@Suite struct StreamShelfTests {
    @Test func numbersRiseByOneAndWhatIsRememberedIsToldAgain() throws {
        var shelf = StreamHub.Shelf.ofThisHost
        let first = shelf.add("switch", .null).id
        for _ in 0..<10 { _ = shelf.add("switch", .null) }
        #expect(shelf.missed(since: first)?.map(\.id) == Array(first + 1...first + 10))
        #expect(shelf.missed(since: first + 10) == [])
        #expect(shelf.missed(since: first + 11) == nil, "nobody gave this number yet")
        #expect(shelf.missed(since: first - 1)?.count == 11)
        #expect(shelf.missed(since: first - 2) == nil)
        for _ in 0..<StreamHub.mostRemembered { _ = shelf.add("switch", .null) }
        #expect(shelf.missed(since: first + 10)?.count == StreamHub.mostRemembered)
        #expect(shelf.missed(since: first + 9) == nil, "not all of it is remembered: a snapshot")
    }

    @Test func aNumberOfAnEarlierHostIsNoneOfThis() {
        let earlier = StreamHub.Shelf.ofThisHost.next
        Clock.sleep(milliseconds: 5)
        var shelf = StreamHub.Shelf.ofThisHost
        for _ in 0..<100 { _ = shelf.add("switch", .null) }
        #expect(shelf.missed(since: earlier) == nil && shelf.missed(since: 0) == nil)
    }
}
