import Foundation
import Testing

@testable import KillSwitch

/// The fold of the log: tables of its rules, and that no damage of a log ever turns trading on.
struct FoldTests {
    // MARK: - Logs

    private static func word(_ generation: UInt32, _ mode: Mode) -> Word { Word(generation: generation, mode: mode) }

    private static func record(
        _ change: Record.Change,
        _ id: String,
        _ was: Word,
        _ state: Word,
        scope: String = "global",
        clears: Int? = nil,
        pause: String? = nil,
        tag: UInt32? = nil,
        reason: String = "because of \"this\""
    ) -> Record {
        Record(
            change: change,
            id: id,
            at: "2026-01-02T03:04:05.678Z",
            mode: state.mode,
            scope: (try? Scope(scope)) ?? .global,
            reason: reason,
            source: .cli,
            op: "kim",
            from: "pts/1",
            pid: 42,
            host: "desk",
            was: was,
            state: state,
            clears: clears,
            pause: pause,
            tag: tag
        )
    }

    private static func halt(_ id: String, _ was: Word, _ state: Word, scope: String = "global") -> Record {
        record(.halt, id, was, state, scope: scope)
    }

    private static func note(_ id: String, _ word: Word) -> Record { record(.note, id, word, word) }

    private static func written(_ record: Record) -> [UInt8] { [10] + record.line + [10] }

    private static func log(_ records: Record...) -> [UInt8] { records.flatMap(written) }

    private static let none = Word(rawValue: 0)
    private static let h1 = word(1, .halted)
    private static let l2 = word(2, .live)
    private static let h3 = word(3, .halted)
    private static let l4 = word(4, .live)
    private static let h5 = word(5, .halted)
    private static let first = halt("first", none, h1)

    private func ids(_ fold: Fold) -> [String] { fold.latches.map(\.id) }

    // MARK: - What is no log

    @Test func missingLogIsLost() {
        let fold = Fold(log: nil, word: Self.l2, mirrorLength: nil)
        #expect(fold.lost && ids(fold) == ["lost"] && !fold.reachesWord)
    }

    @Test func logShorterThanTheMirrorSaysIsLost() {
        let bytes = Self.log(Self.first)
        #expect(!Fold(log: bytes, word: Self.h1, mirrorLength: bytes.count).lost)
        #expect(ids(Fold(log: bytes, word: Self.h1, mirrorLength: bytes.count + 1)) == ["first", "lost"])
    }

    @Test func emptyLogExplainsNoWord() {
        for mode in Mode.allCases {
            let fold = Fold(log: [], word: Self.word(2, mode), mirrorLength: nil)
            #expect(!fold.reachesWord && fold.latches.isEmpty && fold.chainEnd == Self.none)
        }
    }

    // MARK: - Applied or not

    @Test func haltIsALatchUntilAnAppliedResumeFoldsIt() {
        let before = Self.log(Self.first)
        let resume = Self.record(.resume, "r", Self.h1, Self.l2, clears: before.count)
        let bytes = before + Self.written(resume)
        #expect(ids(Fold(log: bytes, word: Self.l2, mirrorLength: nil)).isEmpty)
        #expect(Fold(log: bytes, word: Self.l2, mirrorLength: nil).reachesWord)
        let unapplied = Fold(log: bytes, word: Self.h1, mirrorLength: nil)
        #expect(ids(unapplied) == ["first"] && unapplied.applied.isEmpty && unapplied.reachesWord)
        #expect(!Fold(log: bytes, word: Self.l4, mirrorLength: nil).reachesWord)
    }

    @Test func resumeIsAppliedWhenAnotherRecordBeginsAtItsWord() {
        let before = Self.log(Self.first)
        let resume = Self.record(.resume, "r", Self.h1, Self.l2, clears: before.count)
        let bytes = before + Self.written(resume)
        for follower in [Self.note("n", Self.l2), Self.halt("h", Self.l2, Self.h3)] {
            #expect(Fold(log: bytes + Self.written(follower), word: Self.h5, mirrorLength: nil).applied == ["r"])
        }
        // Its own second copy is no other record, and a note about a refusal bears no word.
        let copies = bytes + Self.written(resume) + Self.written(Self.note("n", Self.none))
        #expect(Fold(log: copies, word: Self.h3, mirrorLength: nil).applied.isEmpty)
        #expect(ids(Fold(log: copies, word: Self.h3, mirrorLength: nil)) == ["first"])
    }

    @Test func unappliedResumeIsNoLink() {
        let before = Self.log(Self.first)
        let bytes =
            before + Self.written(Self.record(.resume, "refused", Self.h1, Self.l2, clears: before.count))
            + Self.written(Self.halt("h", Self.h1, Self.h3))
        let fold = Fold(log: bytes, word: Self.h3, mirrorLength: nil)
        #expect(fold.reachesWord && fold.chainEnd == Self.h3 && ids(fold) == ["first", "h"])
        #expect(fold.lastGeneration == 3)
    }

