import KillSwitch
import SafetyEngine

extension DemoDesk {
    /// Halts everything, as `K` does: the word changes at once, the rest follows as time goes on.
    public mutating func halt(atMs: UInt64, wallMs: Int64, by operatorName: String) {
        let moment = moment(atMs, wallMs)
        let before = word
        let after = before.halted(to: .halted)
        changes += 1
        let record = Record(
            change: .halt,
            id: "demo-halt-\(changes)",
            at: Clock.text(milliseconds: moment.wallMs),
            mode: .halted,
            reason: "Emergency halt",
            source: .keyboard,
            op: operatorName,
            from: DemoDesk.terminal,
            was: before,
            state: after
        )
        keep(record)
        change = Change(word: after, before: before, atMs: moment.nowMs)
        halts.append(
            Halt(
                atMs: moment.nowMs,
                latch: Latch(
                    id: record.id,
                    source: record.source,
                    scope: record.scope,
                    mode: record.mode,
                    reason: record.reason,
                    op: record.op,
                    since: record.at,
                    tag: UInt32(truncatingIfNeeded: changes)
                )
            )
        )
    }

    /// The reason of the last halt in force; nothing happens when none is.
    public mutating func giveReason(_ reason: String) {
        guard let last = halts.indices.last else { return }
        halts[last].latch.reason = reason
        changes += 1
        let latch = halts[last].latch
        keep(
            Record(
                change: .note,
                id: "demo-note-\(changes)",
                at: latch.since,
                mode: .halted,
                reason: reason,
                source: .keyboard,
                op: latch.op,
                from: DemoDesk.terminal,
                was: Word(rawValue: 0),
                state: Word(rawValue: 0),
                kind: .reason,
                about: latch.id
            )
        )
    }

    static let terminal = "(demo)"
    /// Milliseconds from the key to the page and to the disk, as measured on a real desk.
    private static let pageMs = 0.02
    private static let diskMs = 3.14
    /// As on a real desk: gates are late after 2 s, venues after 5 s.
    private static let gatesLimitMs: UInt64 = 2_000
    private static let ordersLimitMs: UInt64 = 5_000

    /// No more than the screen can ask for.
    mutating func keep(_ record: Record) {
        records.append(record)
        records.removeFirst(max(0, records.count - 100))
    }

    /// The steps of the last halt, as far as they have come.
    func steps(_ moment: Moment, _ gates: [DeskSnapshot.Gate]) -> DeskSnapshot.HaltSteps {
        var steps = DeskSnapshot.HaltSteps()
        guard let change, let first = halts.first, let last = halts.last else { return steps }
        let elapsed = moment.nowMs - min(last.atMs, moment.nowMs)
        let now = Double(elapsed)
        steps.key = .done(ms: 0)
        steps.page = .done(ms: DemoDesk.pageMs)
        steps.disk = now < DemoDesk.diskMs ? .pending(ms: now) : .done(ms: DemoDesk.diskMs)

        let open = gates.filter(\.alive)
        let waiting = open.filter { !$0.acknowledged }
        steps.open = open.count
        steps.acknowledged = open.count - waiting.count
        steps.waitingFor = waiting.map(\.name)
        // A resume of one scope changes the word again; the halt that gates had acknowledged stays verified.
        let gatesMs = gatesDoneMs
        if waiting.isEmpty || change.atMs > last.atMs {
            steps.gates = .done(ms: Double(gatesMs))
        } else if elapsed >= DemoDesk.gatesLimitMs {
            let names = waiting.map(\.name).joined(separator: ", ")
            steps.gates = .alarm("NOT stopped: \(names)")
        } else {
            steps.gates = .pending(ms: now)
        }

        // Counted from the first halt: a second one finds orders gone that the first one has cancelled.
        let already = last.atMs - min(first.atMs, last.atMs)
        let ordersMs = RecordedVenues.doneMs(moment)
        let ordersLeftMs = ordersMs - min(already, ordersMs)
        if elapsed >= ordersLeftMs {
            steps.orders = .done(ms: Double(ordersLeftMs))
        } else if elapsed >= DemoDesk.ordersLimitMs {
            steps.orders = .alarm(
                "NOT confirmed by \(RecordedVenues.silentVenue) (hedge): it does not answer, 4 orders may rest there. "
                    + "By hand: log in there, Futures > Open Orders > Cancel All, or call its desk"
            )
        } else {
            steps.orders = .pending(ms: now)
        }

        if case .done(let disk) = steps.disk, case .done(let gates) = steps.gates, case .done(let orders) = steps.orders
        {
            steps.verified = .done(ms: max(disk, gates, orders))
        } else {
            steps.verified = .pending(ms: now)
        }
        return steps
    }
}
