/// Who is expected to beat, how long each is silent, and what is done about those who do not beat.
///
/// Expected is who beats (with the interval that its beat promises), who is in the configuration, and the engine's own
/// loop, under the name `engine`. The configuration's interval goes before a promise: a bot cannot promise itself out of
/// being watched. Who is silent for 1.5 intervals is LATE, for 3 STALLED (`EngineSettings.beats`); whose process is gone is
/// DEAD at once. Silence is counted in the desk's own time, by the receipts of beats: no bot's clock matters.
///
/// Invariants (SafetyEngineTests/Roster...Tests): time in which nobody listened (before a host's start, while the engine
/// stalled) never counts as silence; a beat of a process that is gone does not make it alive; at most `mostRestarts`
/// restarts are asked, however often it beats in between, until it was well for `Roster.steadyMs`; the members stand in
/// the order in which they came, on every replay.
///
/// A restart is asked in every mode of the kill switch: a process that comes back while the desk is halted finds its
/// gate refusing, and a bot that is down cannot acknowledge a halt.
public struct Roster: Sendable, Equatable, Codable {
    /// The name of the engine's own loop. Nobody else can beat under it.
    public static let engineName = "engine"
    /// Most members. Names come from outside: who sends a new one with every beat may not fill the memory.
    public static let most = 10_000
    /// Well for so long, a supervisor has all its restarts again, in milliseconds. Our choice: ten minutes.
    public static let steadyMs: UInt64 = 600_000
    /// Without an outcome for so long, a restart counts as failed, in milliseconds. Our choice.
    public static let outcomeWaitMs: UInt64 = 30_000

    var members = Ledger<String, RosterMember>()
    var engine = EngineLoop()
    /// Who was ended by a halt, and has not beaten since.
    var stopped = StoppedNames()
    /// Names that were turned away because there were `most`; they are logged with the next evaluation.
    var turnedAway: UInt64 = 0
    var turnedAwayLogged: UInt64 = 0

    /// Creates an empty roster.
    public init() {}

    /// A beat.
    mutating func take(_ beat: Heartbeat, _ origin: Event.Origin, _ receipt: Receipt) {
        guard beat.name != Roster.engineName, !beat.name.isEmpty else { return }
        stopped.remove(beat.name)
        guard let place = members.place(of: beat.name) else {
            guard members.count < Roster.most else {
                turnedAway &+= 1
                return
            }
            var member = RosterMember(since: receipt.atMs)
            member.take(beat, at: receipt.atMs)
            members[beat.name] = member
            return
        }
        members[at: place].take(beat, at: receipt.atMs)
    }

    /// A host started: whoever beat while there was none was not heard.
    mutating func hostStarted(at atMs: UInt64, _ settings: EngineSettings) {
        engine = EngineLoop()
        settingsChanged(at: atMs, settings)
        for place in members.indices { members[at: place].hostStarted(at: atMs) }
    }

    /// The configuration says who is expected, and how it is started again.
    mutating func settingsChanged(at atMs: UInt64, _ settings: EngineSettings) {
        for place in members.indices { members[at: place].configured = nil }
        for expected in settings.supervisors where expected.name != Roster.engineName {
            if members.place(of: expected.name) == nil { members[expected.name] = RosterMember(since: atMs) }
            guard let place = members.place(of: expected.name) else { continue }
            members[at: place].configured = expected
        }
        // Who never beat was only there because the configuration said so.
        members.keep { _, member in member.configured != nil || member.lastBeatMs != nil || member.isAlive != nil }
    }

