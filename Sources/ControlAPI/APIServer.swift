import Glibc
import HTTPTypes
import HummingbirdCore
import KillSwitch
public import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix
public import Settings

/// The API on its socket: one event loop of its own, and a few threads for what may wait.
public final class APIServer: Sendable {
    private let api: ControlAPI
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let hand: NIOLoopBoundBox<LoopHand>
    private let scribe: HaltScribe
    private let threads: WorkThreads
    private let streams: StreamHub

    /// Why it does not serve.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What happened and what to do.
        public let message: String
        /// Whether the configuration has to change before this host starts.
        public let isRefusal: Bool
        /// The message.
        public var description: String { message }

        /// Creates a failure.
        public init(message: String, isRefusal: Bool) {
            self.message = message
            self.isRefusal = isRefusal
        }
    }

    /// Why an address may not be used; nil: it may.
    public static func objection(to settings: DeskConfiguration.API) -> String? {
        guard settings.isEnabled, !settings.isBehindTLS, !LoopbackAddress.contains(settings.address) else { return nil }
        return "[api] address = \"\(settings.address)\" can be reached from elsewhere without TLS, and is refused: use "
            + "127.0.0.1 with a proxy that speaks TLS or an SSH tunnel before it, or write behind_tls = true"
    }

    /// Where it listens.
    public var port: Int { listener.localAddress?.port ?? 0 }

    /// Binds and serves.
    ///
    /// - Throws: `Failure`, when the address cannot be used.
    public init(_ api: ControlAPI, logger: Logger) throws(Failure) {
        let settings = api.settings
        if let why = APIServer.objection(to: settings) { throw Failure(message: why, isRefusal: true) }
        self.api = api
        let most = Descriptors.room(for: settings.mostConnections)
        let desk = api.desk
        let scribe = HaltScribe(
            desk.killSwitch,
            retry: { desk.take($0, $1) },
            onHalt: { desk.switchChanged() },
            meter: api.meter
        )
        self.scribe = scribe
        let threads = WorkThreads(threads: 4, most: 512)
        self.threads = threads
        let streams = StreamHub(api)
        self.streams = streams
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let bearer = api.bearer
        let door = HaltDoor(isOpen: settings.opensHalt, isProxied: settings.isBehindTLS) { token, reply in
            guard let token else { return reply(.missing) }
            let isTaken = threads.add {
                // Any token that is good will do.
                var first: BearerRefusal?
                for permission in BearerPermission.allCases {
                    switch bearer.verify(token, for: permission) {
                    case .success: return reply(nil)
                    case .failure(let refusal): if first == nil || refusal.status == 401 { first = refusal }
                    }
                }
                reply(first)
            }
            if !isTaken { reply(BearerRefusal(status: 503, code: "busy", message: "too much waits: try again")) }
        }
        let limits = ConnectionLimits(
            mostConnections: most,
            headTime: .milliseconds(Int64(clamping: settings.headTimeMs)),
            bodyTime: .milliseconds(Int64(clamping: settings.bodyTimeMs)),
            idleTime: .milliseconds(Int64(clamping: settings.idleTimeMs))
        )
        guard scribe.start() else {
            try? group.syncShutdownGracefully()
            throw Failure(message: "the system has no thread for the HTTP API", isRefusal: false)
        }
        threads.start()
        let loop = group.next()
        let responder = Responder(api: api, threads: threads, streams: streams)
        do {
            let hand = try loop.submit {
                NIOLoopBoundBox(LoopHand(desk.killSwitch.directory, scribe, door, limits), eventLoop: loop)
            }.wait()
            self.hand = hand
            let channel = HTTP1Channel(
                responder: { request, writer, channel in try await responder.respond(request, writer, channel) },
                configuration: .init(
                    additionalChannelHandlers: [HaltHandler(hand.value)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: settings.longestHead,
                        maxHeaderListSize: settings.longestHead,
                        maxHeaderFieldCount: 200
                    )
                )
            )
            // Not Hummingbird's own accept loop: there an accepted connection waits for an executor.
            listener = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { child in
                    channel.setup(channel: child, logger: logger).map { value in
                        Task { await channel.handle(value: value, logger: logger) }
                    }
                }
                .bind(host: settings.address, port: settings.port).wait()
        } catch {
            scribe.stop()
            threads.stop(withinMs: 100)
            try? group.syncShutdownGracefully()
            let why = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw Failure(
                message:
                    "\(settings.address):\(settings.port) cannot be listened on (\(why)): the HTTP API is not served; "
                    + "estop.sock and the command are",
                isRefusal: false
            )
        }
        streams.start()
    }

    /// Ends: no more requests, then every connection, then the threads.
    public func stop() {
        streams.stop()
        try? listener.close().wait()
        let hand = hand
        let open = try? group.next().submit { hand.value.book.channels }.wait()
        for channel in open ?? [] { channel.close(promise: nil) }
        scribe.stop()
        threads.stop(withinMs: 2_000)
        try? group.syncShutdownGracefully()
    }
}

/// Descriptors for connections.
enum Descriptors {
    /// Makes room, as far as the system allows.
    ///
    /// - Returns: how many connections may be kept.
    static func room(for connections: Int) -> Int {
        // What the desk itself needs: its journal, its socket, its venues.
        let others: rlim_t = 1_024
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return min(connections, 256) }
        let wanted = rlim_t(connections) + others
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        let room = limit.rlim_cur > 2 * others ? limit.rlim_cur - others : limit.rlim_cur / 2
        return max(16, min(connections, Int(clamping: room)))
    }
}
