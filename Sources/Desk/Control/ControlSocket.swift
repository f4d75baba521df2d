import Glibc
import KillSwitch
import Synchronization

/// `estop.sock` in the state directory: where bots hand in events and commands ask. One thread for all connections; none
/// of them can hold up another, and a slow reader holds up nobody. Those that speak HTTP are handed over to its server.
///
/// Invariants (EndToEndTests/APISocketTests): whoever connects is heard, however many others do (`ControlRoom`); a connection
/// that does not say what it wants is ended, and a halt that was begun is done.
final class ControlSocket: Sendable {
    /// How many there may be.
    static let room = ControlRoom(most: 512, mostOfOne: 384)
    /// How long a connection may take to say what it wants, in nanoseconds.
    static let firstTime: UInt64 = 5_000_000_000
    /// Connections that are taken in before those that are there are looked at again.
    private static let mostAtOnce = 64

    private let listener: Int32
    /// Which file its name was when it was bound; nil: it was gone at once.
    private let place: Mutex<Place?>
    private let directory: StateDirectory
    private let service: any ControlService
    private let longestLine: Int
    private let worker = Worker()

    /// What a file is, whatever its name.
    private struct Place: Sendable, Equatable {
        var device: UInt64
        var inode: UInt64

        init?(_ directory: StateDirectory) {
            var status = stat()
            guard fstatat(directory.descriptor, "estop.sock", &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    /// Binds the socket: a name that a dead host left is taken over, since the host's lock is held.
    ///
    /// - Throws: `SwitchError` when it cannot be bound.
    init(_ directory: StateDirectory, _ service: any ControlService, longestLine: Int) throws(SwitchError) {
        self.service = service
        self.longestLine = longestLine
        self.directory = directory
        listener = try ControlSocket.bound(directory)
        place = Mutex(Place(directory))
    }

    /// Whether whoever looks for the socket by its name finds this one.
    func isFound(in directory: StateDirectory) -> Bool {
        let now = Place(directory)
        return now != nil && now == place.withLock { $0 }
    }

    /// Binds the name again, which was deleted or replaced. Connections that are there go on.
    ///
    /// - Throws: `SwitchError` when it cannot be bound.
    func bindAgain(_ directory: StateDirectory) throws(SwitchError) {
        let new = try ControlSocket.bound(directory)
        defer { close(new) }
        // The thread waits on the number: the new socket takes its place under the same one.
        guard dup2(new, listener) >= 0 else {
            throw SwitchError(.page, "\(directory.path)/estop.sock cannot be opened again", errno: errno)
        }
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        place.withLock { $0 = Place(directory) }
        worker.wake()
    }

    /// A listening socket under the name.
    private static func bound(_ directory: StateDirectory) throws(SwitchError) -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        // By way of /proc, since a state directory's path may be longer than a socket's address.
        let name = "/proc/self/fd/\(directory.descriptor)/estop.sock"
        unlinkat(directory.descriptor, "estop.sock", 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in name.utf8.enumerated() where index < field.count - 1 { field[index] = byte }
        }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard listener >= 0, bound == 0, listen(listener, 1_024) == 0 else {
            let problem = errno
            if listener >= 0 { close(listener) }
            throw SwitchError(
                .page,
                "\(directory.path)/estop.sock cannot be opened: bots and commands cannot reach this host",
                errno: problem
            )
        }
        // The directory's group is who may talk to the host.
        _ = fchmodat(directory.descriptor, "estop.sock", 0o660, 0)
        return listener
    }

    func start() { worker.start { [self] in run() } }

    /// Ends; connections are closed.
    func stop() {
        worker.stop()
        close(listener)
        // Not by its path: that may lead to another desk's socket by now.
        unlinkat(directory.descriptor, "estop.sock", 0)
    }

    private func run() {
        var connections: [ControlConnection] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while !worker.isStopping {
            var ready = [
                worker.pollfd, pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
            ]
            for connection in connections {
                let events = (connection.isReading ? POLLIN : 0) | (connection.outbox.isEmpty ? 0 : POLLOUT)
                ready.append(pollfd(fd: connection.descriptor, events: Int16(events), revents: 0))
            }
            _ = poll(&ready, nfds_t(ready.count), ControlSocket.patience(connections))
            let now = Clock.boottime()
            if ready[0].revents != 0 { worker.drain() }
            var broken: Set<Int32> = []
            var handedOver: Set<Int32> = []
            for (index, connection) in connections.enumerated() {
                let events = Int32(ready[index + 2].revents)
                connection.resume()
                if events & (POLLIN | POLLHUP | POLLERR) != 0, connection.isReading, !connection.read(&bytes) {
                    broken.insert(connection.descriptor)
                } else if events & POLLERR != 0 || !connection.send() {
                    broken.insert(connection.descriptor)
                } else if connection.isUndecided, now >= connection.cameAt + ControlSocket.firstTime,
                    !connection.expire()
                {
                    broken.insert(connection.descriptor)
                }
                if connection.isHandedOver {
                    handedOver.insert(connection.descriptor)
                } else if connection.isFinished {
                    broken.insert(connection.descriptor)
                }
            }
            if !handedOver.isEmpty {
                for connection in connections where handedOver.contains(connection.descriptor) {
                    connection.handOver?()
                }
                connections.removeAll { handedOver.contains($0.descriptor) }
            }
            broken.subtract(handedOver)
            for connection in connections where broken.contains(connection.descriptor) { ControlSocket.end(connection) }
            connections.removeAll { broken.contains($0.descriptor) }
            if ready[1].revents != 0 { accept(&connections) }
        }
        finish(connections, &bytes)
        for connection in connections { ControlSocket.end(connection) }
    }

    /// How long answers may take that are still to come when the host ends, in nanoseconds.
    private static let lastTime: UInt64 = 1_000_000_000

    /// Decides what has come in, and sends the answers that are still to come to whoever reads them.
    private func finish(_ connections: [ControlConnection], _ bytes: inout [UInt8]) {
        for connection in connections { connection.end(&bytes) }
        let until = Clock.boottime() + ControlSocket.lastTime
        var left = connections.filter { !$0.isHandedOver }
        while true {
            left.removeAll { !$0.send() || ($0.outbox.isEmpty && !$0.isAwaited) }
            let now = Clock.boottime()
            guard !left.isEmpty, now < until else { return }
            var ready = [worker.pollfd]
            for connection in left {
                // One whose answer is still to come is not looked at: it may have hung up, and that would be all the time.
                let descriptor = connection.outbox.isEmpty ? -1 : connection.descriptor
                ready.append(pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0))
            }
            _ = poll(&ready, nfds_t(ready.count), Int32((until - now) / 1_000_000 + 1))
            if ready[0].revents != 0 { worker.drain() }
        }
    }

