import Foundation
import Testing

@testable import Dashboard

/// Frames kept as text beside the tests: the rows, then the letters of their roles. ESTOP_RECORD=1 writes them anew;
/// the difference in git is the review.
enum Golden {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    static func text(of frame: Frame) -> String {
        let rows = (0..<frame.height).map { trimmed(frame.text(row: $0)) }
        let roles = (0..<frame.height).map { frame.roles(row: $0) }
        return (rows + ["--- roles"] + roles).joined(separator: "\n") + "\n"
    }

    static func expect(_ frame: Frame, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let url = directory.appendingPathComponent("\(name)_\(frame.width)x\(frame.height).txt")
        let found = text(of: frame)
        if ProcessInfo.processInfo.environment["ESTOP_RECORD"] != nil {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try found.write(to: url, atomically: true, encoding: .utf8)
            return
        }
        let kept = try String(contentsOf: url, encoding: .utf8)
        #expect(
            found == kept,
            "\(url.lastPathComponent) differs: see it with ESTOP_RECORD=1 and git diff",
            sourceLocation: sourceLocation
        )
    }

    private static func trimmed(_ row: String) -> String {
        var row = row[...]
        while row.last == " " { row.removeLast() }
        return String(row)
    }
}
