import KillSwitch
import SafetyEngine

/// A position as `estop positions --json` prints it: its own keys, and the metadata that other programs ask for (FEATURES row
/// C22). What is not known is null.
struct PositionRow: Encodable {
    let position: Position

    init(_ position: Position) { self.position = position }

    private enum Key: String, CodingKey {
        case source, adoptionStatus, tracked, entryTime, sizeUsd
    }

    func encode(to encoder: any Encoder) throws {
        try position.encode(to: encoder)
        var row = encoder.container(keyedBy: Key.self)
        let metadata = position.metadata(wallMs: Clock.wallMilliseconds())
        try row.encode(metadata.source, forKey: .source)
        try row.encode(metadata.adoptionStatus, forKey: .adoptionStatus)
        try row.encode(metadata.isTracked, forKey: .tracked)
        try row.encode(metadata.entryTime, forKey: .entryTime)
        try row.encode(position.value, forKey: .sizeUsd)
    }
}