    private static func end(_ connection: ControlConnection) {
        connection.outbox.close()
        close(connection.descriptor)
    }

    /// How long to wait for something to happen, in milliseconds: until the first connection has had its time; -1: for ever.
    private static func patience(_ connections: [ControlConnection]) -> Int32 {
        guard let first = connections.filter(\.isUndecided).map(\.cameAt).min() else { return -1 }
        let (now, until) = (Clock.boottime(), first + firstTime)
        return until > now ? Int32(clamping: (until - now) / 1_000_000 + 1) : 0
    }

    private func accept(_ connections: inout [ControlConnection]) {
        for _ in 0..<ControlSocket.mostAtOnce {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else {
                // No descriptor is left in this process: whoever has been silent longest gives one up.
                guard errno == EMFILE || errno == ENFILE else { return }
                guard let uid = connections.first?.peer.uid,
                    let id = ControlRoom(most: 0, mostOfOne: .max).leaves(for: uid, connections.map(\.guest))
                else {
                    // Others of this process hold them all: the listener stays ready, and is not asked without a pause.
                    Clock.sleep(milliseconds: 20)
                    return
                }
                leave(id, &connections)
                continue
            }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            guard let peer = Peer(descriptor) else {
                close(descriptor)
                continue
            }
            if let id = ControlSocket.room.leaves(for: peer.uid, connections.map(\.guest)) { leave(id, &connections) }
            let worker = worker
            connections.append(
                ControlConnection(descriptor, peer, service, longestLine: longestLine, wake: { worker.wake() })
            )
        }
    }

    private func leave(_ id: Int32, _ connections: inout [ControlConnection]) {
        for connection in connections where connection.descriptor == id { ControlSocket.end(connection) }
        connections.removeAll { $0.descriptor == id }
    }
}

extension ControlConnection {
    /// As the room sees it.
    fileprivate var guest: ControlRoom.Guest {
        ControlRoom.Guest(id: descriptor, uid: peer.uid, hasSpoken: hasSpoken, heardAt: heardAt)
    }
}
