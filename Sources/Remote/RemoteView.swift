import Desk
import KillSwitch
import SafetyEngine

/// What the stream has said so far, put together.
///
/// Invariants (RemoteTests/RemoteViewTests): changes are laid over what they belong to, and nothing else: a gap in the
/// numbers, or a change without a snapshot, asks for a new snapshot; what cannot be read changes nothing and is said.
struct RemoteView: Sendable {
    /// What an event was.
    enum Outcome: Sendable, Equatable {
        /// The desk is another than before.
        case news
        /// Only that somebody is there.
        case beat
        /// The desk ends the stream: why.
        case dropped(String)
        /// Something is missing: begin anew with a snapshot.
        case gap
        /// This is not what is understood here: why.
        case unusable(String)
    }

    /// The number of the last event; nil: a snapshot is needed.
    private(set) var lastID: UInt64?
    /// The version of the program at the other end.
    private(set) var version: String?
    private var desk: JSON = .null
    private var engine: JSON = .null
    /// The desk as it stands, the engine in it; nil: nothing has come.
    private(set) var snapshot: DeskSnapshot?

    /// Takes an event.
    mutating func take(_ event: ServerEvent) -> Outcome {
        switch event.name {
        case "heartbeat": return .beat
        case "dropped": return .dropped(JSON(bytes: event.data)?["reason"]?.string ?? "the desk ends the stream")
        case "snapshot":
            guard let json = JSON(bytes: event.data) else { return .unusable("a snapshot that is no JSON") }
            version = json["version"]?.string
            guard json["wire"]?.integer == Int64(ScreenCodec.wire) else {
                return .unusable(
                    "it is another version of estop (\(version ?? "unknown"), here \(Program.version)) and speaks otherwise: "
                        + "use the dashboard of that version"
                )
            }
            return show(json["desk"] ?? .null, json["engine"] ?? .null, id: event.id.flatMap { UInt64($0) })
        case "desk", "engine":
            guard let lastID, let id = event.id.flatMap({ UInt64($0) }), id == lastID + 1 else {
                forget()
                return .gap
            }
            guard let change = JSON(bytes: event.data) else { return .unusable("a change that is no JSON") }
            return event.name == "desk"
                ? show(ScreenCodec.applying(change, to: desk), engine, id: id)
                : show(desk, ScreenCodec.applying(change, to: engine), id: id)
        default:
            // A newer desk may tell more.
            if let id = event.id.flatMap({ UInt64($0) }) { lastID = id }
            return .beat
        }
    }

    /// A snapshot is needed: what is known stays known, as the last of it.
    mutating func forget() { lastID = nil }

    private mutating func show(_ desk: JSON, _ engine: JSON, id: UInt64?) -> Outcome {
        guard var shown = ScreenCodec.desk(desk) else {
            forget()
            return .unusable("what it says of the switch is not understood: is it another version of estop?")
        }
        let view = ScreenCodec.view(engine)
        let age = desk["engine_age_ms"]?.integer.flatMap { UInt64(exactly: $0) } ?? 0
        if let problem = desk["engine_problem"]?.string {
            shown.take(.lost(view, ageMs: age, reason: problem))
        } else if let view {
            shown.take(.view(view, ageMs: age))
        } else {
            shown.take(.lost(nil, ageMs: age, reason: "what the engine says is not understood"))
        }
        (self.desk, self.engine, snapshot) = (desk, engine, shown)
        lastID = id
        return .news
    }
}
