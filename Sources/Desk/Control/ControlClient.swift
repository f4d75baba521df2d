import Glibc
public import KillSwitch

/// A connection to the host of a desk, for commands and attached screens.
///
/// One thread at a time. Nothing here waits longer than it is told to.
public final class ControlClient {
    /// Why the host could not be asked.
    public struct Failure: Error, Sendable, Equatable {
        /// What happened and what to do.
        public let message: String
        /// Whether nobody listens: no host runs.
        public let isAbsent: Bool

        /// Creates a failure.
        public init(message: String, isAbsent: Bool) {
            self.message = message
            self.isAbsent = isAbsent
        }
    }

    private var descriptor: Int32 { connection.number }
    private let connection: Descriptor
    private var buffer = LineBuffer(limit: 64 << 20)

    /// Connects.
    ///
    /// - Throws: `Failure` when nobody listens.
    public init(_ directory: StateDirectory) throws(Failure) {
        guard let made = Descriptor(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)) else {
            throw Failure(
                message: "the host cannot be asked: \(String(cString: strerror(errno))): close what uses many files",
                isAbsent: false
            )
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = "/proc/self/fd/\(directory.descriptor)/estop.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in name.utf8.enumerated() where index < field.count - 1 { field[index] = byte }
        }
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(made.number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(made.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            guard errno == EACCES else {
                throw Failure(
                    message: directory.naming("no host answers for \(directory.path): start one with 'estop serve'"),
                    isAbsent: true
                )
            }
            throw Failure(
                message: "\(directory.path)/estop.sock may not be used by you: ask to be put into its group",
                isAbsent: false
            )
        }
        // Room for a burst: a sender of many lines waits less often.
        var size: Int32 = 1 << 20
        setsockopt(made.number, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        connection = made
    }

    /// Becomes readable when an answer is there.
    public var readable: Int32 { descriptor }

    /// Sends bytes; waits while the host makes us wait.
    ///
    /// - Throws: `Failure` when the host has gone.
    public func send(_ bytes: some Collection<UInt8>) throws(Failure) {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                Glibc.send(descriptor, all.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR && errno != EAGAIN {
                throw Failure(message: "the host went away while it was told: see whether it runs", isAbsent: true)
            }
        }
    }

    /// Sends as much as the host takes now.
    ///
    /// - Returns: how many bytes; 0: none now.
    /// - Throws: `Failure` when the host has gone.
    public func sendSome(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
        if count >= 0 { return count }
        guard errno == EINTR || errno == EAGAIN else {
            throw Failure(message: "the host went away while it was sent to: see whether it runs", isAbsent: true)
        }
        return 0
    }

    /// Waits until the host takes more or has said something.
    public func waitUntilReady(milliseconds: Int32) {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)
        _ = poll(&ready, 1, milliseconds)
    }

    /// Sends a request.
    public func send(_ request: ControlRequest) throws(Failure) { try send(Array((request.line + "\n").utf8)) }

    /// The next line of an answer.
    ///
    /// - Parameter milliseconds: how long to wait for it; 0: takes what is there.
    /// - Returns: the line; nil when none came in that time.
    /// - Throws: `Failure` when the host closed the connection.
    public func line(within milliseconds: UInt64) throws(Failure) -> [UInt8]? {
        let until = Clock.boottime() + milliseconds * 1_000_000
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            if case .whole(let line)? = buffer.next() { return Array(line) }
            let now = Clock.boottime()
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = until > now ? (until - now + 999_999) / 1_000_000 : 0
            guard poll(&ready, 1, Int32(clamping: left)) > 0 else {
                if Clock.boottime() >= until { return nil }
                continue
            }
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                buffer.add(bytes[..<count])
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                throw Failure(message: "the host closed the connection: see whether it runs", isAbsent: true)
            }
        }
    }

    /// Says that nothing more will be sent; answers can still be read.
    public func finish() { shutdown(descriptor, Int32(SHUT_WR)) }
}
