public import KillSwitch
public import SafetyEngine

/// A desk on another machine, as a screen sees it and acts on it: through its API, and nothing else.
///
/// Invariants (RemoteTests, EndToEndTests/RemoteDashboardTests): a halt never waits for the stream, the screen or a file; what
/// is shown of a desk that is not heard is not live; nothing is resumed but by one request, which is never sent twice.
public final class RemoteDesk: Sendable {
    private let address: RemoteAddress
    private let authorityFile: String?
    private let tokens: Tokens
    private let operatorName: String
    private let notices: [String]
    private let halts: HaltLine
    private let stream: StreamLine
    /// Pulled when there is something new to show that did not come with the stream.
    private let news = Wire()

    /// How long an answer to what acts may take, in milliseconds.
    private static let patienceMs: UInt64 = 40_000

    /// A desk that nobody has asked yet.
    ///
    /// - Parameters:
    ///   - tokenFile: a file with a bearer token; nil: none is sent.
    ///   - authorityFile: whom to trust, in PEM; nil: whom the system trusts.
    ///   - operatorName: who sits at this screen.
    ///   - notices: what the operator ought to know from the start.
    public init(
        _ address: RemoteAddress,
        tokenFile: String?,
        authorityFile: String?,
        operatorName: String,
        notices: [String] = []
    ) {
        self.address = address
        self.authorityFile = authorityFile
        self.operatorName = operatorName
        self.notices = notices
        let tokens = Tokens(tokenFile.map { TokenFile(path: $0) })
        self.tokens = tokens
        // What is new of a halt is shown by the stream's thread.
        let news = news
        let halts = HaltLine(
            address,
            authorityFile: authorityFile,
            tokens: tokens,
            operatorName: operatorName,
            changed: { news.pull() }
        )
        self.halts = halts
        stream = StreamLine(
            address,
            authorityFile: authorityFile,
            tokens: tokens,
            wire: news,
            back: { halts.hurry() }
        )
    }

    /// Begins: the halts' line first, so that K works before anything is shown.
    ///
    /// - Parameter deliver: called on a thread of its own with every snapshot; must not wait.
    /// - Returns: whether the system had threads for it.
    public func start(deliver: @escaping @Sendable (DeskSnapshot) -> Void) -> Bool {
        halts.start() && stream.start { [weak self] in if let self { deliver(self.snapshot()) } }
    }

    /// Ends; an open halt is waited for, but not for long.
    ///
    /// - Returns: why the last halt cannot be counted on; nil: it can, or there was none.
    public func stop() -> String? {
        halts.stop(withinMs: 2_000)
        stream.stop()
        guard let open = halts.view.order?.shown(atMs: RemoteClock.nowMs) else { return nil }
        let snapshot = snapshot()
        let why = open.problem.isEmpty ? "no answer came" : open.problem
        let byHand = snapshot.link?.manualHalt(directory: snapshot.directory) ?? ""
        return open.isOnPage
            ? "the halt is on the page at \(address.place), and NOT ON DISK there: \(why)"
            : "the halt was NOT CONFIRMED by \(address.place) (\(why)), and is not tried any more. By hand: \(byHand)"
    }

    /// Has a snapshot delivered now.
    public func look() { news.pull() }

    /// Halts. Waits for nothing.
    public func halt(reason: String) { halts.pull(reason: reason) }

    /// Says why the last halt was made.
    public func giveReason(_ reason: String) { halts.giveReason(reason) }

    /// The desk as it is seen now.
    public func snapshot() -> DeskSnapshot {
        let now = RemoteClock.nowMs
        let seen = stream.view
        let line = halts.view
        var snapshot = seen.snapshot ?? DeskSnapshot(deskName: "?", paper: false, directory: "")
        snapshot.freshness = seen.link.freshness(atMs: now)
        // The token says who may: there is no passphrase to ask for.
        snapshot.operatorsEnrolled = false
        var link = DeskLink(place: address.place, machine: address.isLoopback ? "" : address.host)
        link.roundTripMs = line.roundTripMs
        link.silentMs = seen.link.silentMs(atMs: now)
        link.heldMs = seen.snapshot == nil ? 0 : now - min(seen.snapshotMs, now)
        link.halt = line.order?.shown(atMs: now)
        snapshot.link = link
        lay(line.order, over: &snapshot, now)
        snapshot.notices = words(seen, line) + snapshot.notices
        return snapshot
    }

