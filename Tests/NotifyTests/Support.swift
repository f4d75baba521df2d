import Foundation
import SafetyEngine
import Settings
import Synchronization
import Testing

@testable import Notify

/// A directory of its own, removed afterwards.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "estop-notify-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func names(_ folder: String = "notify") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
    }

    /// The files of entries in the queue.
    var queued: [String] { names().filter { QueueFile.number($0) != nil } }

    /// An executable script.
    func script(_ name: String, _ lines: String) throws -> String {
        try write(name, "#!/bin/sh\n\(lines)\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/\(name)")
        // A child that another test is just starting may still hold it open for writing; then it cannot be executed. A
        // read lease is given only while nobody does.
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        let setLease: Int32 = 1024
        _ = eventually { fcntl(file, setLease, F_RDLCK) == 0 }
        return "\(path)/\(name)"
    }
}

/// Lines that somebody said, from any thread.
final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }
    func add(_ line: String) { kept.withLock { $0.append(line) } }
}

/// Waits until a condition holds; false when it does not within the limit.
func eventually(within seconds: Double = 20, _ condition: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while !condition() {
        if Date() > end { return false }
        usleep(2_000)
    }
    return true
}

extension Notify.Notification {
    /// A notification as tests need one.
    static func sample(
        _ subject: String = "binance/o-1",
        kind: Kind = .raised,
        level: Alert.Level = .critical,
        rule: String = "ORDER_STUCK",
        text: String = "no answer for 5m",
        at: Int64 = 1_700_000_000_000
    ) -> Notify.Notification {
        Notify.Notification(
            id: "\(rule):\(subject)/\(level.word)/\(kind.rawValue)",
            kind: kind,
            desk: "main",
            level: level,
            rule: rule,
            subject: subject,
            text: text,
            at: at,
            alert: "\(rule):\(subject)",
            count: 3,
            policy: "halts at 15m",
            acknowledge: "estop, key 2 (alerts), then a"
        )
    }
}

extension DeskConfiguration.Notify.Target {
    static func webhook(_ name: String, _ url: String, timeoutMs: UInt64 = 10_000) -> Self {
        var target = Self(name: name, kind: .webhook)
        target.url = url
        target.timeoutMs = timeoutMs
        return target
    }

    static func command(_ name: String, _ words: [String], timeoutMs: UInt64 = 10_000) -> Self {
        var target = Self(name: name, kind: .command)
        target.command = words
        target.timeoutMs = timeoutMs
        return target
    }
}

extension DeskConfiguration.Notify {
    init(_ targets: [Target], attempts: Int = 8, backoffMs: UInt64 = 20, giveUpMs: UInt64 = 86_400_000) {
        self.init()
        self.targets = targets
        self.attempts = attempts
        self.backoffMs = backoffMs
        self.giveUpMs = giveUpMs
    }
}

extension Outbox {
    /// An outbox to webhooks of these names.
    static func to(
        _ names: String...,
        attempts: Int = 3,
        backoffMs: UInt64 = 1_000,
        giveUpMs: UInt64 = 86_400_000
    ) -> Outbox {
        let targets = names.map { DeskConfiguration.Notify.Target.webhook($0, "http://\($0)") }
        return Outbox(.init(targets, attempts: attempts, backoffMs: backoffMs, giveUpMs: giveUpMs))
    }
}

/// `#expect` takes no call that changes something.
func expectEqual<Value: Equatable>(
    _ found: Value,
    _ expected: Value,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(found == expected, sourceLocation: location)
}
