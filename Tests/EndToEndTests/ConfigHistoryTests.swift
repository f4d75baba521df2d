import Foundation
import KillSwitch
import Settings
import Testing

@testable import estop_desk

/// The configurations that ran, as files.
struct ConfigHistoryTests {
    private let sandbox: Sandbox
    private let directory: StateDirectory
    private let history: ConfigHistory

    init() throws {
        sandbox = try Sandbox()
        directory = try StateDirectory(sandbox.state, create: true)
        history = ConfigHistory(directory)
    }

    private func file(_ name: String = "estop.toml") -> String { "\(sandbox.state)/\(name)" }

    private func write(_ text: String) throws {
        try text.write(toFile: file(), atomically: true, encoding: .utf8)
    }

    private func reading() throws -> ConfigurationReading {
        try DeskConfiguration.load(named: file(), state: sandbox.state)
    }

    @Test func whatRanIsKeptAsItWasWrittenAndOnce() throws {
        try write("# mine\n[cap]\nmost = 6\n")
        #expect(history.keep(try reading(), named: file()) == nil)
        #expect(history.keep(try reading(), named: file()) == nil)
        #expect(history.entries.map(\.number) == [1])
        #expect(try history.text(1).map { String(decoding: $0, as: UTF8.self) } == "# mine\n[cap]\nmost = 6\n")
        #expect(try history.text(2) == nil)
    }

    @Test func aFileThatIsAnotherByNowIsNotWhatRan() throws {
        try write("[cap]\nmost = 6\n")
        let ran = try reading()
        try write("[cap]\nmost = 7\n")
        #expect(history.keep(ran, named: file()) == nil)
        #expect(history.entries.isEmpty)
    }

    @Test func numbersGrowAndTheLastFiftyStay() throws {
        for number in 1...53 {
            try write("[cap]\nmost = \(number)\n")
            #expect(history.keep(try reading(), named: file()) == nil)
        }
        #expect(history.entries.map(\.number) == Array(4...53))
        // What is no number of its own is none.
        for name in ["estop.toml.replaced", "estop.toml.007", "estop.toml.", "estop.toml.9x"] {
            try "".write(toFile: file(name), atomically: true, encoding: .utf8)
        }
        #expect(history.entries.count == 50)
    }
}
