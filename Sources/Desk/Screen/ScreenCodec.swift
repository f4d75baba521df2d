import FoundationEssentials
public import KillSwitch
public import SafetyEngine

/// What a screen on another machine is told, as JSON: the switch with its gates and records, and the engine's view. The one
/// codec, for both ends.
///
/// Invariants (DeskTests/ScreenCodecTests): what is read is what was written; what cannot be read is nil, never half of it;
/// applying the changes between two objects to the first makes the second.
public enum ScreenCodec {
    /// Both ends have to speak the same one.
    public static let wire = 1

    /// What is on the screen besides the engine.
    public static func json(of desk: DeskSnapshot) -> JSON {
        let members: [(String, JSON)] = [
            ("name", .string(desk.deskName)), ("paper", .bool(desk.paper)), ("directory", .string(desk.directory)),
            ("command_option", .string(desk.commandOption)), ("change_age_ms", .number(desk.changeAgeMs)),
            ("gates_problem", .text(desk.gatesProblem)), ("directory_problem", .text(desk.directoryProblem)),
            ("word", .number(desk.word?.rawValue)), ("page_problem", .text(desk.pageProblem)),
            ("mode", .string(desk.mode.name)), ("since", .text(desk.since)),
            ("since_age_ms", .number(desk.sinceAgeMs)), ("by", .text(desk.by)), ("reason", .text(desk.reason)),
            ("latches", .array(desk.latches.map(\.json))), ("history", .array(desk.history.map(\.json))),
            ("host", json(of: desk.host)), ("dead_man_ms", .number(desk.deadManMs)),
            ("gates", .array(desk.gates.map(json))), ("supervisors", encoded(desk.supervisors)),
            ("steps", ScreenSteps.json(of: desk.steps)), ("not_durable", .text(desk.notDurable)),
            ("notices", .array(desk.notices.map { .string($0) })),
            ("approvals", .number(desk.approvals)), ("waiting", desk.waiting?.json ?? .null),
        ]
        return .object(members.map { .init($0.0, $0.1) })
    }

    /// The engine's view; nil: null.
    public static func json(of view: EngineView?) -> JSON { view.map { encoded($0) } ?? .null }

    /// The engine's view out of JSON; nil: it is none.
    public static func view(_ json: JSON) -> EngineView? { decoded(json) }

    /// A desk out of JSON, without its engine; nil: something is missing or wrong.
    public static func desk(_ json: JSON) -> DeskSnapshot? {
        guard let name = json["name"]?.string, let directory = json["directory"]?.string,
            let mode = json["mode"]?.string.flatMap({ Mode(name: $0) }),
            let host = json["host"].flatMap(host), let steps = json["steps"].flatMap(ScreenSteps.steps),
            let latches = rows(json["latches"], Latch.init(json:)),
            let history = rows(json["history"], Record.init(json:)),
            let gates = rows(json["gates"], gate),
            let supervisors: [Supervisor] = json["supervisors"].flatMap(decoded)
        else { return nil }
        var desk = DeskSnapshot(deskName: name, paper: json["paper"] == .bool(true), directory: directory)
        desk.commandOption = json["command_option"]?.string ?? StateDirectory.option(for: directory)
        desk.changeAgeMs = unsigned(json["change_age_ms"])
        desk.gatesProblem = json["gates_problem"]?.string
        desk.directoryProblem = json["directory_problem"]?.string
        desk.word = json["word"]?.integer.flatMap { UInt32(exactly: $0) }.map { Word(rawValue: $0) }
        desk.pageProblem = json["page_problem"]?.string
        desk.mode = mode
        desk.since = json["since"]?.string
        desk.sinceAgeMs = unsigned(json["since_age_ms"])
        desk.by = json["by"]?.string
        desk.reason = json["reason"]?.string
        desk.latches = latches
        desk.history = history
        desk.host = host
        desk.deadManMs = unsigned(json["dead_man_ms"]) ?? 0
        desk.gates = gates
        desk.supervisors = supervisors
        desk.steps = steps
        desk.notDurable = json["not_durable"]?.string
        desk.approvals = json["approvals"]?.integer.flatMap { Int(exactly: $0) } ?? 1
        desk.waiting = json["waiting"].flatMap { WaitingResume(json: $0) }
        desk.notices = (json["notices"]?.array ?? []).compactMap(\.string)
        return desk
    }

    // MARK: - Changes

