import Testing

@testable import Remote

@Suite struct EventStreamTests {
    private static let text = """
        : a comment\r
        retry: 1000\n\
        \n\
        id: 7\nevent: snapshot\ndata: {"a":1}\n\
        \n\
        event:desk\rdata:  two\rdata\rdata: lines\rid:8\r\
        \r\
        data: unnamed\r\n\r\n\
        event: nothing\n\
        \n\
        unknown: field\ndata: \u{e9}\u{1f600}\n\n\
        data: unfinished\n
        """

    private func event(_ id: String?, _ name: String, _ data: String) -> ServerEvent {
        ServerEvent(id: id, name: name, data: Array(data.utf8))
    }

    private var expected: [ServerEvent] {
        [
            event("7", "snapshot", "{\"a\":1}"), event("8", "desk", " two\n\nlines"), event(nil, "message", "unnamed"),
            event(nil, "message", "\u{e9}\u{1f600}"),
        ]
    }

    @Test func theSameEventsComeOutHoweverTheBytesAreCut() {
        let bytes = Array(EventStreamTests.text.utf8)
        for size in 1...bytes.count {
            var stream = EventStream()
            var events: [ServerEvent] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                events += stream.feed(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            #expect(events == expected, "cut every \(size)")
            #expect(stream.retryMs == 1000)
        }
    }

    @Test func aByteOrderMarkIsNoPartOfTheFirstField() {
        var stream = EventStream()
        #expect(stream.feed([0xef, 0xbb, 0xbf] + Array("data: x\n\n".utf8)) == [event(nil, "message", "x")])
    }

    @Test func anEventThatIsTooLargeEndsIt() {
        var stream = EventStream(most: 100)
        #expect(stream.feed(Array("data: \(String(repeating: "x", count: 60))\n\n".utf8)).count == 1)
        #expect(!stream.hasOverflowed)
        #expect(
            stream.feed(
                Array("data: \(String(repeating: "x", count: 60))\ndata: \(String(repeating: "y", count: 60))\n\n".utf8)
            ).isEmpty
        )
        #expect(stream.hasOverflowed)
        #expect(stream.feed(Array("\n\ndata: z\n\n".utf8)).isEmpty)
    }

    @Test func aNumberWithANulIsNone() {
        var stream = EventStream()
        #expect(stream.feed(Array("id: 1\u{0}2\ndata: x\n\n".utf8)) == [event(nil, "message", "x")])
    }
}
