import Foundation
import Glibc
import SafetyEngine
import Testing

@testable import Notify

struct QueueFolderTests {
    private static func entry(_ number: UInt64, _ subject: String = "s", target: String = "a") -> OutboxEntry {
        OutboxEntry(
            number: number,
            target: target,
            notification: .sample(subject),
            bornAt: 900,
            dueAt: 1_000,
            attempts: 2,
            error: "no \"route\""
        )
    }

    private static func read(_ folder: Folder, repairing: Bool = true) -> QueueFolder.Found {
        QueueFolder(state: folder.path).read(repairing: repairing, now: 1_000, wall: 50_000)
    }

    private static func fill(_ folder: Folder, _ entries: OutboxEntry...) throws {
        _ = read(folder)
        let queue = QueueFolder(state: folder.path)
        for entry in entries {
            try queue.write(QueueFile.name(entry.number), QueueFile.bytes(entry, now: 1_000, wall: 50_000))
        }
        try queue.settle()
    }

    @Test func whatWasWrittenIsReadBackInOrder() throws {
        let folder = try Folder()
        try Self.fill(folder, Self.entry(12), Self.entry(2, "t", target: "b"))
        let found = Self.read(folder)
        #expect(found.entries == [Self.entry(2, "t", target: "b"), Self.entry(12)])
        #expect(found.problems.isEmpty)
        var status = stat()
        #expect(stat("\(folder.path)/notify", &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat("\(folder.path)/notify/\(QueueFile.name(2))", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func timesGoOnWithAnotherClock() throws {
        let bytes = QueueFile.bytes(Self.entry(1), now: 1_000, wall: 50_000)
        // Rebooted: the monotonic clock is at 10, ten minutes later.
        let later = QueueFile.entry(bytes, number: 1, now: 10, wall: 650_000)
        #expect(later?.bornAt == 10 - 600_100 && later?.dueAt == 10)
        // The wall clock was set back: not older than new, and not held back for long.
        var summary = Self.entry(1)
        summary.dueAt = 61_000
        let earlier = QueueFile.entry(QueueFile.bytes(summary, now: 1_000, wall: 50_000), number: 1, now: 10, wall: 0)
        #expect(earlier?.bornAt == 10 && earlier?.dueAt == 60_010)
    }

    @Test(arguments: [
        "", "{", "nonsense", "[]", #"{"version":2}"#, #"{"version":1,"target":"a"}"#,
        #"{"version":1,"target":"a","born":1,"due":1,"attempts":-1,"error":"","notification":{}}"#, "\u{0}\u{1}",
    ])
    func aCorruptFileIsMovedAsideAndSaidAndTheOthersAreKept(text: String) throws {
        let folder = try Folder()
        try Self.fill(folder, Self.entry(1), Self.entry(3))
        try folder.write("notify/\(QueueFile.name(2))", text)
        let found = Self.read(folder)
        #expect(found.entries.map(\.number) == [1, 3])
        #expect(found.problems.count == 1)
        #expect(found.problems.first?.contains("moved aside") == true, "\(found.problems)")
        #expect(folder.queued.count == 2)
        let aside = folder.names().filter { $0.hasSuffix(".corrupt") }
        #expect(aside.count == 1 && folder.text("notify/\(aside.first ?? "")") == text)
        #expect(Self.read(folder).problems.isEmpty)
    }

    @Test func anyCutOfAFileIsCorrupt() throws {
        let bytes = QueueFile.bytes(Self.entry(1), now: 1_000, wall: 50_000)
        // The newline at the end is no part of it.
        for length in 0..<bytes.count - 1 {
            #expect(QueueFile.entry(Array(bytes.prefix(length)), number: 1, now: 0, wall: 0) == nil)
        }
        #expect(QueueFile.entry(bytes, number: 1, now: 1_000, wall: 50_000) == Self.entry(1))
    }

