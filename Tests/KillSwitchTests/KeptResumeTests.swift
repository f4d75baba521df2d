import Glibc
import Testing

@testable import KillSwitch

@Suite struct KeptResumeTests {
    private static let boot = "0123456789abcdef0123456789abcdef"
    private static let asked: UInt64 = 1_000_000_000_000
    private static let word = Word(generation: 7, mode: .halted)
    private static let minutes5: UInt64 = 300_000_000_000

    static func kept(isSpent: Bool = false) -> KeptResume {
        KeptResume(
            content: WaitingResume(
                id: "0a1b2c3d",
                mode: .reduceOnly,
                reason: "the feed is back; \"checked\" twice\n",
                overrides: [.host: "no host", .gates: "one is dead"],
                askedBy: "ann",
                from: "/dev/pts/3 10.0.0.1",
                source: .cli,
                at: "2026-01-02T03:04:05.678Z"
            ),
            enrolledSince: "2026-01-01T00:00:00.000Z",
            askedNs: asked,
            bootID: boot,
            word: word,
            latches: ["one", "two"],
            isSpent: isSpent
        )
    }

    @Test func itCountsOnTheWordTheLatchesTheBootAndWithinItsTime() {
        let asked = KeptResumeTests.asked
        let limit = asked + KeptResumeTests.minutes5
        let ends: KeptResume.State = .expired
        let cases: [(String, UInt64, String?, Word?, [String], KeptResume.State)] = [
            ("at once", asked, Self.boot, Self.word, ["one", "two"], .waiting(leftMs: 300_000)),
            (
                "half a minute on", asked + 29_000_000_000, Self.boot, Self.word, ["one", "two"],
                .waiting(leftMs: 271_000)
            ),
            ("a nanosecond before the end", limit - 1, Self.boot, Self.word, ["one", "two"], .waiting(leftMs: 1)),
            ("at the end", limit, Self.boot, Self.word, ["one", "two"], ends),
            ("long after", .max, Self.boot, Self.word, ["one", "two"], ends),
            ("the clock went back", asked - 1, Self.boot, Self.word, ["one", "two"], ends),
            ("the clock is at 0", 0, Self.boot, Self.word, ["one", "two"], ends),
            ("another boot", asked, String(Self.boot.reversed()), Self.word, ["one", "two"], ends),
            ("no boot id", asked, nil, Self.word, ["one", "two"], ends),
        ]
        for (name, now, boot, word, latches, state) in cases {
            #expect(
                KeptResumeTests.kept().state(now: now, boot: boot, word: word, latches: latches) == state,
                "\(name)"
            )
        }
        let voids: [(String, Word?, [String], Bool)] = [
            ("halted again", Word(generation: 9, mode: .halted), ["one", "two"], false),
            ("resumed", Word(generation: 8, mode: .live), ["one", "two"], false),
            ("the same generation, another mode", Word(generation: 7, mode: .reduceOnly), ["one", "two"], false),
            ("no page", nil, ["one", "two"], false),
            ("one more latch", Self.word, ["one", "two", "three"], false),
            ("one latch less", Self.word, ["one"], false),
            ("no latch", Self.word, [], false),
            ("another latch", Self.word, ["one", "bad@12"], false),
            ("used", Self.word, ["one", "two"], true),
        ]
        for (name, word, latches, isSpent) in voids {
            let state = KeptResumeTests.kept(isSpent: isSpent)
                .state(now: asked + 1, boot: Self.boot, word: word, latches: latches)
            guard case .void = state else {
                Issue.record("\(name): \(state)")
                continue
            }
        }
    }

    @Test func itIsReadAsItWasWritten() {
        for isSpent in [false, true] {
            let kept = KeptResumeTests.kept(isSpent: isSpent)
            #expect(KeptResume(bytes: Array(kept.text.utf8)) == kept)
        }
    }

    /// Every bit counts: a flipped one, a missing or a further byte is no request, never another one.
    @Test func whateverIsNotExactlyWhatWasWrittenIsNone() {
        let bytes = Array(KeptResumeTests.kept(isSpent: true).text.utf8)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                #expect(KeptResume(bytes: damaged) == nil, "byte \(index), bit \(bit)")
            }
            #expect(KeptResume(bytes: Array(bytes[..<index])) == nil)
            #expect(KeptResume(bytes: Array(bytes[index...])) == nil || index == 0)
        }
        #expect(KeptResume(bytes: bytes + [10]) == nil)
        #expect(KeptResume(bytes: [10] + bytes) == nil)
        #expect(KeptResume(bytes: bytes + bytes) == nil)
    }

    @Test func aRequestIsReadFromItsJSONAndNothingElseIs() throws {
        let content = KeptResumeTests.kept().content
        #expect(WaitingResume(json: content.json) == content)
        guard case .object(let members) = content.json else {
            Issue.record("no object")
            return
        }
        for index in members.indices {
            var less = members
            less.remove(at: index)
            #expect(WaitingResume(json: .object(less)) == nil, "without \(members[index].key)")
        }
        let wrong: [(String, JSON)] = [
            ("mode", .string("halted")), ("mode", .string("unknown")), ("id", .string("0A1B2C3D")),
            ("id", .string("../a")),
            ("overrides", .object([.init("stop-file", .string("no"))])), ("overrides", .array([])),
            ("overrides", .object([.init("gates", .string("a")), .init("gates", .string("b"))])),
            ("asked_by", .string("")), ("expires_in_ms", .integer(300_001)), ("expires_in_ms", .integer(-1)),
        ]
        for (key, value) in wrong {
            let changed = members.map { $0.key == key ? JSON.Member(key, value) : $0 }
            #expect(WaitingResume(json: .object(changed)) == nil, "\(key): \(value.line)")
        }
    }

    @Test func timesReadLikeClocks() {
        for (left, text) in [
            (300_000, "5:00"), (299_999, "5:00"), (271_000, "4:31"), (60_000, "1:00"), (59_001, "1:00"),
            (9_000, "0:09"),
            (1, "0:01"), (0, "0:00"),
        ] as [(UInt64, String)] { #expect(WaitingResume.countdown(left) == text) }
    }

    @Test func longTextsAreCutBetweenCharacters() {
        for text in [String(repeating: "ä", count: 2_000), "x" + String(repeating: "€", count: 900)] {
            let cut = WaitingResume.cut(text)
            #expect(cut.utf8.count <= 1024 && cut.hasSuffix("…") && text.hasPrefix(cut.dropLast()))
        }
        let whole = String(repeating: "ä", count: 512)
        #expect(WaitingResume.cut(whole) == whole)
    }
}
