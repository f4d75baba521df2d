import Foundation
import Testing

@testable import Dashboard

/// Frames kept as text beside the tests, one file for each screen with a section for each size: the rows, then the letters
/// of their roles; in ASCII the rows alone, since the roles are the same. ESTOP_RECORD=1 writes them anew; the difference
/// in git is the review.
enum Golden {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    static let sizes = [(80, 24), (120, 40), (200, 60), (40, 10), (20, 5), (1, 1)]

    /// Compares a screen in every size, in UTF-8 and in ASCII, with what is kept of it.
    static func expect(
        _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ draw: (_ width: Int, _ height: Int, _ unicode: Bool) -> Frame
    ) throws {
        var found = ""
        for (width, height) in sizes {
            let frame = draw(width, height, true)
            let plain = draw(width, height, false)
            #expect(plain.cells.allSatisfy { $0.base < 0x7f && $0.mark == 0 }, sourceLocation: sourceLocation)
            #expect(
                roles(of: frame) == roles(of: plain),
                "roles do not depend on the locale",
                sourceLocation: sourceLocation
            )
            found +=
                "=== \(width)x\(height)\n\(text(of: frame))--- roles\n\(roles(of: frame))--- ascii\n\(text(of: plain))"
        }
        let url = directory.appendingPathComponent("\(name).txt")
        if ProcessInfo.processInfo.environment["ESTOP_RECORD"] != nil {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try found.write(to: url, atomically: true, encoding: .utf8)
            return
        }
        let kept = try String(contentsOf: url, encoding: .utf8)
        guard found != kept else { return }
        let lines = zip(
            found.split(separator: "\n", omittingEmptySubsequences: false),
            kept.split(separator: "\n", omittingEmptySubsequences: false)
        )
        let first = lines.first { $0 != $1 }
        Issue.record(
            "\(name).txt differs: see it with ESTOP_RECORD=1 and git diff. First:\n\(first?.0 ?? "")\nkept:\n\(first?.1 ?? "")",
            sourceLocation: sourceLocation
        )
    }

    private static func text(of frame: Frame) -> String {
        (0..<frame.height).map { trimmed(frame.text(row: $0), " ") + "\n" }.joined()
    }

    private static func roles(of frame: Frame) -> String {
        (0..<frame.height).map { trimmed(frame.roles(row: $0), ".") + "\n" }.joined()
    }

    private static func trimmed(_ row: String, _ blank: Character) -> String {
        var row = row[...]
        while row.last == blank { row.removeLast() }
        return String(row)
    }
}
