import Glibc
import KillSwitch
import SafetyEngine
import Synchronization

/// What waits to be sent to one peer; filled from any thread.
final class ControlOutbox: Sendable {
    /// More than this is not kept for somebody who does not read.
    static let limit = 8 << 20

    private let waiting = Mutex<(bytes: [UInt8], isClosed: Bool, endsAfter: Bool)>(([], false, false))
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Adds a line; false when nobody will read it.
    @discardableResult
    func add(_ line: String, endsAfter: Bool = false) -> Bool {
        let isTaken = waiting.withLock { waiting in
            guard !waiting.isClosed, waiting.bytes.count < ControlOutbox.limit else { return false }
            waiting.bytes += line.utf8
            if endsAfter { waiting.endsAfter = true } else { waiting.bytes.append(UInt8(ascii: "\n")) }
            return true
        }
        if isTaken { wake() }
        return isTaken
    }

    /// Has the socket's thread look at the connection again.
    func wakeReader() { wake() }

    /// Nobody listens any more.
    func close() { waiting.withLock { $0.isClosed = true } }

    var isEmpty: Bool { waiting.withLock { $0.bytes.isEmpty } }
    var count: Int { waiting.withLock { $0.bytes.count } }
    var isFull: Bool { waiting.withLock { $0.bytes.count >= 65_536 } }
    /// Whether everything was sent after which the connection ends.
    var isDone: Bool { waiting.withLock { $0.endsAfter && $0.bytes.isEmpty } }

    /// Sends what the peer takes now; false when the peer is gone.
    func send(to descriptor: Int32) -> Bool {
        waiting.withLock { waiting in
            while !waiting.bytes.isEmpty {
                let count = Glibc.send(
                    descriptor,
                    waiting.bytes,
                    waiting.bytes.count,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                )
                if count > 0 {
                    waiting.bytes.removeFirst(count)
                } else if errno == EINTR {
                    continue
                } else {
                    return errno == EAGAIN
                }
            }
            return true
        }
    }
}

/// One connection to `estop.sock`. Owned by the socket's thread.
final class ControlConnection {
    let descriptor: Int32
    let outbox: ControlOutbox
    let peer: Peer
    /// When it came.
    let cameAt = Clock.boottime()
    /// When it said something last, or took something that was said to it.
    private(set) var heardAt = Clock.boottime()
    /// Whether it has said anything.
    private(set) var hasSpoken = false
    private let service: any ControlService
    private let wake: @Sendable () -> Void
    private var buffer: LineBuffer
    private var counts = ControlCounts()
    /// Events that are still to be handed in, and the numbers of their lines.
    private var waiting: [EngineLoop.Incoming] = []
    private var waitingLines: [Int] = []
    private let open = OpenQuestions()
    /// Whether it has handed in events, or tried to.
    private var bringsEvents = false
    /// A request that may only be answered after the events before it were handed in.
    private var held: [UInt8]?
    private var isHalt = false
    private var isBeginning = true
    /// It speaks HTTP, and is somebody else's as soon as `handOver` is called.
    private(set) var isHandedOver = false
    private(set) var handOver: (() -> Void)?
    /// A halt was asked for: its answer is still to come.
    private var isAsked = false
    private var hasEnded = false
    private let hasRoom = HasRoom()

    /// Questions whose answer is still to come: the connection does not end before.
    private final class OpenQuestions: Sendable { let count = Atomic<Int>(0) }

    /// Set by the engine's thread when it has room again.
    private final class HasRoom: Sendable { let flag = Atomic<Bool>(true) }

    /// The longest head and body of a halt that is read; it halts before.
    static let longestHalt = 65_536

    init(
        _ descriptor: Int32,
        _ peer: Peer,
        _ service: any ControlService,
        longestLine: Int,
        wake: @escaping @Sendable () -> Void
    ) {
        self.descriptor = descriptor
        self.peer = peer
        self.service = service
        self.wake = wake
        outbox = ControlOutbox(wake: wake)
        buffer = LineBuffer(limit: longestLine)
    }