    /// The members of an object that are others than before; what is gone is null. Where one of the two is no object, the new
    /// one whole.
    public static func changes(from old: JSON, to new: JSON) -> JSON {
        guard case .object(let before) = old, case .object(let after) = new else { return new }
        let known = Dictionary(before.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
        let kept = Set(after.map(\.key))
        return .object(
            after.filter { known[$0.key] != $0.value }
                + before.filter { !kept.contains($0.key) }.map { .init($0.key, .null) }
        )
    }

    /// An object after such changes.
    public static func applying(_ changes: JSON, to old: JSON) -> JSON {
        guard case .object(var members) = old, case .object(let changed) = changes else { return changes }
        for change in changed {
            if let index = members.firstIndex(where: { $0.key == change.key }) {
                members[index].value = change.value
            } else {
                members.append(change)
            }
        }
        return .object(members)
    }

    // MARK: - Parts

    private static func json(of host: DeskSnapshot.Host) -> JSON {
        switch host {
        case .embedded: .object([.init("state", .string("embedded"))])
        case .absent: .object([.init("state", .string("absent"))])
        case .running(let pid, let age):
            .object([
                .init("state", .string("running")), .init("pid", .number(pid)), .init("beat_age_ms", .number(age)),
            ])
        case .silent(let pid, let age):
            .object([.init("state", .string("silent")), .init("pid", .number(pid)), .init("beat_age_ms", .number(age))])
        }
    }

    private static func host(_ json: JSON) -> DeskSnapshot.Host? {
        let pid = json["pid"]?.integer.flatMap { Int32(exactly: $0) }
        let age = unsigned(json["beat_age_ms"])
        switch json["state"]?.string {
        case "embedded": return .embedded
        case "absent": return .absent
        case "running": return pid.flatMap { pid in age.map { .running(pid: pid, beatAgeMs: $0) } }
        case "silent": return pid.flatMap { pid in age.map { .silent(pid: pid, beatAgeMs: $0) } }
        default: return nil
        }
    }

    private static func json(of gate: DeskSnapshot.Gate) -> JSON {
        .object([
            .init("slot", .number(gate.slot)), .init("name", .string(gate.name)), .init("scope", .string(gate.scope)),
            .init("pid", .number(gate.pid)), .init("alive", .bool(gate.alive)),
            .init("acknowledged", .bool(gate.acknowledged)), .init("mode", .string(gate.mode.name)),
            .init("checks", .number(gate.checks)), .init("refusals", .number(gate.refusals)),
            .init("checks_per_second", real(gate.checksPerSecond)),
            .init("last_check_age_ms", .number(gate.lastCheckAgeMs)),
        ])
    }

    private static func gate(_ json: JSON) -> DeskSnapshot.Gate? {
        guard let slot = json["slot"]?.integer.flatMap({ Int(exactly: $0) }), let name = json["name"]?.string,
            let scope = json["scope"]?.string, let pid = json["pid"]?.integer.flatMap({ UInt32(exactly: $0) }),
            case .bool(let alive)? = json["alive"], case .bool(let acknowledged)? = json["acknowledged"],
            let mode = json["mode"]?.string.flatMap({ Mode(name: $0) }), let checks = unsigned(json["checks"]),
            let refusals = unsigned(json["refusals"])
        else { return nil }
        return DeskSnapshot.Gate(
            slot: slot,
            name: name,
            scope: scope,
            pid: pid,
            alive: alive,
            acknowledged: acknowledged,
            mode: mode,
            checks: checks,
            refusals: refusals,
            checksPerSecond: real(json["checks_per_second"]),
            lastCheckAgeMs: unsigned(json["last_check_age_ms"])
        )
    }

    private static func rows<Row>(_ json: JSON?, _ read: (JSON) -> Row?) -> [Row]? {
        guard let rows = json?.array else { return nil }
        let read = rows.compactMap(read)
        return read.count == rows.count ? read : nil
    }

    static func real(_ value: Double?) -> JSON {
        value.flatMap { $0.isFinite ? .decimal("\($0)") : nil } ?? .null
    }

    static func real(_ json: JSON?) -> Double? {
        switch json {
        case .integer(let number)?: Double(number)
        case .decimal(let text)?: Double(text)
        default: nil
        }
    }

    static func unsigned(_ json: JSON?) -> UInt64? { json?.integer.flatMap { UInt64(exactly: $0) } }

    private static func encoded(_ value: some Encodable) -> JSON {
        // Sorted: the same value is the same text.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(value)).flatMap { JSON(bytes: $0) } ?? .null
    }

    private static func decoded<Value: Decodable>(_ json: JSON) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(json.bytes))
    }
}
