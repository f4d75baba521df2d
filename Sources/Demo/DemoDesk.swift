import KillSwitch
public import SafetyEngine

/// A recording of a desk in the middle of a bad night, on which the whole screen can be judged: nothing in it is real.
///
/// A pure value: the same time after the same actions gives the same snapshot. The recording loops every
/// `Recording.loopMs`; a halt and a resume change it the way they would change a real desk.
///
/// Invariants (DemoTests): every snapshot bears the mark `DEMO`; every state that the screen can show appears within one
/// loop; values and profits are exact; no time and no order of actions traps.
public struct DemoDesk: Sendable {
    /// One change of the word: what gates have to see.
    struct Change: Sendable {
        var word: Word
        var before: Word
        var atMs: UInt64
    }

    /// A halt that has not been resumed.
    struct Halt: Sendable {
        var atMs: UInt64
        var latch: Latch
    }

    /// The last change since the recording began; nil: none.
    var change: Change?
    /// The operators' halts in force, oldest first.
    var halts: [Halt] = []
    /// When trading was resumed from a halt last; nil: never.
    var resumedMs: UInt64?
    /// Whether the halt of one venue that the recording begins with is still in force.
    var venueIsHalted = true
    /// What operators did since the recording began.
    var records: [Record] = []
    /// Changes so far: what makes identities differ.
    var changes = 0

    /// A desk at the beginning of its recording.
    public init() {}

    /// The word now.
    var word: Word { change?.word ?? Recording.firstWord }

    /// The desk `ms` milliseconds after the recording began.
    ///
    /// - Parameters:
    ///   - atMs: monotonic milliseconds since the recording began.
    ///   - wallMs: Unix time now in milliseconds, for time stamps.
    public func snapshot(atMs: UInt64, wallMs: Int64) -> DeskSnapshot {
        let moment = moment(atMs, wallMs)
        var desk = DeskSnapshot(deskName: "demo", paper: false, directory: "(demo: nothing on disk)")
        desk.mark = "DEMO"
        desk.word = word
        desk.mode = word.mode
        desk.host = .running(pid: 812, beatAgeMs: moment.nowMs % 1000)
        desk.freshness = .live(ageMs: 0)
        desk.history = Array((Recording.history(moment) + records).suffix(100))
        desk.latches = latches(moment)
        desk.gates = gates(moment)
        desk.steps = steps(moment, desk.gates)
        desk.supervisors = RecordedBeats.supervisors(moment)
        explain(&desk, moment)

        let venuesAt = RecordedFreshness.venues(moment)
        let positionsAt = RecordedFreshness.positions(moment)
        let ordersAt = RecordedFreshness.orders(moment)
        let orders = RecordedOrders.rows(moment.looking(back: ordersAt.lagMs))
        let positions = RecordedPositions.rows(moment.looking(back: positionsAt.lagMs))
        let alerts = RecordedAlerts.rows(moment, orders: orders, positions: positions, supervisors: desk.supervisors)
        desk.venues = Reading(
            source: "adapters",
            freshness: venuesAt.freshness,
            rows: RecordedVenues.rows(moment.looking(back: venuesAt.lagMs)).map { $0.aged(venuesAt.lagMs) },
            staleAfterMs: RecordedFreshness.slackMs,
            lostAfterMs: RecordedFreshness.slackMs * 2
        )
        desk.positions = Reading(
            source: "venues",
            freshness: positionsAt.freshness,
            rows: positions.map { $0.aged(positionsAt.lagMs) },
            staleAfterMs: RecordedFreshness.slackMs,
            lostAfterMs: RecordedFreshness.slackMs * 2
        )
        desk.orders = Reading(
            source: "venues",
            freshness: ordersAt.freshness,
            rows: orders.map { $0.aged(ordersAt.lagMs) },
            staleAfterMs: RecordedFreshness.slackMs,
            lostAfterMs: RecordedFreshness.slackMs * 2
        )
        desk.alerts = Reading(source: "engine", freshness: .live(ageMs: moment.nowMs % 1000), rows: alerts)
        RecordedEngine.fill(&desk, moment)
        return desk
    }

    /// What the recording needs to know about now.
    func moment(_ atMs: UInt64, _ wallMs: Int64) -> Moment {
        let now = min(atMs, Moment.last)
        return Moment(
            nowMs: now,
            wallMs: min(max(wallMs, 0), Moment.lastWall),
            haltedMs: halts.first.map { now - min($0.atMs, now) },
            tradingMs: resumedMs.map { now - min($0, now) },
            venueIsHalted: venueIsHalted,
            generation: word.generation
        )
    }

    /// Since when the mode is in force, who did it and why: as for a real desk, the first halt of everything, else the
    /// last resume.
    private func explain(_ desk: inout DeskSnapshot, _ moment: Moment) {
        if let latch = halts.first?.latch {
            desk.since = latch.since
            desk.by = latch.source.author(latch.op)
            desk.reason = latch.reason
        } else if let record = desk.history.last(where: { $0.change == .resume }) {
            desk.since = record.at
            desk.by = record.op.isEmpty ? "estop" : record.op
            desk.reason = record.reason
        }
        let began = halts.first?.atMs ?? change?.atMs ?? 0
        desk.sinceAgeMs = moment.nowMs - min(began, moment.nowMs) + (change == nil ? Recording.resumedAgoMs : 0)
        desk.changeAgeMs = change.map { moment.nowMs - min($0.atMs, moment.nowMs) } ?? desk.sinceAgeMs
    }

    private func latches(_ moment: Moment) -> [Latch] {
        (venueIsHalted ? [Recording.venueLatch(moment)] : []) + halts.map(\.latch)
    }
}
