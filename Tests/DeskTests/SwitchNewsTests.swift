import KillSwitch
import Testing

@testable import Desk

/// What is told of the switch: every halt and every applied resume, once.
struct SwitchNewsTests {
    private static func word(_ generation: UInt32, _ mode: Mode) -> Word { Word(generation: generation, mode: mode) }

    private static func record(_ change: Record.Change, _ id: String, _ was: Word, _ state: Word) -> Record {
        Record(
            change: change,
            id: id,
            at: "2026-01-02T03:04:05.678Z",
            mode: state.mode,
            reason: "because",
            source: .cli,
            was: was,
            state: state,
            clears: change == .resume ? 0 : nil
        )
    }

    private static let halted = word(1, .halted)
    private static let live = word(2, .live)
    private static let first = record(.halt, "first", word(0, .halted), halted)
    private static let resume = record(.resume, "resume", halted, live)
    private static let second = record(.halt, "second", live, word(3, .halted))

    private static func fold(_ records: [Record], _ word: Word) -> Fold {
        Fold(log: records.flatMap { [10] + $0.line + [10] }, word: word, mirrorLength: nil)
    }

    @Test func whatWasThereBeforeAnybodyListenedIsNoNews() {
        let fold = Self.fold([Self.first], Self.halted)
        var news = SwitchNews(fold, last: nil)
        #expect(news.look(fold).isEmpty)
    }

    @Test func whatCameAfterTheLastOneToldIsNews() {
        let fold = Self.fold([Self.first, Self.resume, Self.second], Self.word(3, .halted))
        var news = SwitchNews(fold, last: "first")
        #expect(news.look(fold).map(\.id) == ["resume", "second"])
        #expect(news.look(fold).isEmpty)
        var lost = SwitchNews(fold, last: "of another log")
        #expect(lost.look(fold).isEmpty)
    }

    @Test func whereNobodyHadListenedWhatCameSinceTheHostBeganIsNews() {
        let fold = Self.fold([Self.first, Self.resume, Self.second], Self.word(3, .halted))
        for last in [nil, "of another log"] {
            var news = SwitchNews(fold, last: last, known: ["first"])
            #expect(news.look(fold).map(\.id) == ["resume", "second"])
        }
        // Whoever listened knows better than when the host began.
        var heard = SwitchNews(fold, last: "resume", known: [])
        #expect(heard.look(fold).map(\.id) == ["second"])
    }

    @Test func whatTheSecondPersonWasAskedAndRefusedIsNewsAndOtherNotesAreNot() {
        let notes = Record.NoteKind.allCases.map { kind in
            var note = Self.record(.note, kind.rawValue, Word(rawValue: 0), Word(rawValue: 0))
            note.kind = kind
            note.about = "0a1b2c3d"
            return note
        }
        let fold = Self.fold([Self.first] + notes, Self.halted)
        var news = SwitchNews(fold, last: "first")
        #expect(news.look(fold).map(\.id) == ["asked", "unapproved"])
        #expect(news.look(fold).isEmpty)
        var later = SwitchNews(fold, last: "asked")
        #expect(later.look(fold).map(\.id) == ["unapproved"])
    }

    @Test func whatStandsBeforeThePartThatWasReadIsNoNewsWhenMoreIsRead() {
        var news = SwitchNews(Self.fold([Self.second], Self.word(3, .halted)), last: "second")
        let third = Self.record(.halt, "third", Self.word(3, .halted), Self.word(4, .halted))
        let whole = Self.fold([Self.first, Self.resume, Self.second, third], Self.word(4, .halted))
        #expect(news.look(whole).map(\.id) == ["third"])
    }

    @Test func aResumeIsNewsOnceItIsApplied() {
        let before = Self.fold([Self.first, Self.resume], Self.halted)
        var news = SwitchNews(before, last: "first")
        #expect(news.look(before).isEmpty)
        let applied = Self.fold([Self.first, Self.resume], Self.live)
        #expect(news.look(applied).map(\.id) == ["resume"])
        #expect(news.look(applied).isEmpty)
    }
}
