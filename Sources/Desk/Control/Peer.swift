import Glibc

/// Who is on the other end of the socket, as the kernel says.
public struct Peer: Sendable, Equatable {
    /// Their user.
    public let uid: UInt32
    /// Their process.
    public let pid: Int32

    /// Reads the credentials of a connected Unix socket; nil: it has none.
    init?(_ descriptor: Int32) {
        // struct ucred of unix(7): pid, uid, gid; glibc shows it only with _GNU_SOURCE.
        var credentials: [UInt32] = [0, 0, 0]
        var length = socklen_t(credentials.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, length == 12 else {
            return nil
        }
        uid = credentials[1]
        pid = Int32(bitPattern: credentials[0])
    }

    /// Their login name, or their number where they have none.
    public var name: String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var bytes = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(uid, &entry, &bytes, bytes.count, &found) == 0, found != nil, let text = entry.pw_name else {
            return "uid \(uid)"
        }
        return String(cString: text)
    }

    /// Whether they could do with the host whatever they want anyway: its own user, or root.
    public var isTrusted: Bool { uid == 0 || uid == geteuid() }
}
