internal import CEstop
import Glibc

/// One heartbeat that a script left with `estop beat NAME`.
public struct ScriptBeat: Sendable, Equatable {
    /// Who beat.
    public var name: String
    /// CLOCK_BOOTTIME ns of the last beat.
    public var at: UInt64
    /// The interval that it promised, ns; 0: none.
    public var interval: UInt64
}

extension KillSwitch {
    private var beatsPath: String { "\(runDirectory)/beats" }

    /// Records one heartbeat, in the run directory: on tmpfs, so that it waits for no disk.
    ///
    /// - Parameters:
    ///   - name: who beats; 1 to 64 bytes, no slash, no leading dot, no control characters.
    ///   - interval: within which the next beat will come, ns; 0: no promise.
    /// - Throws: `SwitchError.Code.input` for a name that cannot be one, `.page` when there is no run directory.
    public func beat(_ name: String, interval: UInt64) throws(SwitchError) {
        let bytes = Array(name.utf8)
        guard (1...64).contains(bytes.count), bytes[0] != UInt8(ascii: "."),
            !bytes.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") })
        else { throw SwitchError(.input, "'\(name)' cannot be a name: 1 to 64 bytes, no slash, no leading dot") }
        if mkdir(beatsPath, 0o700) == 0 {
            chown(beatsPath, directory.owner, directory.group)
            chmod(beatsPath, (directory.mode & 0o2770) | 0o700)
        }
        let file = open("\(beatsPath)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o660)
        guard file >= 0 else {
            throw SwitchError(
                .page,
                "the beat of \(name) cannot be written to \(beatsPath) (does a host run?)",
                errno: errno
            )
        }
        defer { close(file) }
        var words = [Clock.boottime(), interval]
        guard pwrite(file, &words, 16, 0) == 16 else {
            throw SwitchError(.page, "the beat of \(name) cannot be written", errno: errno)
        }
    }

    /// Every script's last beat.
    public func scriptBeats() -> [ScriptBeat] {
        guard let beats = try? StateDirectory(beatsPath) else { return [] }
        return beats.names().compactMap { name in
            guard let bytes = try? beats.read(name), bytes.count >= 16 else { return nil }
            func u64(_ at: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << (8 * UInt64($1)) } }
            return ScriptBeat(name: name, at: u64(0), interval: u64(8))
        }
    }

    /// Forgets a script that will not beat any more.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public func forgetBeat(_ name: String) -> Bool {
        !name.contains("/") && unlink("\(beatsPath)/\(name)") == 0
    }
}
