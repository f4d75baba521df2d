import CCrash
import Glibc
public import KillSwitch

/// Where a crash of this process is recorded, and what its last sentence says of trading.
public enum CrashPlace {
    /// The variable by which the small executable names itself to the screen that it starts.
    public static let parentVariable = "ESTOP_SCREEN_PARENT"

    /// Names the desk of the arguments. A recorded desk and one on another machine have no directory here.
    public static func name(_ arguments: Arguments) {
        if arguments.flag("demo") { return crash_place(nil, "It showed a recorded desk: no real one is concerned.") }
        if let address = arguments.value("url") {
            let place = VisibleText.line(address)
            return crash_place(
                nil,
                "Trading at \(place) is as it was. To halt: log in on that machine and type estop halt."
            )
        }
        guard let path = try? StateLocation.choose(option: arguments.state).path else { return }
        crash_place(
            path,
            "Trading is as it was: halted stays halted, and without a host bots are refused after the dead-man limit. "
                + "To halt: estop halt --state \(StateDirectory.quoted(path))."
        )
    }
}

/// A crash that a process of this desk left on record.
public struct CrashRecord: Sendable, Equatable {
    /// The file in the state directory.
    public let file: String
    /// Which program, which signal, which thread.
    public let what: String
    /// When, in seconds since 1970.
    public let seconds: Int64

    /// Reads the text of such a file; nil: it is none.
    public init?(file: String, text: String) {
        let lines = text.split(separator: "\n", maxSplits: 2)
        guard lines.count > 1, lines[0].contains(" crashed: "), lines[1].hasPrefix("time: "),
            let seconds = Int64(lines[1].dropFirst(6))
        else { return nil }
        self.file = file
        what = VisibleText.line(String(lines[0]))
        self.seconds = seconds
    }

    /// In words, for people.
    public var text: String { "\(what), at \(Clock.text(milliseconds: seconds * 1_000)); backtrace in \(file)" }

    /// The crashes of a desk, the last one first.
    public static func all(in directory: StateDirectory) -> [CrashRecord] {
        directory.names().filter { $0.hasPrefix("crash-") && $0.hasSuffix(".txt") }.compactMap { name in
            let file = openat(directory.descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 512)
            let count = read(file, &bytes, bytes.count)
            return CrashRecord(file: name, text: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
        }.sorted { ($0.seconds, $0.file) > ($1.seconds, $1.file) }
    }

    /// The crashes of the last day, which whoever starts is told of. More than so many files are not kept.
    public static func recent(in directory: StateDirectory) -> [CrashRecord] {
        let all = all(in: directory)
        for old in all.dropFirst(mostKept) { unlinkat(directory.descriptor, old.file, 0) }
        let now = Clock.wallMilliseconds() / 1_000
        return all.filter { now - $0.seconds < 86_400 }
    }

    private static let mostKept = 20
}