    /// The engine's loop did not run for so long. Beats that came meanwhile are still in their sockets: nobody's silence
    /// counts for that time.
    mutating func engineStalled(
        _ milliseconds: UInt64,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        for place in members.indices { members[at: place].excuse(milliseconds, at: atMs) }
        engine.stalled(milliseconds, at: atMs)
        let limit = settings.beats.engineStallMs
        let isOver = milliseconds >= limit
        let text = "engine loop stalled for \(SpanText.text(milliseconds)): nothing was evaluated meanwhile"
        decisions.append(.log(.init(isOver ? .critical : .warning, "supervisors", text)))
        guard isOver, settings.beats.engineStallHalts else { return }
        lastNumber += 1
        decisions.append(
            .halt(
                Decision.HaltOrder(
                    number: lastNumber,
                    rule: "HEARTBEAT_STALLED",
                    alert: "HEARTBEAT_STALLED/\(Roster.engineName)",
                    scope: "global",
                    mode: "halted",
                    reason: "\(text) (limit \(SpanText.text(limit)))"
                )
            )
        )
    }

    /// A process behind a supervisor is gone, or is there again.
    mutating func process(_ name: String, isAlive: Bool, at atMs: UInt64) {
        guard name != Roster.engineName, !name.isEmpty else { return }
        if members.place(of: name) == nil {
            guard members.count < Roster.most else {
                turnedAway &+= 1
                return
            }
            members[name] = RosterMember(since: atMs)
        }
        guard let place = members.place(of: name) else { return }
        members[at: place].processChanged(isAlive: isAlive, at: atMs)
    }

    /// What became of a restart that was asked.
    mutating func take(_ outcome: HostEvent.Outcome, at atMs: UInt64, _ decisions: inout [Decision]) {
        for place in members.indices where members[at: place].recovery.pending == outcome.number {
            members[at: place].restarted(members.keys[place], outcome, at: atMs, &decisions)
            return
        }
    }

    /// Forgets one, and all that was tried with it. Whom the configuration expects is expected anew, from its next
    /// evaluation on.
    ///
    /// - Parameter isStopped: whether a halt ended it: it is stopped, then, and not unknown.
    mutating func forget(_ name: String, isStopped: Bool = false) {
        if isStopped { stopped.add(name) } else { stopped.remove(name) }
        guard let place = members.place(of: name) else { return }
        if let configured = members[at: place].configured {
            members[at: place] = RosterMember(since: nil)
            members[at: place].configured = configured
        } else {
            // Not `remove`: it would move the last one to this place.
            members.keep { key, _ in key != name }
        }
    }

    /// Finds who is late, stalled, dead or well again, and asks for restarts that are due.
    mutating func evaluate(
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        engine.evaluatedMs = atMs
        for place in members.indices {
            let name = members.keys[place]
            members[at: place].evaluate(name, at: atMs, settings.beats, &lastNumber, &decisions)
        }
        guard turnedAway != turnedAwayLogged else { return }
        if turnedAwayLogged == 0 {
            let text = "heartbeat registration fails: there are \(Roster.most) supervisors, new names are turned away"
            decisions.append(.log(.init(.error, "supervisors", text)))
        }
        turnedAwayLogged = turnedAway
    }

    /// How late everybody is: the engine's own loop first, then the members in the order in which they came.
    ///
    /// `percent` of its interval is how long it is silent (100: a beat is due now; 0 where nothing was promised), `feeds`
    /// the venue whose feed it is, `ageMs` the silence that counts.
    func lateness(
        at atMs: UInt64,
        _ settings: EngineSettings
    ) -> [(name: String, percent: Int, isDead: Bool, feeds: String, ageMs: UInt64)] {
        var all: [(name: String, percent: Int, isDead: Bool, feeds: String, ageMs: UInt64)] = []
        all.reserveCapacity(members.count + 1)
        let loop = engine.silence(at: atMs, settings.beats)
        all.append((Roster.engineName, engine.percent(at: atMs, settings.beats), false, "", loop))
        for place in members.indices {
            let member = members[at: place]
            all.append(
                (
                    members.keys[place], member.percent(at: atMs, settings.beats), member.isAlive == false,
                    member.configured?.feeds ?? "", member.silence(at: atMs)
                )
            )
        }
        return all
    }
}