    @Test func whatIsNoFileOrTooLargeIsMovedAside() throws {
        let folder = try Folder()
        try Self.fill(folder)
        try folder.write("secret", "{}")
        symlink("\(folder.path)/secret", "\(folder.path)/notify/\(QueueFile.name(1))")
        mkfifo("\(folder.path)/notify/\(QueueFile.name(2))", 0o600)
        mkdir("\(folder.path)/notify/\(QueueFile.name(3))", 0o700)
        try folder.write("notify/\(QueueFile.name(4))", String(repeating: "x", count: 70_000))
        let found = Self.read(folder)
        #expect(found.entries.isEmpty && found.problems.count == 4)
        #expect(folder.queued.isEmpty && folder.text("secret") == "{}")
    }

    @Test func onlyTheLastCorruptFilesAreKept() throws {
        let folder = try Folder()
        try Self.fill(folder)
        for number in 1...30 { try folder.write("notify/\(QueueFile.name(UInt64(number)))", "x") }
        #expect(Self.read(folder).problems.count == 30)
        #expect(folder.names().count == QueueFolder.mostCorrupt)
    }

    @Test func whatWritersLeftBehindIsRemovedAndForeignFilesAreLeft() throws {
        let folder = try Folder()
        try Self.fill(folder)
        try folder.write("notify/\(QueueFile.name(1)).tmp", "{")
        try folder.write("notify/README", "mine")
        #expect(Self.read(folder).entries.isEmpty)
        #expect(folder.names() == ["README"])
    }

    @Test func lookingChangesNothing() throws {
        let folder = try Folder()
        #expect(Self.read(folder, repairing: false).problems.isEmpty)
        #expect(folder.names(".").isEmpty)
        try Self.fill(folder, Self.entry(1))
        try folder.write("notify/\(QueueFile.name(2))", "x")
        try folder.write("notify/a.tmp", "x")
        let before = folder.names()
        let queue = NotifyQueue(state: folder.path)
        #expect(queue.waiting.map(\.attempts) == [2] && queue.waiting.map(\.error) == ["no \"route\""])
        #expect(queue.problems.count == 1)
        #expect(folder.names() == before)
    }

    @Test func whatWasToldIsReadBack() throws {
        let folder = try Folder()
        try Self.fill(folder)
        let told = Told([
            .init(alert: "a\"", level: .critical, kind: .raised), .init(alert: "b", level: .warning, kind: .resolved),
        ])
        try QueueFolder(state: folder.path).write(QueueFolder.told, QueueFile.bytes(told))
        #expect(Self.read(folder).told == told)
        try folder.write("notify/told.json", "{}")
        let found = Self.read(folder)
        #expect(found.told == Told() && found.problems.count == 1)
    }

    @Test func aFolderThatVanishesIsMadeAgain() throws {
        let folder = try Folder()
        try Self.fill(folder)
        try FileManager.default.removeItem(atPath: "\(folder.path)/notify")
        try QueueFolder(state: folder.path).write("x", [1])
        #expect(folder.names() == ["x"])
        try QueueFolder(state: folder.path).remove("x")
        try QueueFolder(state: folder.path).remove("x")
    }

    @Test func aFailingDiskIsSaidOnceAndServedLater() throws {
        let folder = try Folder()
        // A file where the folder should be: nothing can be written, whoever tries.
        try folder.write("notify", "in the way")
        var outbox = Outbox(.init([.webhook("a", "http://a")]))
        var disk = QueueDisk(QueueFolder(state: folder.path))
        outbox.take(.sample("1"), at: 0)
        let first = disk.persist(&outbox, now: 0, wall: 0)
        #expect(first?.contains("would not survive") == true)
        #expect(disk.retryAt == QueueDisk.retryMs && !disk.error.isEmpty)
        outbox.take(.sample("2"), at: 1)
        let second = disk.persist(&outbox, now: 1, wall: 0)
        #expect(second == nil)
        try FileManager.default.removeItem(atPath: "\(folder.path)/notify")
        let third = disk.persist(&outbox, now: QueueDisk.retryMs, wall: 0)
        #expect(third == "notify: the queue is on disk again")
        #expect(disk.error.isEmpty && disk.retryAt == nil)
        #expect(Self.read(folder).entries.map(\.notification.subject) == ["1", "2"])
    }
}