    /// Whether more may be read: a sender that is faster than the engine is made to wait, not lost.
    var isReading: Bool { hasRoom.flag.load(ordering: .acquiring) && !hasEnded && !outbox.isFull }

    /// Whether there is nothing more to do.
    var isFinished: Bool {
        outbox.isDone
            || (hasEnded && !isHalt && !isAsked && waiting.isEmpty && held == nil && !isAwaited && outbox.isEmpty)
    }

    /// Whether an answer is still to come.
    var isAwaited: Bool { open.count.load(ordering: .acquiring) > 0 }

    /// The host ends: what has come in is decided, each line handed on or refused, and its sender learns how many were taken.
    /// What is sent after this is not read by anybody.
    func end(_ bytes: inout [UInt8]) {
        guard !isHandedOver else { return }
        shutdown(descriptor, Int32(SHUT_RD))
        hasRoom.flag.store(true, ordering: .releasing)
        while !hasEnded, !isHalt, read(&bytes), !isHandedOver {}
        if bringsEvents { outbox.add(counts.line(isReady: false)) }
    }

    /// Reads what is there; false when the connection broke.
    func read(_ bytes: inout [UInt8]) -> Bool {
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        if count == 0 {
            hasEnded = true
        } else {
            buffer.add(bytes[..<count])
            hasSpoken = true
            heardAt = Clock.boottime()
        }
        if isBeginning { begin() }
        if isHandedOver { return true }
        if isHalt { halt() } else { take() }
        return true
    }

    /// Whether what it wants has to be told within `firstTime`.
    var isUndecided: Bool { (isBeginning || isHalt) && !hasEnded }

    /// What it wants was not told in time: a halt is done all the same; false: the connection is to be ended.
    func expire() -> Bool {
        guard isHalt else { return false }
        hasEnded = true
        halt()
        return true
    }

    /// Sends what the peer takes now; false when the peer is gone.
    func send() -> Bool {
        let before = outbox.count
        let isThere = outbox.send(to: descriptor)
        if outbox.count < before { heardAt = Clock.boottime() }
        return isThere
    }

    /// Goes on with what had to wait, if there is room now.
    func resume() { if hasRoom.flag.load(ordering: .acquiring), !isHalt, !isHandedOver { take() } }

    /// HTTP or lines: no line begins with a method and a space.
    private func begin() {
        guard let isHTTP = HTTPBeginning.isHTTP(buffer.rest) ?? (hasEnded ? false : nil) else { return }
        isBeginning = false
        guard isHTTP else { return }
        if let taker = service.takerOfHTTP {
            isHandedOver = true
            handOver = { [descriptor, buffer, peer] in taker.serve(descriptor, begun: Array(buffer.rest), peer: peer) }
        } else {
            // Without the HTTP API, the one request of libestop.
            isHalt = buffer.rest.starts(with: "POST ".utf8)
        }
    }

    private func take() {
        guard !isBeginning else { return }
        var refused = 0
        defer { if refused > 0 { service.refused(refused, from: peer) } }
        guard offer(&refused) else { return }
        if let request = held {
            held = nil
            answer(request[...])
        }
        while let line = buffer.next() ?? (hasEnded ? buffer.last() : nil) {
            switch line {
            case .tooLong:
                counts.lines += 1
                refuse("the line is longer than the limit", &refused)
            case .whole(let bytes):
                let bytes = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
                let isRequest = bytes.starts(with: ControlRequest.beginning)
                // A question is none of the sender's lines: the numbers of those go on.
                if !isRequest { counts.lines += 1 }
                if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
                if isRequest {
                    // What came before it is handed in before it is answered.
                    guard offer(&refused) else {
                        held = Array(bytes)
                        return
                    }
                    answer(bytes)
                } else {
                    take(event: bytes, &refused)
                }
            }
            if waiting.count >= 4_096, !offer(&refused) { break }
        }
        _ = offer(&refused)
    }

