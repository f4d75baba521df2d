/// The connections of one event loop, and which of them have been idle longest. Touched by that loop's thread alone.
///
/// Invariant (ControlAPITests/ConnectionBookTests): no more connections than the limit stay, while any of them can go; those
/// that were asked to make room are not asked again.
final class ConnectionBook {
    private var connections: [ObjectIdentifier: (handler: HaltHandler, touched: UInt64)] = [:]
    private var leaving: [ObjectIdentifier: HaltHandler] = [:]
    private var clock: UInt64 = 0
    private let most: Int

    init(most: Int) { self.most = max(1, most) }

    var count: Int { connections.count }
    var isEmpty: Bool { connections.isEmpty && leaving.isEmpty }

    /// All of them.
    var handlers: [HaltHandler] { connections.values.map(\.handler) + leaving.values }

    /// Adds a connection.
    ///
    /// - Returns: those that have to make room: a few at a time, so that they are not looked for at each accept.
    func add(_ handler: HaltHandler) -> [HaltHandler] {
        clock += 1
        connections[ObjectIdentifier(handler)] = (handler, clock)
        guard connections.count > most else { return [] }
        let idle = connections.values.filter { $0.handler !== handler && $0.handler.isIdle }
        let oldest = idle.sorted { $0.touched < $1.touched }.prefix(max(1, most / 64)).map(\.handler)
        for other in oldest {
            connections[ObjectIdentifier(other)] = nil
            leaving[ObjectIdentifier(other)] = other
        }
        return oldest
    }

    /// Something was asked over it.
    func touch(_ handler: HaltHandler) {
        clock += 1
        connections[ObjectIdentifier(handler)]?.touched = clock
    }

    func remove(_ handler: HaltHandler) {
        connections[ObjectIdentifier(handler)] = nil
        leaving[ObjectIdentifier(handler)] = nil
    }
}
