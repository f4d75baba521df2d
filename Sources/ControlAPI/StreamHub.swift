import Desk
import HTTPTypes
import HummingbirdCore
import KillSwitch
import NIOCore
import SafetyEngine
import Synchronization

/// Server-sent events for everybody who watches: one thread looks at the desk, each reader has a short queue of its own.
///
/// Invariants (ControlAPITests/StreamTests, StreamShelfTests): numbers rise by one; whoever comes back with the last number
/// that they saw misses nothing that is still remembered, and gets a snapshot otherwise; a reader that does not read is dropped, told so,
/// and slows down nobody.
final class StreamHub: Sendable {
    static let contentType = "text/event-stream"
    /// Events that are remembered for those who come back.
    static let mostRemembered = 256
    /// The same for screens: theirs are large, and a snapshot is not much larger.
    static let mostRememberedOfScreens = 32
    /// Events that wait for one reader.
    static let mostWaiting = 32
    /// Most readers.
    static let mostReaders = 256
    /// Between two looks, in milliseconds, where nothing wakes the thread.
    private static let lookMs: Int32 = 250
    /// The same for screens, which show the steps of a halt.
    private static let screenLookMs: Int32 = 100
    /// Between two heartbeats, in milliseconds.
    private static let beatMs: UInt64 = 5_000
    /// The same for screens, which have to know soon that nobody speaks any more.
    private static let screenBeatMs: UInt64 = 1_000

    /// How long a reader that was dropped is given to read that it was.
    private static let grace = TimeAmount.seconds(10)

    /// One event as it goes over the wire.
    struct Message: Sendable, Equatable {
        var id: UInt64
        var text: String
    }

    /// Somebody who reads.
    struct Reader: Sendable {
        var queue: AsyncStream<String>.Continuation
        var channel: any Channel
    }

    /// What is remembered, and who reads.
    struct Shelf: Sendable {
        var next: UInt64 = 1
        var most = StreamHub.mostRemembered
        var remembered: [Message] = []
        var readers: [UInt64: Reader] = [:]
        /// Those whose snapshot is still to be made: from the look that their changes begin with, so that nothing falls
        /// in between.
        var newcomers: [UInt64: Reader] = [:]
        var nextReader: UInt64 = 1

        /// Of a host that starts now: its numbers begin with the wall clock, so that none of an earlier host is taken for
        /// one of its own.
        static var ofThisHost: Shelf { Shelf(next: UInt64(max(0, Clock.wallMilliseconds())) * 1_000 + 1) }

        /// Numbers an event and keeps it.
        mutating func add(_ name: String, _ data: JSON) -> Message {
            let message = Message(id: next, text: "id: \(next)\nevent: \(name)\ndata: \(data.line)\n\n")
            next += 1
            remembered.append(message)
            if remembered.count > most { remembered.removeFirst() }
            return message
        }

        /// What somebody missed since a number; nil: not all of it is remembered.
        func missed(since id: UInt64) -> [Message]? {
            guard id < next else { return nil }
            if id + 1 == next { return [] }
            guard let first = remembered.first, first.id <= id + 1 else { return nil }
            return remembered.filter { $0.id > id }
        }
    }

    private let api: ControlAPI
    /// What screens are told; nil: this hub is for other programs.
    private let screen: ScreenFeed?
    /// The hub of the screens, beside the one for other programs.
    let screens: StreamHub?
    private let shelf = Mutex(Shelf.ofThisHost)
    private let isEnding = Atomic<Bool>(false)
    private let isRunning = Atomic<Bool>(false)
    private let wire = Wire()

    /// - Parameter isOfScreens: whether dashboards read it; those of other programs have such a hub beside their own.
    init(_ api: ControlAPI, isOfScreens: Bool = false) {
        let desk = api.desk
        self.api = api
        screen = isOfScreens ? ScreenFeed(desk.killSwitch, sight: { desk.sight }) : nil
        screens = isOfScreens ? nil : StreamHub(api, isOfScreens: true)
        if isOfScreens { shelf.withLock { $0.most = StreamHub.mostRememberedOfScreens } }
    }

    func start() {
        screens?.start()
        isRunning.store(true, ordering: .releasing)
        let started = ThreadStart.detached { [self] in run() }
        if !started { isRunning.store(false, ordering: .releasing) }
    }

    func stop() {
        screens?.stop()
        isEnding.store(true, ordering: .releasing)
        wire.pull()
        let until = Clock.boottime() + 2_000_000_000
        while isRunning.load(ordering: .acquiring), Clock.boottime() < until { Clock.sleep(milliseconds: 5) }
        for reader in shelf.withLock({ Array($0.readers.values) + $0.newcomers.values }) { reader.queue.finish() }
    }

    /// The desk has changed; must not wait.
    func wake() {
        wire.pull()
        screens?.wake()
    }

    private func run() {
        defer { isRunning.store(false, ordering: .releasing) }
        var shown: [Part] = []
        var beaten = Clock.boottime()
        while !isEnding.load(ordering: .acquiring) {
            if shelf.withLock({ !$0.readers.isEmpty || !$0.newcomers.isEmpty }) {
                let newcomers = shelf.withLock { shelf in
                    defer { shelf.newcomers = [:] }
                    return shelf.newcomers
                }
                let (parts, snapshot) = look(isWhole: !newcomers.isEmpty)
                for (index, part) in parts.enumerated() where shown.isEmpty || shown[index].settled != part.settled {
                    if shown.isEmpty { continue }
                    let news = screen == nil ? part.data : ScreenCodec.changes(from: shown[index].data, to: part.data)
                    send { $0.add(part.name, news).text }
                }
                shown = parts
                if !newcomers.isEmpty { welcome(newcomers, snapshot().line) }
                let beatMs = screen == nil ? StreamHub.beatMs : StreamHub.screenBeatMs
                if Clock.boottime() >= beaten + beatMs * 1_000_000 {
                    beaten = Clock.boottime()
                    let at = Clock.text(milliseconds: Clock.wallMilliseconds())
                    send { _ in "event: heartbeat\ndata: {\"at\":\"\(at)\"}\n\n" }
                }
            }
            _ = wire.wait(milliseconds: screen == nil ? StreamHub.lookMs : StreamHub.screenLookMs)
            wire.rest()
        }
    }

