import Glibc
import SafetyEngine
import Testing

@testable import Console
@testable import Settings

/// Rules as the engine has them, by hand: these tests are about the file, not about the engine's table.
enum Hand {
    static let rules: [Rule] = [
        Rule(
            "ORDER_STUCK",
            measure: "order_age_seconds",
            .over,
            steps: [.init(Decimal(300), .critical), .init(Decimal(900), .emergency)],
            minimumSamples: 1
        ),
        Rule(
            "PLATFORM_EXPOSURE",
            measure: "venue_exposure_percent",
            .over,
            steps: [.init(Decimal(30), .emergency), .init(Decimal(45), .emergency)]
        ),
        Rule("BALANCE_LOW", measure: "balance", .under, steps: [.init(Decimal(50), .critical)]),
        Rule(
            "HIGH_ERROR_RATE",
            measure: "error_percent",
            .over,
            steps: [.init(Decimal(30), .critical)],
            windowMs: 600_000,
            minimumSamples: 10
        ),
        Rule(
            "DAILY_DRAWDOWN",
            measure: "day_loss_percent",
            .over,
            steps: [
                .init(number("1.5"), .warning), .init(number("2.0"), .critical),
                .init(number("2.5"), .emergency, kills: true),
            ]
        ),
        Rule(
            "CONSECUTIVE_LOSSES",
            measure: "losses_in_a_row",
            .atLeast,
            steps: [.init(Decimal(4), .warning), .init(Decimal(5), .critical, kills: false)]
        ),
    ]

    static func number(_ text: String) -> Decimal { Decimal(text) ?? Decimal(-1) }

    static func read(
        _ text: String,
        _ variables: [String: String] = [:]
    ) throws(ConfigurationRefusal) -> ConfigurationReading {
        try DeskConfiguration.read(
            Array(text.utf8),
            file: "/etc/estop.toml",
            environment: Environment(variables),
            builtIn: rules
        )
    }

    /// What a desk without a file has.
    static var defaults: DeskConfiguration {
        var desk = DeskConfiguration()
        desk.engine.rules = rules
        return desk
    }

    /// The messages of a refusal, without the file's name; what is no refusal is a message, too.
    static func problems(_ text: String, _ variables: [String: String] = [:]) -> [String] {
        do {
            _ = try read(text, variables)
            return ["accepted"]
        } catch {
            return error.problems.map { problem in
                problem.message.hasPrefix("/etc/estop.toml:")
                    ? String(problem.message.dropFirst("/etc/estop.toml:".count)) : problem.message
            }
        }
    }

    static func rule(_ name: String, in desk: DeskConfiguration) throws -> Rule {
        try #require(desk.engine.rules.first { $0.name == name })
    }
}

/// A directory of its own for one test, removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/estop-settings-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nonexistent"
        }
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private var names: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            )
        }
        return names.filter { $0 != "." && $0 != ".." }
    }

    func write(_ text: String, to name: String) {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        _ = Glibc.write(descriptor, text, text.utf8.count)
        close(descriptor)
    }
}
