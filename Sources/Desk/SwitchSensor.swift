import KillSwitch
import SafetyEngine

/// Looks at the switch, its gates and the scripts' beats, and tells the engine what changed.
///
/// A beat is told when it is new; a process behind a gate or a beat when it is gone. A gate that was closed in order takes
/// its promise to beat back: whoever ends as it should is not late.
struct SwitchSensor {
    private let killSwitch: KillSwitch
    private var known: Observation?
    private var told: HostEvent.ModeState?
    private var beats: [String: UInt64] = [:]
    private var gone: Set<String> = []
    private var gates: Set<String> = []
    private var processes = BeatProcesses()
    private var lookedMs: UInt64 = 0

    /// Between two looks at gates and beats, in milliseconds.
    static let everyMs: UInt64 = 500

    init(_ killSwitch: KillSwitch) { self.killSwitch = killSwitch }

    /// What changed since the last look.
    mutating func look(atMs: UInt64) -> [Event] {
        guard lookedMs == 0 || atMs >= lookedMs + SwitchSensor.everyMs else { return [] }
        lookedMs = max(1, atMs)
        let seen = killSwitch.observe(knowing: known)
        known = seen
        var events: [Event] = []
        let state = HostEvent.ModeState(
            mode: seen.mode.name,
            generation: seen.word?.generation ?? 0,
            latches: seen.latches.count,
            kept: seen.latches.map { HostEvent.ModeState.Latch(id: $0.id, scope: $0.scope.description) },
            resumed: seen.fold.lastApplied?.state.generation ?? 0
        )
        if state != told {
            told = state
            events.append(EngineLoop.host(.mode(state)))
        }
        if let slots = seen.gates {
            let open = Set(slots.lazy.filter { $0.interval > 0 }.map(\.name))
            for name in gates.subtracting(open).sorted() {
                beats[name] = nil
                gone.remove(name)
                events.append(SwitchSensor.heartbeat(Heartbeat(name: name)))
            }
            gates = open
        }
        for slot in seen.gates ?? [] where slot.interval > 0 {
            if !slot.alive {
                if gone.insert(slot.name).inserted {
                    events.append(EngineLoop.host(.process(name: slot.name, isAlive: false)))
                }
            } else {
                if gone.remove(slot.name) != nil {
                    events.append(EngineLoop.host(.process(name: slot.name, isAlive: true)))
                }
                beat(slot.name, at: slot.beat, interval: slot.interval, pid: slot.pid, &events)
            }
        }
        for beat in killSwitch.scriptBeats() {
            self.beat(beat.name, at: beat.at, interval: beat.interval, pid: 0, &events)
        }
        for name in processes.gone() { events.append(EngineLoop.host(.process(name: name, isAlive: false))) }
        return events
    }

    /// A beat came over the socket that names its process.
    mutating func heard(_ beat: Heartbeat, from peer: Peer) { processes.heard(beat.name, pid: beat.pid, from: peer) }

    private mutating func beat(_ name: String, at: UInt64, interval: UInt64, pid: UInt32, _ events: inout [Event]) {
        guard at != 0, beats.updateValue(at, forKey: name) != at else { return }
        events.append(SwitchSensor.heartbeat(Heartbeat(name: name, intervalMs: interval / 1_000_000, pid: pid)))
    }

    private static func heartbeat(_ beat: Heartbeat) -> Event {
        Event(Event.Origin(source: Event.Source(.host, "gates")), .heartbeat(beat))
    }
}