    private typealias Part = (name: String, settled: JSON, data: JSON)

    /// What is told of, and what somebody who comes anew begins with: both of one look.
    ///
    /// - Parameter isWhole: whether somebody comes anew.
    private func look(isWhole: Bool) -> (parts: [Part], snapshot: () -> JSON) {
        guard let screen else {
            let world = api.world()
            return (StreamHub.parts(world), { Routes.snapshot(world) })
        }
        let (desk, engine) = screen.look(isWhole: isWhole)
        return (
            [("desk", desk, desk), ("engine", engine, engine)],
            {
                .of([
                    "wire": .number(ScreenCodec.wire), "version": .string(Program.version), "desk": desk,
                    "engine": engine,
                ])
            }
        )
    }

    /// What is told of apart when it changes, and what tells a change: without what changes by itself, such as ages.
    static func parts(_ world: APIWorld) -> [(name: String, settled: JSON, data: JSON)] {
        let view = world.view
        let parts: [(String, JSON)] = [
            ("switch", Routes.status(world)), ("alerts", .array((view?.alerts ?? []).map(\.json))),
            ("positions", .array((view?.positions ?? []).map(\.json))),
            ("orders", .array((view?.orders ?? []).map(\.json))),
            ("venues", .array((view?.venues ?? []).map(\.json))),
            ("supervisors", .array((view?.supervisors ?? []).map(\.json))),
            ("breakers", .array((view?.breakers ?? []).map(\.json))), ("money", view?.moneyJSON ?? .null),
        ]
        return parts.map { ($0.0, settled($0.1), $0.1) }
    }

    private static func settled(_ json: JSON) -> JSON {
        switch json {
        case .object(let members):
            .object(members.filter { !isAge($0.key) }.map { .init($0.key, settled($0.value)) })
        case .array(let rows): .array(rows.map(settled))
        default: json
        }
    }

    private static func isAge(_ key: String) -> Bool {
        // Notes and texts say ages in words.
        key.hasSuffix("age_ms") || ["held_ms", "expires_in_ms", "missed", "note", "text"].contains(key)
    }

    /// Gives new readers their snapshot; what follows is told to them too.
    private func welcome(_ newcomers: [UInt64: Reader], _ snapshot: String) {
        shelf.withLock { shelf in
            let text = "id: \(shelf.next - 1)\nevent: snapshot\ndata: \(snapshot)\n\n"
            for (name, reader) in newcomers {
                reader.queue.yield(text)
                shelf.readers[name] = reader
            }
        }
    }

    private func send(_ make: (inout Shelf) -> String) {
        shelf.withLock { shelf in
            let text = make(&shelf)
            for (name, reader) in shelf.readers {
                if case .enqueued = reader.queue.yield(text) { continue }
                // It does not read: it is dropped, and its connection with it, read or not.
                reader.queue.finish()
                shelf.readers[name] = nil
                api.meter.addDroppedReader()
                let channel = reader.channel
                channel.eventLoop.scheduleTask(in: StreamHub.grace) { channel.close(promise: nil) }
            }
        }
    }

    /// Writes to one reader until it goes, does not read, or the host ends.
    func serve(
        _ writer: consuming ResponseWriter,
        _ channel: any Channel,
        after last: UInt64?,
        _ head: HTTPResponse
    ) async throws {
        let (stream, continuation) = AsyncStream.makeStream(
            of: String.self,
            bufferingPolicy: .bufferingOldest(StreamHub.mostWaiting)
        )
        let joined = shelf.withLock { shelf -> (name: UInt64, missed: [Message])? in
            guard shelf.readers.count + shelf.newcomers.count < StreamHub.mostReaders else { return nil }
            let name = shelf.nextReader
            shelf.nextReader += 1
            let reader = Reader(queue: continuation, channel: channel)
            let missed = last.flatMap { shelf.missed(since: $0) }
            if missed == nil { shelf.newcomers[name] = reader } else { shelf.readers[name] = reader }
            return (name, missed ?? [])
        }
        guard let joined else {
            let answer = APIAnswer(
                refusing: APIRefusal(503, "too_many_readers", "there are too many streams: try again")
            )
            return try await writer.write(
                response: answer.head,
                body: .init(byteBuffer: ByteBuffer(bytes: answer.body))
            )
        }
        defer {
            shelf.withLock { shelf in
                shelf.readers[joined.name] = nil
                shelf.newcomers[joined.name] = nil
            }
        }
        wire.pull()
        var body = try await writer.writeHead(head)
        try await body.write(ByteBuffer(string: "retry: 1000\n\n" + joined.missed.map(\.text).joined()))
        for await text in stream { try await body.write(ByteBuffer(string: text)) }
        let why = isEnding.load(ordering: .acquiring) ? "the host stops" : "this reader is too slow"
        try await body.write(ByteBuffer(string: "event: dropped\ndata: {\"reason\":\"\(why)\"}\n\n"))
        try await body.finish(nil)
    }
}
