public import Desk
import Glibc
import HTTPTypes
import HummingbirdCore
import KillSwitch
public import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix
public import Settings

/// The API on its sockets: one event loop of its own, and a few threads for what may wait.
public final class APIServer: HTTPTaker {
    private let api: ControlAPI
    private let group: MultiThreadedEventLoopGroup
    private let listener: (any Channel)?
    /// Why nothing listens at the configured address; nil: something does, or is not wanted. `estop.sock` is served in any case.
    public let problem: String?
    private let hand: NIOLoopBoundBox<LoopHand>
    private let scribe: HaltScribe
    private let threads: WorkThreads
    private let doormen: WorkThreads
    private let executor: ReaderExecutor
    private let streams: StreamHub
    private let logger: Logger

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
    public var port: Int { listener?.localAddress?.port ?? 0 }

    /// Binds and serves.
    ///
    /// - Throws: `Failure`, when the address must not be used.
    public init(_ api: ControlAPI, logger: Logger) throws(Failure) {
        let settings = api.settings
        if let why = APIServer.objection(to: settings) { throw Failure(message: why, isRefusal: true) }
        self.api = api
        let most = Descriptors.room(for: settings.mostConnections)
        let (desk, bearer) = (api.desk, api.bearer)
        let scribe = HaltScribe(
            desk.killSwitch,
            retry: { desk.take($0, $1) },
            onRecord: { api.switchChanged() },
            onHalt: { desk.switchChanged() },
            orders: { desk.host?.ordersOfHalt($0) },
            identify: { token in try? bearer.identify(token).get() },
            meter: api.meter
        )
        self.scribe = scribe
        let threads = WorkThreads(threads: 4, most: 512)
        self.threads = threads
        // A halt that brings a token waits for no reader.
        let doormen = WorkThreads(threads: 2, most: 16_384, nice: 0)
        self.doormen = doormen
        let executor = ReaderExecutor()
        self.executor = executor
        self.logger = logger
        let streams = StreamHub(api)
        self.streams = streams
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let door = HaltDoor(
            isOpen: settings.opensHalt,
            isProxied: settings.isBehindTLS,
            verify: { token, reply in
                guard let token else { return reply(.failure(.missing)) }
                // Any token that is good will do.
                guard !doormen.add({ reply(bearer.identify(token)) }) else { return }
                reply(.failure(BearerRefusal(status: 503, code: "busy", message: "too much waits: try again")))
            },
            refused: { refusal, asker in _ = threads.add { api.refused(refusal, asker) } }
        )
        var limits = ConnectionLimits(
            mostConnections: most,
            headTime: .milliseconds(Int64(clamping: settings.headTimeMs)),
            bodyTime: .milliseconds(Int64(clamping: settings.bodyTimeMs)),
            idleTime: .milliseconds(Int64(clamping: settings.idleTimeMs))
        )
        limits.longestBody = settings.longestBody
        guard scribe.start() else {
            try? group.syncShutdownGracefully()
            throw Failure(message: "the system has no thread for the HTTP API", isRefusal: false)
        }
        threads.start()
        doormen.start()
        executor.start()
        let loop = group.next()
        let (directory, given) = (desk.killSwitch.directory, limits)
        do {
            hand = try loop.submit {
                NIOLoopBoundBox(LoopHand(directory, scribe, door, given), eventLoop: loop)
            }.wait()
        } catch {
            throw Failure(message: "the HTTP API cannot be served: \(error)", isRefusal: false)
        }
        let setUp = APIServer.setUp(api, hand, threads, streams, executor, logger)
        // Not Hummingbird's own accept loop: there an accepted connection waits for an executor.
        let bound: Result<(any Channel)?, any Error> = Result {
            guard settings.isEnabled else { return nil }
            return try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { setUp($0, nil, nil) }
                .bind(host: settings.address, port: settings.port).wait()
        }
        switch bound {
        case .success(let channel): (listener, problem) = (channel, nil)
        case .failure(let error):
            listener = nil
            let why = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            problem =
                "\(settings.address):\(settings.port) cannot be listened on (\(why)): the HTTP API is served on "
                + "estop.sock alone"
        }
        streams.start()
    }

    /// The desk's engine runs from now on: what was refused before is put into its audit.
    public func engineStarted(_ host: DeskHost) { api.refusals.tell(host) }

    /// Ends: no more requests, then every connection, then the threads.
    public func stop() {
        streams.stop()
        try? listener?.close().wait()
        let hand = hand
        try? group.next().submit { for handler in hand.value.book.handlers { handler.end() } }.wait()
        scribe.stop()
        threads.stop(withinMs: 2_000)
        doormen.stop(withinMs: 2_000)
        try? group.syncShutdownGracefully()
        executor.stop()
    }

    /// Serves a connection that somebody else accepted, over `estop.sock`.
    ///
    /// - Parameters:
    ///   - descriptor: the connected socket; it is this server's from now on.
    ///   - begun: what was read from it already.
    ///   - peer: who is on the other side.
    public func serve(_ descriptor: Int32, begun: [UInt8], peer: Peer) {
        let setUp = APIServer.setUp(api, hand, threads, streams, executor, logger)
        ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { setUp($0, peer, begun) }
            .withConnectedSocket(descriptor)
            .whenFailure { [logger] in logger.debug("estop.sock: a connection could not be served: \($0)") }
    }

    private typealias SetUp = @Sendable (any Channel, Peer?, [UInt8]?) -> EventLoopFuture<Void>

    /// How a connection is made ready.
    private static func setUp(
        _ api: ControlAPI,
        _ hand: NIOLoopBoundBox<LoopHand>,
        _ threads: WorkThreads,
        _ streams: StreamHub,
        _ executor: ReaderExecutor,
        _ logger: Logger
    ) -> SetUp {
        let settings = api.settings
        return { child, peer, begun in
            let responder = Responder(api: api, threads: threads, streams: streams, peer: peer)
            let channel = HTTP1Channel(
                responder: { request, writer, channel in try await responder.respond(request, writer, channel) },
                configuration: .init(
                    additionalChannelHandlers: [HaltHandler(hand.value, peer: peer)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: settings.longestHead,
                        maxHeaderListSize: settings.longestHead,
                        maxHeaderFieldCount: 200
                    )
                )
            )
            return channel.setup(channel: child, logger: logger).flatMapThrowing { value -> Void in
                let pipeline = child.pipeline.syncOperations
                try pipeline.addHandler(LastBytes(), position: .first)
                let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
                try pipeline.addHandler(RequestForm(), position: .before(codec))
                if let begun { try pipeline.addHandler(BegunBytes(begun), position: .first) }
                // By itself only when an executor has room: a halt is answered before that.
                Task(executorPreference: executor) { await channel.handle(value: value, logger: logger) }
            }
        }
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
