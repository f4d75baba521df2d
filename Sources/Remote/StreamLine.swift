import KillSwitch
import SafetyEngine
import Synchronization

/// The desk's stream, read on a thread of its own, and asked for again whenever it ends.
final class StreamLine: Sendable {
    /// What others may know of it.
    struct View: Sendable {
        var link = LinkState()
        var snapshot: DeskSnapshot?
        /// When that came.
        var snapshotMs: UInt64 = 0
        var version: String?
    }

    private let address: RemoteAddress
    private let authorityFile: String?
    private let tokens: Tokens
    private let back: @Sendable () -> Void
    private let state = Mutex(View())
    private let isEnding = Atomic<Bool>(false)
    private let isRunning = Atomic<Bool>(false)
    private let wire: Wire

    /// Shown at least so often, in milliseconds.
    private static let showMs: UInt64 = 1_000

    /// - Parameters:
    ///   - wire: pulled by whoever has something new to show besides.
    ///   - back: called when the stream speaks again after it was lost.
    init(
        _ address: RemoteAddress,
        authorityFile: String?,
        tokens: Tokens,
        wire: Wire,
        back: @escaping @Sendable () -> Void
    ) {
        self.address = address
        self.authorityFile = authorityFile
        self.tokens = tokens
        self.wire = wire
        self.back = back
    }

    var view: View { state.withLock { $0 } }

    /// Begins.
    ///
    /// - Parameter show: called on this thread when there is something new to show, and once a second.
    func start(show: @escaping @Sendable () -> Void) -> Bool {
        isRunning.store(true, ordering: .releasing)
        let isStarted = ThreadStart.detached { [self] in
            run(show)
            isRunning.store(false, ordering: .releasing)
        }
        if !isStarted { isRunning.store(false, ordering: .releasing) }
        return isStarted
    }

    func stop() {
        isEnding.store(true, ordering: .releasing)
        wire.pull()
        let until = RemoteClock.nowMs + 1_000
        while isRunning.load(ordering: .acquiring), RemoteClock.nowMs < until { Clock.sleep(milliseconds: 5) }
    }

    // MARK: - The thread

    /// One stream that is being read.
    private struct Reading {
        let transfer: Connections.Transfer
        var events = EventStream()
        /// What came of an answer that is no stream.
        var refusal: [UInt8] = []
    }

    private func run(_ show: @Sendable () -> Void) {
        let connections = Connections(address, authorityFile: authorityFile)
        var view = RemoteView()
        var reading: Reading?
        var shownMs: UInt64 = 0
        defer { if let reading { connections.end(reading.transfer) } }
        while !isEnding.load(ordering: .acquiring) {
            var now = RemoteClock.nowMs
            if reading == nil, now >= state.withLock({ $0.link.retryAtMs }) {
                reading = begin(connections, view, now)
            }
            connections.drive(wire, milliseconds: 250)
            let isPulled = wire.wait(milliseconds: 0)
            wire.rest()
            now = RemoteClock.nowMs
            var isNew = isPulled
            if let current = reading {
                switch read(current, connections, &view, now) {
                case .goesOn(let next, let news):
                    reading = next
                    isNew = isNew || news
                case .over(let why):
                    connections.end(current.transfer)
                    reading = nil
                    state.withLock { $0.link.failed(why, atMs: now) }
                    isNew = true
                }
            }
            if isNew || now >= shownMs + StreamLine.showMs {
                if now >= shownMs + StreamLine.showMs { tokens.read() }
                shownMs = now
                show()
            }
        }
    }

    private func begin(_ connections: Connections, _ view: RemoteView, _ now: UInt64) -> Reading? {
        var asked = Asked(path: "/api/v1/stream?view=screen")
        asked.headers = ["Accept: text/event-stream"]
        if let last = view.lastID { asked.headers.append("Last-Event-ID: \(last)") }
        asked.totalMs = 0
        let token = tokens.read()
        state.withLock { $0.link.began(atMs: now) }
        guard let transfer = connections.start(asked, token: token) else {
            state.withLock { $0.link.failed("this machine has no memory to ask", atMs: now) }
            return nil
        }
        return Reading(transfer: transfer)
    }

    private enum Step {
        case goesOn(Reading, news: Bool)
        case over(String)
    }

    private func read(
        _ current: Reading,
        _ connections: Connections,
        _ view: inout RemoteView,
        _ now: UInt64
    ) -> Step {
        var reading = current
        let bytes = connections.take(reading.transfer)
        let seen = connections.look(reading.transfer)
        guard seen.status == 0 || (seen.status == 200 && seen.type.hasPrefix("text/event-stream")) else {
            reading.refusal += bytes.prefix(65_536)
            if seen.ended == nil, reading.refusal.count < 65_536, !isSilent(now) {
                return .goesOn(reading, news: false)
            }
            return .over(
                seen.status == 200
                    ? "\(address.place) is no estop: it answers \(seen.type.isEmpty ? "something else" : seen.type)"
                    : LinkProblem.of(status: seen.status, reading.refusal, place: address.place)
            )
        }
        var isNew = false
        if !bytes.isEmpty { state.withLock { $0.link.touched(atMs: now) } }
        for event in reading.events.feed(bytes) {
            switch view.take(event) {
            case .news:
                isNew = true
                heard(view, now)
            case .beat: heard(nil, now)
            case .dropped(let why):
                return .over("the desk ended the stream: \(why)")
            case .gap: return .over("something of the stream is missing: it is asked for anew")
            case .unusable(let why): return .over("\(address.place): \(why)")
            }
        }
        if reading.events.hasOverflowed { return .over("\(address.place) sends more than any estop does") }
        if let ended = seen.ended { return .over(LinkProblem.of(ended, place: address.place)) }
        if isSilent(now) { return .over(LinkState.silence) }
        // Part of a large event: the link is alive, and what is shown is as old as it was.
        return .goesOn(reading, news: isNew)
    }

    private func isSilent(_ now: UInt64) -> Bool { state.withLock { $0.link.isSilent(atMs: now) } }

    private func heard(_ view: RemoteView?, _ now: UInt64) {
        let wasLost = state.withLock { state in
            let wasLost = state.link.problem != nil
            if let view {
                state.snapshot = view.snapshot
                state.snapshotMs = now
                state.version = view.version
            }
            // A heartbeat makes nothing live that was never shown.
            if state.snapshot != nil { state.link.heard(atMs: now) }
            return wasLost && state.link.problem == nil
        }
        if wasLost { back() }
    }
}
