/// Supervisors that were ended by a halt and are not missed: they are stopped, not gone from every list.
struct StoppedNames: Sendable, Equatable, Codable {
    /// How many are kept, the last ones.
    static let most = 256

    private(set) var names: [String] = []

    mutating func add(_ name: String) {
        remove(name)
        names.append(name)
        if names.count > StoppedNames.most { names.removeFirst() }
    }

    mutating func remove(_ name: String) {
        if !names.isEmpty { names.removeAll { $0 == name } }
    }
}

extension KeyedDecodingContainer {
    /// A snapshot of a version before these were kept has none.
    func decode(_ type: StoppedNames.Type, forKey key: Key) throws -> StoppedNames {
        try decodeIfPresent(type, forKey: key) ?? StoppedNames()
    }
}