    @Test func resumeWithoutItsLengthIsDamage() {
        let bytes = Self.log(Self.first, Self.record(.resume, "r", Self.h1, Self.l2))
        let fold = Fold(log: bytes, word: Self.l2, mirrorLength: nil)
        #expect(fold.applied.isEmpty && fold.latches.count == 2 && !fold.reachesWord)
    }

    // MARK: - What a resume clears

    @Test func resumeClearsWhatBeginsBeforeItsLengthAndNothingAfter() {
        let before = Self.log(Self.first)
        let late = Self.halt("late", Self.h1, Self.h1)
        for clears in [0, 1, 2, before.count, before.count + 1, before.count + 2] {
            let bytes =
                before + Self.written(late) + Self.written(Self.record(.resume, "r", Self.h1, Self.l2, clears: clears))
            let left = (clears > 1 ? [] : ["first"]) + (clears > before.count + 1 ? [] : ["late"])
            #expect(ids(Fold(log: bytes, word: Self.l2, mirrorLength: nil)) == left, "clears \(clears)")
        }
    }

    @Test(arguments: [("global", ["g"]), ("venue=a", ["a"]), ("venue=b", ["b"]), ("venue=a,symbol=x", ["ax"])])
    func scopedResumeClearsExactlyItsScope(_ scope: String, _ cleared: [String]) {
        let before =
            Self.log(
                Self.halt("g", Self.none, Self.h1),
                Self.halt("a", Self.h1, Self.h1, scope: "venue=a"),
                Self.halt("b", Self.h1, Self.h1, scope: "venue=b"),
                Self.halt("ax", Self.h1, Self.h1, scope: "symbol=x,venue=a")
            ) + Array("\nnonsense\n".utf8)
        let resume = Self.record(.resume, "r", Self.h1, Self.l2, scope: scope, clears: before.count)
        let fold = Fold(log: before + Self.written(resume), word: Self.l2, mirrorLength: nil)
        let all = ["g", "a", "b", "ax", "bad@\(before.count - 9)"]
        #expect(ids(fold) == (scope == "global" ? [] : all.filter { !cleared.contains($0) }))
    }

    @Test func pauseIsClearedByTheResumeThatNamesIt() {
        let bytes = Self.log(Self.first)
        let live = bytes + Self.written(Self.record(.resume, "r", Self.h1, Self.l2, clears: bytes.count))
        let paused =
            live + Self.written(Self.halt("p", Self.l2, Self.h3)) + Self.written(Self.halt("k", Self.h3, Self.h3))
        let resume = Self.record(.resume, "s", Self.h3, Self.l4, scope: "venue=a", clears: live.count, pause: "p")
        #expect(ids(Fold(log: paused + Self.written(resume), word: Self.l4, mirrorLength: nil)) == ["k"])
        #expect(ids(Fold(log: paused + Self.written(resume), word: Self.h3, mirrorLength: nil)) == ["p", "k"])
    }

    @Test func latchBearsTheTagOfItsIdOrTheOneInItsRecord() {
        let bytes = Self.log(Self.first, Self.record(.halt, "u", Self.h1, Self.h1, scope: "venue=a", tag: 77))
        let fold = Fold(log: bytes, word: Self.h1, mirrorLength: nil)
        #expect(fold.latches.map(\.tag) == [CRC32.of("first".utf8), 77])
        #expect(fold.globalLatches.map(\.id) == ["first"])
    }

    // MARK: - Damage

    @Test func everyTornPartIsForgivenOnceTheWholeRecordFollows() {
        let halt = Self.halt("h", Self.h1, Self.h3)
        let other = Self.written(Self.halt("other", Self.h3, Self.h3))
        for length in 1..<halt.line.count {
            let torn = Self.log(Self.first) + [10] + halt.line.prefix(length)
            let tail = Fold(log: torn, word: Self.h3, mirrorLength: nil)
            #expect(tail.tail == torn.count - length && ids(tail) == ["first"] && !tail.reachesWord)
            let damaged = Fold(log: torn + other, word: Self.h3, mirrorLength: nil)
            // A part too short to show whose it is is taken for the beginning of whatever follows.
            let bad = other.dropFirst().starts(with: halt.line.prefix(length)) ? [] : ["bad@\(torn.count - length)"]
            #expect(damaged.tail == nil && ids(damaged) == ["first"] + bad + ["other"])
            let mended = Fold(log: torn + other + Self.written(halt), word: Self.h3, mirrorLength: nil)
            #expect(ids(mended) == ["first", "other", "h"] && mended.reachesWord)
        }
    }

