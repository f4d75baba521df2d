import Seeds
import Testing

@testable import SafetyEngine

/// No bytes whatever make the reader trap, and what it says of them is safe to print.
struct EventLineMutationTests {
    private static let pieces: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "\\u", "\\ud83d", "\\ud83d\\ude00", "-", "e999", ".", "0",
            "99999999999999999999999999999999999999999", "\"v\":1", "\"orders\":[", "\u{202e}", "\u{1f600}", "\n",
        ].map { Array($0.utf8) } + [[0], [0x1b], [0x7f], [0x80], [0xff], [0xf0, 0x9f]]

    private func mutated(_ lines: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }
        var line = lines[pick(lines.count)]
        for _ in 0...pick(3) {
            let at = pick(line.count + 1)
            let end = min(line.count, at + pick(12))
            switch pick(5) {
            case 0: line.replaceSubrange(at..<end, with: Self.pieces[pick(Self.pieces.count)])
            case 1: line.insert(contentsOf: Self.pieces[pick(Self.pieces.count)], at: at)
            case 2: line.removeSubrange(at..<end)
            case 3: if at < line.count { line[at] = UInt8(truncatingIfNeeded: random.next()) }
            default: line.insert(contentsOf: line[at..<end], at: at)
            }
        }
        return line
    }

    /// Parses; nil: taken. The text of a refusal is checked.
    private func refusal(_ line: [UInt8]) -> String? {
        do throws(EventLine.Refusal) {
            let event = try EventLine.parse(line)
            // Whatever is taken is within the limits: it can be written and read again.
            let again: Event? = try? EventLine.parse(EventLine.bytes(of: event))
            if again != event { return "NOT ITSELF" }
            return nil
        } catch {
            let text = error.description
            let isSafe = text.utf8.count <= 600 && !text.unicodeScalars.contains(where: EventLine.isHidden)
            return isSafe ? text : "NOT SAFE"
        }
    }

    @Test func aHundredThousandMutationsNeverTrap() {
        let lines = EventLineSamples.good.map { Array($0.line.utf8) }
        var taken = 0
        for seed in 0..<UInt64(100_000) {
            var random = SeededRandom(seed: seed)
            let line = mutated(lines, &random)
            switch refusal(line) {
            case nil: taken += 1
            case "NOT SAFE": Issue.record("seed \(seed): the refusal is not safe to print: \(line)")
            case "NOT ITSELF": Issue.record("seed \(seed): taken, and not the same when written: \(line)")
            default: break
            }
        }
        // Some survive: else the mutations would only test the first byte.
        #expect(taken > 1_000)
    }

    @Test func aLineCutAnywhereIsRefused() {
        for sample in EventLineSamples.good {
            let line = Array(sample.line.utf8)
            let whole = line.lastIndex(of: UInt8(ascii: "}")) ?? 0
            for end in 0..<whole { #expect(refusal(Array(line[..<end])) != nil) }
        }
    }

    @Test func theOrderOfKeysMeansNothing() throws {
        let line = #"{"count":3,"type":"signals","x_a":"b","source":"bot:a","id":"1","v":1}"#
        let other = #"{"v":1,"id":"1","source":"bot:a","count":3,"type":"signals"}"#
        #expect(try EventLine.parse(Array(line.utf8)) == EventLine.parse(Array(other.utf8)))
    }

    @Test func aKeyThatIsThereTwiceIsRefusedEverywhere() {
        for sample in EventLineSamples.good {
            let line = sample.line.replacing("\"v\":1,", with: "\"v\":1,\"v\":1,")
            #expect(refusal(Array(line.utf8)) == "v: is there twice: write it once")
        }
    }
}
