import Foundation
import KillSwitch
import SafetyEngine
import Testing

@testable import Desk

/// The desk's log, read back.
@Suite struct LogReaderTests {
    private let state = NSTemporaryDirectory() + "estop-log-\(UUID().uuidString)"

    private var path: String { state + "/logs/estop.jsonl" }

    private func line(_ text: String, _ level: Decision.LogLine.Level = .info, _ part: String = "cap") -> String {
        RunbookLog.json(Decision.LogLine(level, part, text), wallMs: 1_770_675_794_000).line
    }

    /// Appends, without a newline of its own.
    private func write(_ text: String, _ number: Int = 0) throws {
        try FileManager.default.createDirectory(atPath: state + "/logs", withIntermediateDirectories: true)
        let name = number == 0 ? path : "\(path).\(number)"
        if !FileManager.default.fileExists(atPath: name) {
            _ = FileManager.default.createFile(atPath: name, contents: nil)
        }
        let file = try #require(FileHandle(forWritingAtPath: name))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    private func end() { try? FileManager.default.removeItem(atPath: state) }

    private func texts(_ lines: [LoggedLine]) -> [String] { lines.map { $0.json["text"]?.string ?? "" } }

    @Test func theLastLinesComeOverTheFilesThatWerePutAside() throws {
        defer { end() }
        #expect(try LogReader(state: state).last(10, LogChoice()).isEmpty, "nothing was logged yet")
        try write((0..<5).map { line("old \($0)") + "\n" }.joined(), 2)
        try write((0..<5).map { line("mid \($0)") + "\n" }.joined() + "not a line\n", 1)
        try write((0..<3).map { line("new \($0)") + "\n" }.joined())
        #expect(try texts(LogReader(state: state).last(2, LogChoice())) == ["new 1", "new 2"])
        let last = try texts(LogReader(state: state).last(10, LogChoice()))
        #expect(last == ["old 3", "old 4"] + (0..<5).map { "mid \($0)" } + (0..<3).map { "new \($0)" })
        #expect(try LogReader(state: state).last(100, LogChoice()).count == 13)
    }

    @Test func whatIsWrittenLaterIsReadOnceAndWhole() throws {
        defer { end() }
        try write(line("first") + "\n")
        let reader = LogReader(state: state)
        #expect(try texts(reader.last(10, LogChoice())) == ["first"])
        #expect(try reader.more(LogChoice()).isEmpty)
        let second = line("second")
        try write(String(second.prefix(20)))
        #expect(try reader.more(LogChoice()).isEmpty, "half a line")
        try write(second.dropFirst(20) + "\n" + line("third") + "\n")
        #expect(try texts(reader.more(LogChoice())) == ["second", "third"])
        // It is put aside between two looks, with something that was not read yet.
        try write(line("fourth") + "\n")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        try write(line("fifth") + "\n")
        #expect(try texts(reader.more(LogChoice())) == ["fourth", "fifth"])
        #expect(try reader.more(LogChoice()).isEmpty)
    }

    @Test func aLogThatBeginsLaterIsFollowed() throws {
        defer { end() }
        let reader = LogReader(state: state)
        #expect(try reader.last(1, LogChoice()).isEmpty)
        try write(line("first") + "\n")
        #expect(try texts(reader.more(LogChoice())) == ["first"])
    }

    @Test(arguments: [
        (LogChoice(), ["a", "b", "c", "d"]), (LogChoice(level: .warning), ["b", "c", "d"]),
        (LogChoice(level: .error), ["c", "d"]), (LogChoice(part: .error), ["c", "d"]),
        (LogChoice(part: .trading), ["a", "d"]), (LogChoice(part: .system), ["b", "c"]),
        (LogChoice(level: .critical, part: .trading), ["d"]),
    ])
    func aChoiceIsOfALevelAndAPart(_ choice: LogChoice, _ wanted: [String]) throws {
        defer { end() }
        let lines = [
            line("a", .info, "cap"), line("b", .warning, "rules"), line("c", .error, "supervisors"),
            line("d", .critical, "exits"),
        ]
        try write(lines.joined(separator: "\n") + "\n")
        #expect(try texts(LogReader(state: state).last(10, choice)) == wanted)
    }

    @Test func aLineReadsAsInTheLogForPeople() throws {
        let logged = Decision.LogLine(.warning, "supervisors", "nightly is late")
        let wallMs: Int64 = 1_770_675_794_000
        let read = try #require(LoggedLine(Array(RunbookLog.json(logged, wallMs: wallMs).line.utf8)))
        #expect(read.text == RunbookLog.text(logged, wallMs: wallMs))
    }

    @Test func everyPartOfTheLogIsOfSystemOrTrading() throws {
        for part in ["cap", "accounts", "dust", "exits", "adoption", "normalization", "supervisors", "rules", "alerts"]
        {
            let read = try #require(LoggedLine(Array(line("x", .info, part).utf8)))
            #expect(LogPart.trading.has(read) != LogPart.system.has(read), "\(part)")
        }
    }
}
