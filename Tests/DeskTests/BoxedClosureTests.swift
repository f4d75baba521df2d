import Foundation
import Testing

/// No closure may be the value of a generic box (a `Mutex`, an array, a dictionary): each time it is taken out and put back
/// it is wrapped in another pair of thunks, and after some hundred thousand times a call of it fills the stack.
@Suite struct BoxedClosureTests {
    /// What the pattern looks like in a line of Swift.
    private static let patterns = [
        // Mutex<(...) -> T>, Box<(...) -> T>, Optional<(...) -> T>
        #"\b[A-Z]\w*<(?:[^<>{}]|->)*->(?:[^<>{}]|->)*>"#,
        // [(...) -> T], [@Sendable (...) -> T]
        #"\[\s*(?:@\w+\s+)*\([^()\]]*\)\s*(?:async\s*)?(?:throws(?:\([^)]*\))?\s*)?->"#,
        // [(name: A, run: (B) -> T)]
        #"\[\s*\((?:[^\]=]|->)*->[^\]]*\)\s*\]"#,
        // [String: (...) -> T]
        #"\[\s*\w+\s*:\s*(?:@\w+\s+)*\([^\]]*->"#,
        // lock.withLock { $0 }?(x)
        #"withLock\s*\{\s*\$0(?:\.\w+)*\s*\}\s*\??\("#,
    ]

    private static func found(in text: String) throws -> [String] {
        let expressions = try patterns.map { try NSRegularExpression(pattern: $0) }
        return text.split(separator: "\n").filter { $0.contains("->") || $0.contains("withLock") }.compactMap { line in
            let code = line.trimmingCharacters(in: .whitespaces)
            let all = NSRange(code.startIndex..., in: code)
            let isFound = expressions.contains { $0.firstMatch(in: code, range: all) != nil }
            return isFound && !code.hasPrefix("//") ? code : nil
        }
    }

    @Test func noClosureIsTheValueOfAGenericBox() throws {
        let sources = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources")
        let all = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in all where file.pathExtension == "swift" {
            count += 1
            let found = try BoxedClosureTests.found(in: String(contentsOf: file, encoding: .utf8))
            #expect(found.isEmpty, "\(file.lastPathComponent): \(found)")
        }
        #expect(count > 300)
    }

    @Test(arguments: [
        "let deliver = Mutex<(@Sendable (DeskSnapshot) -> Void)?>(nil)",
        "let watchers = Mutex<[@Sendable (EngineView) -> Bool]>([])",
        "var jobs: [@Sendable () -> Void] = []",
        "static let own: [(command: Command, run: @Sendable (Arguments) -> Int32)] = [",
        "var byName: [String: (Int) -> Void] = [:]",
        "func look() { wake.withLock { $0 }?() }",
        "state.withLock { $0.changed }(1)",
    ])
    func theSearchFindsIt(_ line: String) throws {
        #expect(try !BoxedClosureTests.found(in: line).isEmpty)
    }

    @Test(arguments: [
        "func run(_ body: @escaping @Sendable () -> Void) -> [Int] {",
        "let due = state.withLock { state -> (id: String, reason: String)? in",
        "private func next() -> Result<Int, Failure> { values.map { $0 }.first }",
        "var jobs: [Job] = []",
        "let names = values.map { [weak self] value -> String in self?.name(value) ?? \"\" }",
    ])
    func theSearchLeavesOtherLinesAlone(_ line: String) throws {
        #expect(try BoxedClosureTests.found(in: line).isEmpty)
    }
}
