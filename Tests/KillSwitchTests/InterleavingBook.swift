@testable import KillSwitch

extension Model {
    /// A record before it is bytes.
    struct Draft: Hashable {
        var change: Record.Change
        var id: UInt16
        var mode = Mode.halted
        var scope = Place.everything
        var source = Record.Source.cli
        var was = Word(rawValue: 0)
        var state = Word(rawValue: 0)
        var clears: Int?
        var pause: UInt16 = 0
        var tag: UInt32 = 0
        var kind: Record.NoteKind?
        var about: UInt16 = 0
        var part = Part.whole

        /// How much of a write reached the file.
        enum Part: UInt8 {
            case whole, half, line
        }

        var record: Record {
            Record(
                change: change,
                id: Book.text(id),
                at: "2026-01-01T00:00:00.000Z",
                mode: mode,
                scope: scope.scope,
                reason: "r",
                source: source,
                was: was,
                state: state,
                clears: clears,
                pause: pause == 0 ? nil : Book.text(pause),
                tag: tag == 0 ? nil : tag,
                kind: kind,
                about: about == 0 ? nil : Book.text(about)
            )
        }
    }

    /// The log as a sequence of writes, each known by its number, and the real fold of their real bytes.
    final class Book {
        private(set) var drafts: [Draft] = []
        private var bytes: [[UInt8]] = []
        private var numbers: [Draft: UInt16] = [:]
        private var pages: [PageKey: Page] = [:]
        private let broken: Rule?
        /// The mirror's `log_bytes`.
        var mirrorLength: Int?
        /// How many different logs and words were folded.
        var folds: Int { pages.count }

        private struct PageKey: Hashable {
            var log: [UInt16]
            var word: Word
        }

        init(broken: Rule?) { self.broken = broken }

        static func text(_ id: UInt16) -> String { "i\(id)" }

        static func id(_ text: String) -> UInt16 { UInt16(text.dropFirst()) ?? 0 }

        static func tag(_ id: UInt16) -> UInt32 { tags[Int(id)] }
        private static let tags: [UInt32] = (0..<4096).map { CRC32.of(text($0).utf8) }

        func number(of draft: Draft) -> UInt16 {
            if let known = numbers[draft] { return known }
            let line = draft.record.line
            let newline = UInt8(ascii: "\n")
            switch draft.part {
            case .whole: bytes.append([newline] + line + [newline])
            case .half: bytes.append([newline] + line.prefix(line.count / 2))
            case .line: bytes.append([newline] + line)
            }
            drafts.append(draft)
            let number = UInt16(drafts.count - 1)
            numbers[draft] = number
            return number
        }

        /// Where each whole copy of each record begins, and from which length of the log on it could be read.
        func copies(_ log: [UInt16]) -> [(draft: Draft, offset: Int, readable: Int)] {
            var all: [(draft: Draft, offset: Int, readable: Int)] = []
            var at = 0
            for (index, number) in log.enumerated() {
                var draft = drafts[Int(number)]
                let isWhole = draft.part == .whole || draft.part == .line && index + 1 < log.count
                draft.part = .whole
                let end = at + bytes[Int(number)].count
                if isWhole { all.append((draft, at + 1, drafts[Int(number)].part == .whole ? end : end + 1)) }
                at = end
            }
            return all
        }

        /// The real fold of a log and a word.
        func page(_ log: some Sequence<UInt16>, _ word: Word) -> Page {
            let key = PageKey(log: Array(log), word: word)
            if let known = pages[key] { return known }
            var all = key.log.flatMap { bytes[Int($0)] }
            let length = all.count
            if broken == .onlyAppliedResumesCount {
                // A fold that counts every resume: as if each one had its note.
                for draft in key.log.map({ drafts[Int($0)] }) where draft.change == .resume {
                    let note = Draft(change: .note, id: draft.id | 0x4000, was: draft.state, state: draft.state)
                    all += [10] + note.record.line + [10]
                }
            }
            let page = Page(Fold(log: all, word: word, mirrorLength: mirrorLength), length: length)
            pages[key] = page
            return page
        }

        /// A fold and what the steps ask of it.
        final class Page {
            let fold: Fold
            let length: Int
            /// The tags of every recorded halt, and of every latch.
            let recordedTags: Set<UInt32>
            let latchTags: Set<UInt32>
            let hasFileLatch: Bool
            let applied: Set<UInt16>

            init(_ fold: Fold, length: Int) {
                self.fold = fold
                self.length = length
                recordedTags = Set(fold.records.filter { $0.change == .halt }.map { Latch(record: $0).tag })
                latchTags = Set(fold.latches.map(\.tag))
                hasFileLatch = fold.latches.contains { $0.source == .file }
                applied = Set(fold.applied.map { Book.id($0) })
            }
        }
    }
}