    private func take(event bytes: ArraySlice<UInt8>, _ refused: inout Int) {
        bringsEvents = true
        if let objection = service.objectionToEvents {
            // In the order of the lines: those that wait are refused before it, since nobody takes them either.
            _ = offer(&refused)
            return refuse(objection, isForNow: true, &refused)
        }
        do {
            var rows = EventLine.RowRefusals()
            let event = try EventLine.parse(bytes.span, &rows)
            try EventLine.admit(event, to: service.deskName)
            switch event.origin.source.kind {
            case .bot: break
            case .venue:
                guard peer.isTrusted else {
                    return refuse("only the host's own user may speak for a venue: say source bot:NAME", &refused)
                }
            case .operator, .host: return refuse("source has to be bot:NAME or venue:NAME", &refused)
            }
            waiting.append(EngineLoop.Incoming(event, line: Array(bytes)))
            waitingLines.append(counts.lines)
            for row in rows.first { tell("\(row) (the other rows count; the list is not complete)") }
            if rows.count > rows.first.count { tell("\(rows.count) rows were refused in all") }
        } catch {
            refuse(error.description, &refused)
        }
    }

    /// - Parameter isForNow: the line may be sent again, and is taken then: nobody has it, nor any event after it.
    private func refuse(_ why: String, line: Int? = nil, isForNow: Bool = false, _ refused: inout Int) {
        refused += 1
        tell(why, line: line, isForNow: isForNow)
    }

    private func tell(_ why: String, line: Int? = nil, isForNow: Bool = false) {
        counts.refused += 1
        var detail: [JSON.Member] = [.init("line", .number(line ?? counts.lines)), .init("why", .string(why))]
        if isForNow { detail.append(.init("again", .bool(true))) }
        outbox.add(JSON.object([.init("refused", .object(detail))]).line)
    }

    /// Hands in what waits, or refuses it where nobody takes it now; false when there is no room now.
    private func offer(_ refused: inout Int) -> Bool {
        guard !waiting.isEmpty else { return true }
        let (room, wake) = (hasRoom, wake)
        room.flag.store(false, ordering: .releasing)
        let offer = service.offer(waiting, from: peer) {
            room.flag.store(true, ordering: .releasing)
            wake()
        }
        switch offer {
        case .noRoom: return false
        case .taken: counts.taken += waiting.count
        case .notNow(let why):
            for line in waitingLines { refuse(why, line: line, isForNow: true, &refused) }
        }
        room.flag.store(true, ordering: .releasing)
        waiting.removeAll(keepingCapacity: true)
        waitingLines.removeAll(keepingCapacity: true)
        return true
    }

    private func answer(_ bytes: ArraySlice<UInt8>) {
        do {
            let request = try ControlRequest(bytes)
            let (outbox, open) = (outbox, open)
            // A watch is answered for as long as somebody looks.
            guard request != .watch else {
                return service.answer(request, from: peer, events: counts) { outbox.add($0) }
            }
            open.count.add(1, ordering: .acquiringAndReleasing)
            service.answer(request, from: peer, events: counts) { line in
                let isTaken = outbox.add(line)
                open.count.subtract(1, ordering: .acquiringAndReleasing)
                outbox.wakeReader()
                return isTaken
            }
        } catch {
            outbox.add(JSON.object([.init("error", .string(error.message))]).line)
        }
    }

    // MARK: - A halt as libestop asks for it

    /// Halts as soon as the request is known to be one; reason and scope are read from whatever body came with it.
    private func halt() {
        let all = Array(buffer.rest)
        guard let text = HaltPost(all, hasEnded: hasEnded || all.count >= ControlConnection.longestHalt) else { return }
        isHalt = false
        isAsked = true
        hasEnded = true
        guard text.isActivation else {
            return outbox.finish(404, [.init("error", .string("only halting is served here"))])
        }
        let outbox = outbox
        let request = HaltRequest(
            scope: text.body.scope,
            reason: text.body.reason,
            source: .library,
            op: peer.name
        )
        service.halt(request) { report in
            outbox.finish(
                report.taken ? 200 : 500,
                [
                    .init("success", .bool(report.taken)), .init("durable", .bool(report.durable)),
                    .init("is_active", .bool(report.onPage)), .init("reason", .string(request.reason)),
                ]
            )
        }
    }
}
