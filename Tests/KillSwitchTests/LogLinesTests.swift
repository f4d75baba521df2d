import Testing

@testable import KillSwitch

/// Reading on is reading anew, whatever the log looks like and wherever it is cut.
@Suite struct LogLinesTests {
    private static func line(
        _ change: Record.Change,
        _ id: String,
        _ was: UInt32,
        _ state: UInt32,
        _ mode: Mode
    ) -> [UInt8] {
        let record = Record(
            change: change,
            id: id,
            at: "2026-01-02T03:04:05.678Z",
            mode: mode,
            reason: "why \(id)",
            source: .cli,
            was: was == 0 ? Word(rawValue: 0) : Word(generation: was, mode: was.isMultiple(of: 2) ? .live : .halted),
            state: Word(generation: state, mode: mode),
            clears: change == .resume ? 300 : nil
        )
        return [10] + record.line + [10]
    }

    private static let whole: [UInt8] =
        line(.halt, "first", 0, 1, .halted) + line(.resume, "go", 1, 2, .live) + line(.halt, "second", 2, 3, .halted)
        + Array("no record at all\n".utf8) + line(.halt, "third", 3, 5, .halted)
        // A short write, then the whole record; and a record that was written twice.
        + line(.halt, "fourth", 5, 7, .halted).prefix(60) + [10] + line(.halt, "fourth", 5, 7, .halted)
        + line(.halt, "third", 3, 5, .halted)

    private let word = Word(generation: 7, mode: .halted)

    @Test func whatIsReadOnIsWhatIsReadAnew() {
        let log = LogLinesTests.whole
        let anew = Fold(log: log, word: word, mirrorLength: nil)
        #expect(anew.records.count == 5 && anew.latches.contains { $0.id.hasPrefix("bad@") })
        for cut in 0...log.count {
            let before = Fold(log: Array(log[..<cut]), word: word, mirrorLength: nil)
            let after = Fold(log: log, word: word, mirrorLength: nil, knowing: before)
            #expect(after == anew, "cut at \(cut)")
            #expect(after.latches == anew.latches && after.records == anew.records && after.tail == anew.tail)
        }
    }

    @Test func aLogThatWasChangedIsReadAnew() {
        let log = LogLinesTests.whole
        let before = Fold(log: log, word: word, mirrorLength: nil)
        for index in stride(from: 0, to: log.count, by: 7) {
            var changed = log
            changed[index] ^= 0x20
            let longer = changed + LogLinesTests.line(.halt, "fifth", 7, 9, .halted)
            let after = Fold(log: longer, word: word, mirrorLength: nil, knowing: before)
            #expect(after == Fold(log: longer, word: word, mirrorLength: nil), "byte \(index)")
        }
        for length in stride(from: 0, to: log.count, by: 11) {
            let shorter = Array(log[..<length])
            let after = Fold(log: shorter, word: word, mirrorLength: log.count, knowing: before)
            #expect(after == Fold(log: shorter, word: word, mirrorLength: log.count) && after.lost)
        }
        #expect(Fold(log: nil, word: word, mirrorLength: nil, knowing: before).records.isEmpty)
    }
}
