import SafetyEngine

/// How the stream stands: since when it speaks, or since when and why it does not. It is told the time.
///
/// Invariants (RemoteTests/LinkStateTests): a stream that was silent for `silenceMs`, or is broken, is lost, with the age of
/// its last byte; only bytes of a stream that is understood make it live again.
struct LinkState: Sendable, Equatable {
    /// A stream that was silent for so long is given up, in milliseconds; a host speaks once a second.
    static let silenceMs: UInt64 = 6_000
    /// What is older is stale, in milliseconds.
    static let staleMs: UInt64 = 3_000

    private(set) var heardMs: UInt64?
    private var byteMs: UInt64?
    /// Why nothing comes; nil: it does.
    private(set) var problem: String? = "not connected yet"
    /// When to try again.
    private(set) var retryAtMs: UInt64 = 0
    private var pace = Pace.stream

    /// A stream is being asked for.
    mutating func began(atMs now: UInt64) {
        askedMs = now
        if firstMs == nil { firstMs = now }
    }

    private var askedMs: UInt64 = 0
    private var firstMs: UInt64?

    /// Bytes of the stream came: the link is alive, whatever they are.
    mutating func touched(atMs now: UInt64) { byteMs = now }

    /// An event of the stream came that is understood.
    mutating func heard(atMs now: UInt64) {
        (heardMs, byteMs) = (now, now)
        problem = nil
        pace.succeeded()
    }

    /// The stream ended, or there is none.
    mutating func failed(_ why: String, atMs now: UInt64) {
        problem = why
        retryAtMs = now + pace.failed()
    }

    /// Whether nothing came for so long that the stream is worth nothing.
    func isSilent(atMs now: UInt64) -> Bool {
        now >= max(askedMs, byteMs ?? 0) + LinkState.silenceMs
    }

    /// Milliseconds since the last byte; nil: none came.
    func silentMs(atMs now: UInt64) -> UInt64? { byteMs.map { now - min($0, now) } }

    /// How fresh what is known is.
    func freshness(atMs now: UInt64) -> Freshness {
        guard let silent = heardMs.map({ now - min($0, now) }) else {
            return .lost(ageMs: now - min(firstMs ?? now, now), reason: problem ?? "nothing came yet")
        }
        if let problem { return .lost(ageMs: silent, reason: problem) }
        if silent >= LinkState.silenceMs { return .lost(ageMs: silent, reason: LinkState.silence) }
        return silent >= LinkState.staleMs ? .stale(ageMs: silent) : .live(ageMs: silent)
    }

    /// The same words however long it is silent: its age is said beside them.
    static let silence = "nothing came for \(silenceMs / 1_000) s"
}
