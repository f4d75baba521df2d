internal import CEstop
import Glibc

/// The lock that makes a process the one host of a state directory: an open-file-description lock on `host.lock`, whose
/// text says who holds it. Looking at it changes nothing.
public final class HostLock: Sendable {
    static let name = "host.lock"
    private let file: Descriptor

    /// Who the host is, as `host.lock` says, while the lock is held.
    public struct Presence: Sendable, Equatable {
        /// Its pid; 0 when the file cannot be read.
        public var pid: Int32
        /// Its TRADING_MODE; nil: none.
        public var tradingMode: String?
        /// How many operators a resume takes by its configuration.
        public var approvals = 1
    }

    /// Becomes the host.
    ///
    /// - Parameters:
    ///   - tradingMode: the TRADING_MODE in this process's environment.
    ///   - approvals: how many operators a resume takes by its configuration.
    /// - Throws: `SwitchError.Code.inUse` while another process is the host, naming it.
    public init(_ directory: StateDirectory, tradingMode: String?, approvals: Int = 1) throws(SwitchError) {
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
            .init("started", .string(Clock.now())), .init("approvals", .integer(Int64(approvals))),
        ])
        // For people and for `status`; a full disk must not keep the host from running.
        if ftruncate(file.number, 0) == 0 { _ = writeAll(file.number, Array((text.line + "\n").utf8)) }
        self.file = file
    }

    /// The host, if the lock is held.
    static func presence(_ directory: StateDirectory) -> Presence? {
        let file = openat(directory.descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var lock = HostLock.lock(F_WRLCK)
        guard fcntl(file, getLock, &lock) == 0, Int32(lock.l_type) != F_UNLCK else { return nil }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(file, &bytes, bytes.count, 0)
        let json = count > 0 ? JSON(bytes: bytes.prefix(count)) : nil
        return Presence(
            pid: json?["pid"]?.integer.flatMap { Int32(exactly: $0) } ?? 0,
            tradingMode: json?["trading_mode"]?.string,
            approvals: json?["approvals"]?.integer.flatMap { Int(exactly: $0) } ?? 1
        )
    }

    // The C constants of open-file-description locks are macros behind _GNU_SOURCE.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static func lock(_ type: Int32) -> flock {
        flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 1, l_pid: 0)
    }
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
