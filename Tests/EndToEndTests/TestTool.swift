import Foundation
import Testing

/// Programs that only tests run. `.ci/install tests` puts them into `.build/tools`; where one cannot be had, what needs it
/// is skipped, and says why.
enum TestTool: String {
    case nginx, promtool
    case stunnel = "stunnel4"
    case schemathesis = "schemathesis/bin/schemathesis"
    /// A Python that has ccxt.
    case ccxt = "ccxt/bin/python3"

    private static let directory =
        ProcessInfo.processInfo.environment["ESTOP_TOOLS"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/.build/tools"

    var path: String { "\(TestTool.directory)/\(rawValue)" }

    /// The condition of a test that needs it.
    var isThere: ConditionTrait {
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: path),
            "\(rawValue) is not in \(TestTool.directory): .ci/install tests gets it, where Debian's mirror and PyPI can be reached"
        )
    }
}