    @Test func tornPartBehindItsRecordOrOfAnotherOneIsDamage() {
        let halt = Self.halt("h", Self.h1, Self.h3)
        let behind = Self.log(Self.first, halt) + Array(halt.line.prefix(30)) + [10]
        #expect(ids(Fold(log: behind, word: Self.h3, mirrorLength: nil)).contains { $0.hasPrefix("bad@") })
        var line = Array(halt.line.prefix(40))
        line[39] ^= 1
        let another = Self.log(Self.first) + line + [10] + Self.written(halt)
        #expect(ids(Fold(log: another, word: Self.h3, mirrorLength: nil)).contains { $0.hasPrefix("bad@") })
    }

    @Test func anotherAppendCompletesARecordThatLacksItsNewline() {
        let torn = Self.log(Self.first) + [10] + Self.halt("h", Self.h1, Self.h3).line
        #expect(Fold(log: torn, word: Self.h3, mirrorLength: nil).tail != nil)
        let completed = Fold(log: torn + Self.written(Self.note("n", Self.none)), word: Self.h3, mirrorLength: nil)
        #expect(ids(completed) == ["first", "h"] && completed.reachesWord && completed.tail == nil)
    }

    @Test func copiesCountOnceAtTheLastWholeOne() {
        let halt = Self.halt("h", Self.h1, Self.h3)
        let twice = Self.log(Self.first, halt, halt)
        let fold = Fold(log: twice, word: Self.h3, mirrorLength: nil)
        #expect(ids(fold) == ["first", "h"] && fold.records.count == 2)
        let between = Self.log(Self.first, halt).count
        let resumed = twice + Self.written(Self.record(.resume, "r", Self.h3, Self.l4, clears: between))
        #expect(ids(Fold(log: resumed, word: Self.l4, mirrorLength: nil)) == ["h"])
    }

    // MARK: - The chain

    @Test func recordsChainInWhateverOrderTheyLie() {
        let records = [
            Self.first, Self.halt("b", Self.h1, Self.h3), Self.halt("c", Self.h3, Self.h5),
            Self.halt("d", Self.h5, Self.word(7, .halted)),
        ]
        var orders: [[Record]] = [[]]
        for record in records {
            orders = orders.flatMap { order in
                (0...order.count).map { Array(order[..<$0]) + [record] + Array(order[$0...]) }
            }
        }
        #expect(orders.count == 24)
        for order in orders {
            let bytes = order.flatMap { Self.written($0) }
            let fold = Fold(log: bytes, word: Self.word(7, .halted), mirrorLength: nil)
            #expect(fold.reachesWord && fold.chainEnd == Self.word(7, .halted))
        }
        for missing in records.indices {
            let bytes = records.indices.filter { $0 != missing }.flatMap { Self.written(records[$0]) }
            let fold = Fold(log: bytes, word: Self.word(7, .halted), mirrorLength: nil)
            #expect(!fold.reachesWord, "without \(records[missing].id)")
            #expect(fold.chainEnd == (missing == 0 ? Self.none : records[missing].was))
        }
    }

    /// Two halts, 1 > 3 > 5, both slow; the host wrote 1 > 5 in their place; then the second one's own record came, and
    /// the first one's never.
    @Test func twoRecordsMayEndInOneWord() {
        let unrecorded = Self.halt("unrecorded", Self.h1, Self.h5)
        let own = Self.halt("own", Self.h3, Self.h5)
        for records in [[unrecorded, own], [own, unrecorded]] {
            let bytes = Self.log(Self.first) + records.flatMap { Self.written($0) }
            let fold = Fold(log: bytes, word: Self.h5, mirrorLength: nil)
            #expect(fold.reachesWord && fold.chainEnd == Self.h5)
        }
    }

    @Test func twoRecordsMayLeaveOneWord() {
        let short = Self.halt("short", Self.h1, Self.h3)
        let long = Self.halt("long", Self.h1, Self.h5)
        for records in [[short, long], [long, short]] {
            let bytes = Self.log(Self.first) + records.flatMap { Self.written($0) }
            for word in [Self.h3, Self.h5] {
                #expect(Fold(log: bytes, word: word, mirrorLength: nil).reachesWord)
            }
            #expect(Fold(log: bytes, word: Self.word(7, .halted), mirrorLength: nil).chainEnd == Self.h5)
        }
    }

    @Test func chainThatDoesNotReachEndsBeforeTheWord() {
        // Whatever the host writes from the chain's end to the page's word is a link, so the next fold reaches it.
        let bytes = Self.log(Self.first, Self.halt("c", Self.h3, Self.h5))
        let fold = Fold(log: bytes, word: Self.h5, mirrorLength: nil)
        #expect(!fold.reachesWord && fold.chainEnd == Self.h1)
        let mended = bytes + Self.written(Self.halt("unrecorded", fold.chainEnd, Self.h5))
        #expect(Fold(log: mended, word: Self.h5, mirrorLength: nil).reachesWord)
    }

