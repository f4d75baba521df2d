import Foundation
import KillSwitch
import Testing

/// One command of an operators' document, as `runbooks/commands.txt` quotes it, and what has to come back.
struct Runbook: Sendable {
    /// What the quote is.
    enum Kind: Sendable {
        /// A command line.
        case shell
        /// A program.
        case python
        /// A line that names a method and a path.
        case named(method: String, path: String)
    }

    /// `FILE:FIRST-LAST`.
    var source: String
    /// As it stands in the document.
    var quote: [String] = []
    /// The role of the token that it is given.
    var role: String?
    /// Whether the desk trades before; nil: as it is.
    var isTradingBefore: Bool?
    var isTradingAfter: Bool?
    var status = 200
    var keys: [String] = []
    var says: [String] = []
    var saysNot: [String] = []

    var text: String { quote.joined(separator: "\n") }

    var kind: Kind {
        let words = text.split(separator: "`")
        if text.hasPrefix("- `") || text.trimmingCharacters(in: .whitespaces).hasPrefix("- `"), words.count > 1 {
            let parts = words[1].split(separator: " ").map(String.init)
            if parts.count == 2 { return .named(method: parts[0], path: parts[1]) }
        }
        return quote.contains { $0.contains("import httpx") } ? .python : .shell
    }

    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/runbooks"

    /// Everything in the file, in its order.
    static func all() throws -> [Runbook] {
        let text = try String(contentsOfFile: directory + "/commands.txt", encoding: .utf8)
        var found: [Runbook] = []
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix("=== ") {
                found.append(Runbook(source: String(line.dropFirst(4))))
                continue
            }
            guard let place = found.indices.last else { continue }
            if line.hasPrefix("--- ") {
                try found[place].expect(String(line.dropFirst(4)))
            } else if !found[place].isSealed {
                found[place].quote.append(line)
            }
        }
        return found
    }

    /// Whether the quote is over.
    private var isSealed = false

    private init(source: String) { self.source = source }

    struct Unknown: Error { var line: String }

    private mutating func expect(_ line: String) throws {
        isSealed = true
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw Unknown(line: line) }
        switch parts[0] {
        case "as": role = parts[1]
        case "desk": isTradingBefore = parts[1] == "trading"
        case "then": isTradingAfter = parts[1] == "trading"
        case "status":
            guard let number = Int(parts[1]) else { throw Unknown(line: line) }
            status = number
        case "keys": keys += parts[1].split(separator: " ").map(String.init)
        case "says": says.append(parts[1])
        case "not": saysNot.append(parts[1])
        default: throw Unknown(line: line)
        }
    }
}
