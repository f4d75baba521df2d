import Testing

@testable import Desk

/// The lines of a stream, however its bytes were cut.
struct LineBufferTests {
    private func lines(_ pieces: [String], limit: Int) -> [String] {
        var buffer = LineBuffer(limit: limit)
        var lines: [String] = []
        for piece in pieces {
            buffer.add(piece.utf8)
            while let line = buffer.next() { lines.append(text(line)) }
        }
        if let line = buffer.last() { lines.append(text(line)) }
        return lines
    }

    private func text(_ line: LineBuffer.Line) -> String {
        switch line {
        case .whole(let bytes): String(decoding: bytes, as: UTF8.self)
        case .tooLong: "(too long)"
        }
    }

    @Test func theLinesAreTheSameHoweverTheBytesWereCut() {
        let text = "one\n\nthree\nthis one is much too long for the limit\nfive\nlast"
        let whole = lines([text], limit: 10)
        #expect(whole == ["one", "", "three", "(too long)", "five", "last"])
        for size in 1...text.count {
            let bytes = Array(text)
            let pieces = stride(from: 0, to: bytes.count, by: size)
                .map { String(bytes[$0..<min($0 + size, bytes.count)]) }
            #expect(lines(pieces, limit: 10) == whole, "cut into \(size)")
        }
    }

    @Test func aLineOfTheLimitIsWholeAndOneByteMoreIsNot() {
        #expect(lines(["12345\n123456\n"], limit: 5) == ["12345", "(too long)"])
    }

    @Test func anEndlessLineIsToldOnceAndNotKept() {
        var buffer = LineBuffer(limit: 100)
        var told = 0
        for _ in 0..<1_000 {
            buffer.add([UInt8](repeating: 0x61, count: 64))
            while buffer.next() != nil { told += 1 }
            #expect(buffer.rest.count <= 164)
        }
        buffer.add("\nnext\n".utf8)
        #expect(buffer.next() == .whole(Array("next".utf8)[...]))
        #expect(told == 1)
    }
}