    /// What this screen knows of its own halt: when the key was seen, and when it was sent and confirmed.
    private func lay(_ order: HaltOrder?, over snapshot: inout DeskSnapshot, _ now: UInt64) {
        guard let order else { return }
        // Another change since then: that halt is not the one whose steps are shown.
        if order.isConfirmed, order.generation != snapshot.word?.generation { return }
        snapshot.steps.key = .done(ms: 0)
        // While it is not confirmed, the screen counts by itself, from the link's word.
        if let confirmed = order.confirmedMs {
            snapshot.steps.sent = .done(ms: Double(confirmed - min(order.askedMs, confirmed)))
        }
    }

    private func words(_ seen: StreamLine.View, _ line: HaltLine.View) -> [String] {
        var words: [String] = []
        if let problem = line.problem, seen.link.problem == nil {
            words.append("K would not be confirmed now: \(problem)")
        }
        if let problem = line.reasonProblem { words.append("the halt's reason is NOT recorded there: \(problem)") }
        if let notice = tokens.notice { words.append(notice) }
        if let version = seen.version, version != Program.version {
            words.append("the desk runs estop \(version), this screen is \(Program.version)")
        }
        return notices + words
    }

    // MARK: - Questions, on threads that may wait

    /// The checks for a resume.
    public func preflight(_ mode: Mode, _ scope: Scope) -> [PreflightCheck] {
        let path = "/api/v1/preflight?mode=\(mode.name)&scope=\(PercentText.encoded(scope.description))"
        let (ended, body) = ask(Asked(path: path))
        let failed = { (why: String) in [PreflightCheck(name: .host, passed: false, detail: why)] }
        guard ended.status == 200 else { return failed(problem(ended, body)) }
        return RemoteChecks.of(body) ?? failed("what the desk says of its checks is not understood")
    }

    /// Resumes, with the token of the file. Sent once, and never again by itself.
    public func resume(_ request: ResumeRequest) -> (succeeded: Bool, message: String) {
        var asked = Asked.post("/api/emergency/kill-switch/deactivate", RemoteChecks.body(of: request))
        asked.totalMs = RemoteDesk.patienceMs
        let (ended, body) = ask(asked)
        guard ended.status > 0 else {
            return (
                false,
                "\(problem(ended, body)). Whether it was resumed is not known: look at the mode before you try again"
            )
        }
        guard (200..<300).contains(ended.status), let json = JSON(bytes: body), let message = json["message"]?.string
        else { return (false, RemoteChecks.refusal(body) ?? problem(ended, body)) }
        return (true, message)
    }

    /// Has an operator's action done.
    public func act(_ change: JSON, reason: String) -> String {
        var asked = Asked.post(
            "/api/v1/actions",
            .object([.init("change", change), .init("reason", .string(reason))])
        )
        asked.totalMs = RemoteDesk.patienceMs
        let (ended, body) = ask(asked)
        // An action's outcome says itself what was done, whatever the status.
        guard ended.status > 0, let message = JSON(bytes: body)?["message"]?.string else {
            return "not done: \(problem(ended, body))"
        }
        return message
    }

    private func ask(_ asked: Asked) -> (ended: Ended, body: [UInt8]) {
        Connections(address, authorityFile: authorityFile).ask(asked, token: tokens.read())
    }

    private func problem(_ ended: Ended, _ body: [UInt8]) -> String {
        if let missing = tokens.notice, tokens.current == nil { return missing }
        return ended.status > 0
            ? LinkProblem.of(status: ended.status, body, place: address.place)
            : LinkProblem.of(ended, place: address.place)
    }
}
