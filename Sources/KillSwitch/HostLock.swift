internal import CEstop
import Glibc

/// The lock that makes a process the one host of a state directory: an open-file-description lock on `host.lock`, whose
/// text says who holds it. Looking at it changes nothing.
public final class HostLock: Sendable {
    static let name = "host.lock"
    private let file: Descriptor
    /// How long its text is.
    private let size: Int64

    /// Who the host is, as `host.lock` says, while the lock is held.
    public struct Presence: Sendable, Equatable {
        /// Its pid; 0 when the file cannot be read.
        public var pid: Int32
        /// Its TRADING_MODE; nil: none.
        public var tradingMode: String?
        /// How many operators a resume takes by its configuration.
        public var approvals = 1
        /// What its configuration said of the switch when it started; nil: an earlier build's host does not say.
        public var settings: DeskSettings?
    }

    /// Becomes the host.
    ///
    /// - Parameters:
    ///   - tradingMode: the TRADING_MODE in this process's environment.
    ///   - settings: what its configuration says of the switch.
    /// - Throws: `SwitchError.Code.inUse` while another process is the host, naming it.
    public init(
        _ directory: StateDirectory,
        tradingMode: String?,
        settings: DeskSettings = DeskSettings()
    ) throws(SwitchError) {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        guard let file = Descriptor(openat(directory.descriptor, HostLock.name, flags, 0o660)) else {
            throw SwitchError(
                .inUse,
                "\(directory.path)/\(HostLock.name) cannot be opened, so no host can start",
                errno: errno
            )
        }
        fchmod(file.number, 0o660)
        var lock = HostLock.lock(F_WRLCK)
        guard fcntl(file.number, HostLock.setLock, &lock) == 0 else {
            let kept = errno
            let holder = HostLock.presence(directory)
            if kept == EAGAIN || kept == EACCES {
                throw SwitchError(
                    .inUse,
                    "another host (pid \(holder?.pid ?? 0)) runs on \(directory.path): one is enough; look at 'estop status'"
                )
            }
            throw SwitchError(.inUse, "\(directory.path)/\(HostLock.name) cannot be locked", errno: kept)
        }
        let text = JSON.object([
            .init("pid", .integer(Int64(getpid()))), .init("trading_mode", .text(tradingMode)),
            .init("started", .string(Clock.now())), .init("approvals", .integer(Int64(settings.approvals))),
            .init("settings", settings.json),
        ])
        // For people and for `status`; a full disk must not keep the host from running.
        if ftruncate(file.number, 0) == 0 { _ = writeAll(file.number, Array((text.line + "\n").utf8)) }
        var status = stat()
        size = fstat(file.number, &status) == 0 ? Int64(status.st_size) : 0
        self.file = file
    }

    /// The host, if the lock is held.
    static func presence(_ directory: StateDirectory) -> Presence? {
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        guard let file = Descriptor(openat(directory.descriptor, name, flags)) else { return nil }
        return presence(file)
    }

    private static func presence(_ file: borrowing Descriptor) -> Presence? {
        var lock = HostLock.lock(F_WRLCK)
        guard fcntl(file.number, getLock, &lock) == 0, Int32(lock.l_type) != F_UNLCK else { return nil }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = pread(file.number, &bytes, bytes.count, 0)
        let json = count > 0 ? JSON(bytes: bytes.prefix(count)) : nil
        return Presence(
            pid: json?["pid"]?.integer.flatMap { Int32(exactly: $0) } ?? 0,
            tradingMode: json?["trading_mode"]?.string,
            approvals: json?["approvals"]?.integer.flatMap { Int(exactly: $0) } ?? 1,
            settings: json?["settings"].flatMap { DeskSettings($0) }
        )
    }

    /// What became of the lock's file while this process holds it, in a sentence; nil: it is as it was written.
    public func problem(in directory: StateDirectory) -> String? {
        var held = stat()
        var named = stat()
        guard fstat(file.number, &held) == 0 else { return nil }
        let means = "a second host could start beside this one, and commands cannot tell whether a host runs"
        guard fstatat(directory.descriptor, HostLock.name, &named, AT_SYMLINK_NOFOLLOW) == 0 else {
            return "host.lock was deleted under the running host: \(means). Stop this host and start it again"
        }
        guard held.st_ino == named.st_ino, held.st_dev == named.st_dev else {
            return "host.lock was replaced under the running host: \(means). Stop this host and start it again"
        }
        guard held.st_size == Int(size) else {
            return
                "host.lock was overwritten: commands cannot tell which process is the host. Stop this host and start it again"
        }
        return nil
    }

    /// Whether this user may not look whether there is a host.
    static func isHidden(_ directory: StateDirectory) -> Bool {
        faccessat(directory.descriptor, name, R_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT
    }

    /// The pid in a lock file that somebody holds; nil: nobody holds it, or it cannot be read.
    static func holder(_ path: String) -> Int32? {
        guard let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) else { return nil }
        return presence(file)?.pid
    }

    // The C constants of open-file-description locks are macros behind _GNU_SOURCE.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static func lock(_ type: Int32) -> flock {
        flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 1, l_pid: 0)
    }
}

/// Whether a host runs, or is starting: its lock is held from before its first beat.
public enum HostPresence {
    /// Whether somebody holds the host's lock of a state directory.
    public static func isThere(_ directory: StateDirectory) -> Bool { HostLock.presence(directory) != nil }
}

/// What TRADING_MODE says.
public enum TradingMode {
    /// The mode that this process's environment restricts to; nil: it says nothing.
    public static func current() -> String? {
        getenv("TRADING_MODE").map { String(cString: $0) }
    }

    /// The mode that a value restricts to: `halt`, `paper` and `live` are known, anything else reads as halt.
    public static func mode(_ value: String?) -> Mode {
        switch value {
        case nil, "live": .live
        case "paper": .paper
        default: .halted
        }
    }
}