    @Test func pageMadeAnewStartsANewChain() {
        let bytes = Self.log(Self.first, Self.halt("made", Self.none, Self.h5))
        let fold = Fold(log: bytes, word: Self.h5, mirrorLength: nil)
        #expect(fold.reachesWord && fold.chainEnd == Self.h5 && ids(fold) == ["first", "made"])
    }

    @Test func haltsThatChangeNoWordAreNoLinks() {
        let fold = Fold(
            log: Self.log(Self.first, Self.halt("u", Self.h3, Self.h3, scope: "venue=a")),
            word: Self.h3,
            mirrorLength: nil
        )
        #expect(!fold.reachesWord && ids(fold) == ["first", "u"])
    }

    // MARK: - Every change of a log

    /// A desk that has lived: halts of several kinds, a refused resume, a torn part, resumes; it ends live or halted.
    private static func history(endsLive: Bool) -> (log: [UInt8], word: Word) {
        var bytes = log(first)
        bytes += written(record(.resume, "refused", h1, l2, clears: bytes.count))
        bytes += written(note("about", none))
        let h3 = halt("k", h1, h3)
        bytes += [10] + h3.line.prefix(50)
        bytes += written(h3)
        bytes += written(record(.resume, "applied", word(3, .halted), l4, clears: bytes.count))
        bytes += written(note("noted", l4))
        let scoped = word(5, .live)
        bytes += written(halt("scoped", l4, scoped, scope: "venue=a"))
        let paused = word(7, .halted)
        bytes += written(halt("pause", scoped, paused))
        let word8 = word(8, .live)
        bytes += written(record(.resume, "again", paused, word8, scope: "venue=a", clears: bytes.count, pause: "pause"))
        bytes += written(note("noted again", word8))
        if endsLive { return (bytes, word8) }
        bytes += written(halt("last", word8, word(9, .halted)))
        return (bytes, word(9, .halted))
    }

    /// Nothing trades by this log, or it says what the other one says.
    private func isSafe(_ fold: Fold, beside sound: Fold) -> Bool {
        if !fold.reachesWord || fold.tail != nil || !fold.globalLatches.isEmpty { return true }
        return fold.latches == sound.latches && fold.applied == sound.applied && fold.chainEnd == sound.chainEnd
    }

    private static let isLong = ProcessInfo.processInfo.environment["ESTOP_LONG"] != nil

    @Test(arguments: [true, false])
    func everyChangedByteHaltsOrMeansTheSame(_ endsLive: Bool) {
        let (bytes, word) = Self.history(endsLive: endsLive)
        let sound = Fold(log: bytes, word: word, mirrorLength: bytes.count)
        #expect(sound.reachesWord && sound.tail == nil && sound.latches.isEmpty == endsLive)
        let changes: [(UInt8) -> UInt8] =
            (0..<8).map { bit in { $0 ^ (1 << bit) } } + [{ _ in 10 }, { _ in 0 }, { _ in UInt8(ascii: "}") }]
        for index in bytes.indices {
            for (number, change) in changes.enumerated() where Self.isLong || number == index % changes.count {
                var changed = bytes
                changed[index] = change(bytes[index])
                let fold = Fold(log: changed, word: word, mirrorLength: bytes.count)
                #expect(isSafe(fold, beside: sound), "byte \(index) changed from \(bytes[index]) to \(changed[index])")
            }
        }
    }

    @Test(arguments: [true, false])
    func everyTruncationHaltsOrMeansTheSame(_ endsLive: Bool) {
        let (bytes, word) = Self.history(endsLive: endsLive)
        let sound = Fold(log: bytes, word: word, mirrorLength: bytes.count)
        for length in stride(from: 0, to: bytes.count, by: Self.isLong ? 1 : 3) {
            let cut = Array(bytes.prefix(length))
            #expect(Fold(log: cut, word: word, mirrorLength: bytes.count).latches.last?.id == "lost")
            // Without a mirror, too, the word is not reached, or nothing that matters is missing.
            let fold = Fold(log: cut, word: word, mirrorLength: nil)
            #expect(isSafe(fold, beside: sound), "cut at \(length)")
        }
    }

    @Test func randomBytesExplainNoWordAndHalt() {
        var seed: UInt64 = 1
        for length in 1..<(Self.isLong ? 2000 : 200) {
            let garbage = (0..<length).map { _ in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: seed >> 56)
            }
            let fold = Fold(log: garbage, word: Self.l2, mirrorLength: nil)
            #expect(!fold.reachesWord && fold.records.isEmpty && (fold.tail != nil || !fold.latches.isEmpty))
        }
    }
}
