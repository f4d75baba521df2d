import KillSwitch
import SafetyEngine

/// Looks at the switch, its gates and the scripts' beats, and tells the engine what changed.
///
/// A beat is told when it is new; a process behind a gate or a beat when it is gone. Whom a
/// halt ends is not missed.
struct SwitchSensor {
    private let killSwitch: KillSwitch
    private var known: Observation?
    private var told: HostEvent.ModeState?
    private var beats: [String: UInt64] = [:]
    /// Scripts that had left a beat at the last look.
    private var scriptNames: Set<String> = []
    private var gone: Set<String> = []
    /// Open gates that promise beats, by their slots.
    private var members: [Int: Member] = [:]
    private var processes = BeatProcesses()
    private var lookedMs: UInt64 = 0

    private struct Member {
        var pid: UInt32
        /// Under which its beats are told.
        var name: String
        /// What it trades.
        var scope: String
        /// Whether its process died, which nothing that comes later makes good.
        var isDead = false
    }

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
        // Gates that cannot be read say nothing, and nobody is gone because of it.
        if let slots = seen.gates {
            let scopes = seen.mode.permitsAnything ? seen.latches.filter { $0.mode == .halted }.map(\.scope) : [.global]
            look(at: slots, halted: scopes, &events)
        }
        let scripts = killSwitch.scriptBeats()
        for beat in scripts { self.beat(beat.name, at: beat.at, interval: beat.interval, pid: 0, &events) }
        // `estop beat NAME --forget` takes a script's beat away.
        for name in scriptNames.subtracting(scripts.map(\.name)).sorted() {
            beats[name] = nil
            events.append(forget(name, "its script said that it will not beat any more"))
        }
        scriptNames = Set(scripts.map(\.name))
        for name in processes.gone() { events.append(EngineLoop.host(.process(name: name, isAlive: false))) }
        return events
    }

    /// A beat came over the socket that names its process.
    mutating func heard(_ beat: Heartbeat, from peer: Peer) { processes.heard(beat.name, pid: beat.pid, from: peer) }

    /// - Parameter halted: the scopes that are halted.
    mutating func look(at slots: [GateSlot], halted: [Scope], _ events: inout [Event]) {
        var open: [Int: Member] = [:]
        for slot in slots where slot.interval > 0 && slot.alive {
            let name = name(of: slot, besides: open)
            open[slot.index] = Member(pid: slot.pid, name: name, scope: slot.scope)
            if gone.remove(name) != nil { events.append(EngineLoop.host(.process(name: name, isAlive: true))) }
            beat(name, at: slot.beat, interval: slot.interval, pid: slot.pid, &events)
        }
        for slot in slots where slot.interval > 0 && !slot.alive {
            let name = members[slot.index].flatMap { $0.pid == slot.pid ? $0.name : nil } ?? slot.name
            // A process that was started again in its place is the one that counts.
            if open.values.contains(where: { $0.name == name }) { continue }
            if gone.insert(name).inserted { events.append(EngineLoop.host(.process(name: name, isAlive: false))) }
        }
        let taken = Set(slots.map(\.index))
        for (place, member) in members.sorted(by: { $0.key < $1.key }) where open[place]?.pid != member.pid {
            // A dead one keeps its slot; one whose slot is free, or another's, closed its gate itself.
            if open[place] == nil, taken.contains(place) {
                open[place] = Member(pid: member.pid, name: member.name, scope: member.scope, isDead: true)
                continue
            }
            if member.isDead { continue }
            beats[member.name] = nil
            // Whom a halt ends is not missed. While trading is permitted, a bot that went is.
            let traded = (try? Scope(member.scope)) ?? .global
            let isHalted = halted.contains { $0.covers(traded) }
            if isHalted, !open.values.contains(where: { $0.name == member.name }) {
                events.append(forget(member.name, "its gate was closed while the desk is halted"))
            }
        }
        members = open
    }

    /// Under which name its beats are told: of several open gates of one name, each has its own, or one that stopped would hide
    /// behind another that goes on.
    private func name(of slot: GateSlot, besides open: [Int: Member]) -> String {
        if let known = members[slot.index], known.pid == slot.pid { return known.name }
        let isTaken =
            open.values.contains { $0.name == slot.name }
            || members.contains { $0.key != slot.index && !$0.value.isDead && $0.value.name == slot.name }
        return isTaken ? "\(slot.name) #\(slot.index)" : slot.name
    }

    private func forget(_ name: String, _ why: String) -> Event {
        let action = OperatorAction(
            name: OperatorAction.hostName,
            reason: why,
            change: .forgetSupervisor(name: name)
        )
        return Event(Event.Origin(source: Event.Source(.host, "gates")), .operatorAction(action))
    }

    private mutating func beat(_ name: String, at: UInt64, interval: UInt64, pid: UInt32, _ events: inout [Event]) {
        guard at != 0, beats.updateValue(at, forKey: name) != at else { return }
        events.append(SwitchSensor.heartbeat(Heartbeat(name: name, intervalMs: interval / 1_000_000, pid: pid)))
    }

    private static func heartbeat(_ beat: Heartbeat) -> Event {
        Event(Event.Origin(source: Event.Source(.host, "gates")), .heartbeat(beat))
    }
}
