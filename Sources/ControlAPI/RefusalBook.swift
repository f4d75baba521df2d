import Desk
import KillSwitch
import Synchronization

/// Puts into the audit whatever was refused to somebody who wanted to act: who, what and why.
///
/// Invariants (ControlAPITests/RefusalBookTests): it never waits for the disk; those whom no token proves, or whose token does
/// not allow it, write at most `most` entries in `spanMs`, so that none of them can fill the disk; what is left out is counted
/// in the next entry; what was refused while no engine ran, the last `mostKept` of it, is written once one does, with its time.
final class RefusalBook: Sendable {
    /// Entries of such askers within a span. A person who tries tokens makes a few; a program that guesses, thousands.
    static let most = 200
    /// The span, in milliseconds.
    static let spanMs: UInt64 = 10_000

    /// How many entries are left of a span.
    struct Span: Sendable {
        var beganMs: UInt64 = 0
        var written = 0
        var leftOut = 0

        /// Whether one more is written, and how many before it were not.
        mutating func take(atMs: UInt64) -> (isWritten: Bool, leftOut: Int) {
            if atMs >= beganMs + RefusalBook.spanMs { (beganMs, written) = (atMs, 0) }
            guard written < RefusalBook.most else {
                leftOut += 1
                return (false, 0)
            }
            defer { leftOut = 0 }
            written += 1
            return (true, leftOut)
        }
    }

    /// Entries that wait for an engine.
    static let mostKept = 1_000

    /// An entry that waits for an engine, and its audit, to run.
    struct Kept: Sendable, Equatable {
        var who: String
        var what: String
        var body: [JSON.Member]
    }

    private let span = Mutex(Span())
    private let kept = Mutex<[Kept]>([])

    /// What waited, from now on somebody else's.
    func takeKept() -> [Kept] {
        kept.withLock { kept in
            defer { kept = [] }
            return kept
        }
    }

    /// Keeps an entry until an engine runs.
    func keep(_ entry: Kept, at: String = Clock.now()) {
        var entry = entry
        entry.body.append(.init("at", .string(at)))
        kept.withLock { kept in
            if kept.count >= RefusalBook.mostKept { kept.removeFirst() }
            kept.append(entry)
        }
    }

    /// An engine runs: what waited is in its audit.
    func tell(_ host: DeskHost) {
        for entry in takeKept() { host.note(entry.who, entry.what, .object(entry.body)) }
    }

    func add(
        _ refusal: APIRefusal,
        to route: Route,
        _ request: APIRequest,
        _ who: BearerClaims?,
        _ host: DeskHost?
    ) {
        guard RefusalBook.isWorthAnEntry(refusal, route) else { return }
        var leftOut = 0
        if who == nil || refusal.status == 403 {
            let next = span.withLock { $0.take(atMs: Clock.boottime() / 1_000_000) }
            guard next.isWritten else { return }
            leftOut = next.leftOut
        }
        var body: [JSON.Member] = [
            .init("path", .string(request.path)), .init("status", .number(refusal.status)),
            .init("code", .string(refusal.code)), .init("why", .string(refusal.message)),
            .init("from", .string(request.from)),
        ]
        if let who { body.append(.init("token", .string(who.id))) }
        if let claimed = refusal.claimed { body.append(.init("claims_to_be", .string(claimed))) }
        if leftOut > 0 { body.append(.init("left_out_before", .number(leftOut))) }
        let entry = Kept(
            who: who.map { "operator:\($0.operatorName)" } ?? "http",
            what: route.right == .bearer(.resume) ? "resume_refused" : "refused",
            body: body
        )
        guard let host else { return keep(entry) }
        tell(host)
        host.note(entry.who, entry.what, .object(entry.body))
    }

    /// Reads change nothing; a feed's bad lines are counted where they are read.
    private static func isWorthAnEntry(_ refusal: APIRefusal, _ route: Route) -> Bool {
        guard route.method != "GET" else { return false }
        return route.right != .bearer(.sendEvents) || refusal.status == 401 || refusal.status == 403
    }
}
