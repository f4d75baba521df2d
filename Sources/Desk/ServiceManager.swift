import Glibc

/// systemd's notification protocol (sd_notify(3)), spoken without its library; silent where there is no NOTIFY_SOCKET.
struct ServiceManager: Sendable {
    private static let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    private let path: String?
    /// Whether the service manager expects WATCHDOG=1 (and the host beats far more often than it could ask for).
    let watchesUs: Bool

    init() {
        path = getenv("NOTIFY_SOCKET").map { String(cString: $0) }
        watchesUs = getenv("WATCHDOG_USEC") != nil
    }

    /// Sends one state, such as `READY=1`.
    func notify(_ state: String) {
        guard let path, path.utf8.count < 108 else { return }
        let peer = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard peer >= 0 else { return }
        defer { close(peer) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in bytes.enumerated() { field[index] = byte }
            // An abstract socket's name begins with a zero byte.
            if bytes.first == UInt8(ascii: "@") { field[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(state.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(peer, text, text.count, ServiceManager.flags, address, length)
            }
        }
    }
}
