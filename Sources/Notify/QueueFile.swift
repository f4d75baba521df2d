import KillSwitch
import SafetyEngine

/// The text of one file of the queue: an entry as JSON.
///
/// Times are of the wall clock in there, because the monotonic one begins anew with the machine; they only decide when a
/// notification is given up, and when a summary goes out.
enum QueueFile {
    private static let version: Int64 = 1

    /// The bytes of an entry's file.
    static func bytes(_ entry: OutboxEntry, now: Int64, wall: Int64) -> [UInt8] {
        JSON.object([
            .init("version", .integer(version)), .init("target", .string(entry.target)),
            .init("born", .integer(wall &- (now &- entry.bornAt))),
            .init("due", .integer(wall &+ (entry.dueAt &- now))), .init("attempts", .number(entry.attempts)),
            .init("error", .string(entry.error)), .init("notification", entry.notification.json),
        ]).bytes + [UInt8(ascii: "\n")]
    }

    /// The entry of a file; nil when it is none.
    static func entry(_ bytes: [UInt8], number: UInt64, now: Int64, wall: Int64) -> OutboxEntry? {
        guard let json = JSON(bytes: bytes), json["version"]?.integer == version,
            let target = json["target"]?.string, let born = json["born"]?.integer, let due = json["due"]?.integer,
            let attempts = json["attempts"]?.integer, (0...1_000_000).contains(attempts),
            let error = json["error"]?.string,
            let notification = json["notification"].flatMap({ Notification($0) })
        else { return nil }
        // A clock that was set meanwhile makes nothing older than it is, nor holds a summary back for long.
        let (age, overflow) = wall.subtractingReportingOverflow(born)
        let (wait, tooLong) = due.subtractingReportingOverflow(wall)
        return OutboxEntry(
            number: number,
            target: target,
            notification: notification,
            bornAt: now - (overflow ? 0 : min(max(0, age), 1 << 50)),
            dueAt: now + (tooLong ? 0 : min(max(0, wait), Outbox.minuteMs)),
            attempts: Int(attempts),
            error: error
        )
    }

    /// The name of an entry's file: names sort as entries do.
    static func name(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits + ".json"
    }

    /// The number of a file's name; nil: it is no entry's.
    static func number(_ name: String) -> UInt64? {
        guard name.hasSuffix(".json"), name.utf8.count == 25 else { return nil }
        let digits = name.dropLast(5)
        return digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? UInt64(digits) : nil
    }

    /// What was told of which alert, as `told.json`.
    static func bytes(_ told: Told) -> [UInt8] {
        let entries = told.entries.map { entry in
            JSON.array([.string(entry.alert), .string(entry.level.word), .string(entry.kind.rawValue)])
        }
        return JSON.object([.init("version", .integer(version)), .init("told", .array(entries))]).bytes
            + [UInt8(ascii: "\n")]
    }

    /// What `told.json` says; nil when it is none.
    static func told(_ bytes: [UInt8]) -> Told? {
        guard let json = JSON(bytes: bytes), json["version"]?.integer == version, let list = json["told"]?.array else {
            return nil
        }
        var entries: [Told.Entry] = []
        for element in list {
            guard let parts = element.array, parts.count == 3, let alert = parts[0].string,
                let word = parts[1].string, let level = Notification.level(word),
                let kind = parts[2].string.flatMap(Notification.Kind.init(rawValue:))
            else { return nil }
            entries.append(Told.Entry(alert: alert, level: level, kind: kind))
        }
        return Told(entries)
    }
}
