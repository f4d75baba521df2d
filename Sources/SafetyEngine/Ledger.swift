/// Values by key, in an order that only depends on what was done with it.
///
/// A dictionary's order changes from process to process; whatever walks over one may decide differently on a replay. This
/// walks in the order of insertion, but for removals: the last element takes a removed one's place.
///
/// Invariants (SafetyEngineTests/LedgerTests): every key is found, at the place where its value is; the same calls leave
/// the same order.
public struct Ledger<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The keys, in order.
    public private(set) var keys: [Key] = []
    /// The values, in the order of their keys.
    public private(set) var values: [Value] = []
    fileprivate var places: [Key: Int] = [:]

    /// Creates an empty ledger.
    public init() {}

    /// The same keys in the same order as another ledger's, all with one value. Nothing is hashed.
    init<Other>(like other: Ledger<Key, Other>, _ value: Value) {
        keys = other.keys
        values = Array(repeating: value, count: other.keys.count)
        places = other.places
    }

    /// How many there are.
    public var count: Int { keys.count }
    /// Whether there are none.
    public var isEmpty: Bool { keys.isEmpty }
    /// The places, for walking over it while values change (`ledger[at: place]`).
    public var indices: Range<Int> { keys.indices }

    /// Where a key is; nil: not there. Holds until something is removed.
    public func place(of key: Key) -> Int? { places[key] }

    /// The same, where the key is likely to be at `hint`: comparing costs less than hashing.
    func place(of key: Key, near hint: Int) -> Int? {
        if keys.indices.contains(hint), keys[hint] == key { return hint }
        return places[key]
    }

    /// Where a key is, which is added with a value where it is not.
    mutating func place(of key: Key, near hint: Int, default fallback: @autoclosure () -> Value) -> Int {
        place(of: key, near: hint) ?? append(key, fallback())
    }

    /// The value at a place.
    public subscript(at place: Int) -> Value {
        get { values[place] }
        _modify { yield &values[place] }
    }

    /// The value of a key; nil: none. Assigning nil removes it.
    public subscript(key: Key) -> Value? {
        get { places[key].map { values[$0] } }
        set {
            if let newValue {
                if let place = places[key] { values[place] = newValue } else { append(key, newValue) }
            } else {
                remove(key)
            }
        }
    }

    /// The value of a key, made where there is none: for changing it in place.
    public subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
        get { places[key].map { values[$0] } ?? fallback() }
        _modify {
            let place = places[key] ?? append(key, fallback())
            yield &values[place]
        }
    }

    /// Removes a key; nothing happens when it is not there.
    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        let value = values[place]
        let (lastKey, lastValue) = (keys[keys.count - 1], values[values.count - 1])
        keys.removeLast()
        values.removeLast()
        if place < keys.count {
            keys[place] = lastKey
            values[place] = lastValue
            places[lastKey] = place
        }
        return value
    }

    /// Removes everything.
    public mutating func removeAll() { self = Ledger() }

    /// Keeps the values of which `isKept` says so, in their order.
    public mutating func keep(_ isKept: (Key, Value) -> Bool) {
        var kept = Ledger()
        for place in indices where isKept(keys[place], values[place]) { kept.append(keys[place], values[place]) }
        self = kept
    }

    @discardableResult
    private mutating func append(_ key: Key, _ value: Value) -> Int {
        places[key] = keys.count
        keys.append(key)
        values.append(value)
        return keys.count - 1
    }
}

extension Ledger: Equatable where Value: Equatable {
    /// The same keys and values in the same order.
    public static func == (left: Ledger, right: Ledger) -> Bool {
        left.keys == right.keys && left.values == right.values
    }
}

extension Ledger: Codable where Key: Codable, Value: Codable {
    private enum CodingKeys: String, CodingKey {
        case keys, values
    }

    /// Reads what `encode` wrote; refuses keys without values, and a key that is there twice.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let keys = try container.decode([Key].self, forKey: .keys)
        let values = try container.decode([Value].self, forKey: .values)
        guard keys.count == values.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .values,
                in: container,
                debugDescription: "keys without values"
            )
        }
        self.init()
        for (key, value) in zip(keys, values) where places[key] == nil { append(key, value) }
        guard count == keys.count else {
            throw DecodingError.dataCorruptedError(forKey: .keys, in: container, debugDescription: "a key twice")
        }
    }

    /// Two arrays: the order is part of it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(keys, forKey: .keys)
        try container.encode(values, forKey: .values)
    }
}
