import NIOCore

/// The connections of one event loop, and which of them have been idle longest. Touched by that loop's thread alone.
final class ConnectionBook {
    private var connections: [ObjectIdentifier: (channel: any Channel, touched: UInt64)] = [:]
    private var clock: UInt64 = 0
    private let most: Int

    init(most: Int) { self.most = max(1, most) }

    var count: Int { connections.count }

    var channels: [any Channel] { connections.values.map(\.channel) }

    /// Adds a connection.
    ///
    /// - Returns: those that have to make room: a few at a time, so that they are not looked for at each accept.
    func add(_ channel: any Channel) -> [any Channel] {
        clock += 1
        connections[ObjectIdentifier(channel)] = (channel, clock)
        guard connections.count > most else { return [] }
        let oldest = connections.values.filter { $0.channel !== channel }.sorted { $0.touched < $1.touched }
        return oldest.prefix(max(1, most / 64)).map(\.channel)
    }

    /// Something was asked over it.
    func touch(_ channel: any Channel) {
        clock += 1
        connections[ObjectIdentifier(channel)]?.touched = clock
    }

    func remove(_ channel: any Channel) { connections[ObjectIdentifier(channel)] = nil }
}
