import KillSwitch

extension SavedValue {
    /// Reads a value back.
    ///
    /// - Throws: `DecodingError` where the JSON is not what `encode` wrote.
    static func decode<Value: Decodable>(_ type: Value.Type, from json: JSON) throws -> Value {
        try Value(from: SavedDecoder(json: json, codingPath: []))
    }
}

private struct SavedDecoder: Decoder {
    let json: JSON
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = json else { throw wrong("no object") }
        var values: [String: JSON] = [:]
        for member in members where values.updateValue(member.value, forKey: member.key) != nil {
            throw wrong("the key '\(member.key)' twice")
        }
        return KeyedDecodingContainer(SavedMembers(values: values, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = json else { throw wrong("no array") }
        return SavedElements(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SavedSingle(json: json, codingPath: codingPath) }

    func wrong(_ text: String) -> DecodingError {
        DecodingError.dataCorrupted(DecodingError.Context(codingPath: codingPath, debugDescription: text))
    }

    func whole<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        switch json {
        case .integer(let number): if let value = Number(exactly: number) { return value }
        case .decimal(let text): if let value = Number(text) { return value }
        default: break
        }
        throw wrong("no whole number that fits")
    }

    func bool() throws -> Bool {
        if case .bool(let value) = json { return value }
        throw wrong("neither true nor false")
    }

    func string() throws -> String {
        if case .string(let value) = json { return value }
        throw wrong("no string")
    }
}

private struct SavedSingle: SingleValueDecodingContainer {
    let json: JSON
    let codingPath: [any CodingKey]
    private var decoder: SavedDecoder { SavedDecoder(json: json, codingPath: codingPath) }

    init(json: JSON, codingPath: [any CodingKey]) {
        self.json = json
        self.codingPath = codingPath
    }

    func decodeNil() -> Bool { json == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.bool() }
    func decode(_ type: String.Type) throws -> String { try decoder.string() }
    func decode(_ type: Double.Type) throws -> Double { throw decoder.wrong("fractions are not saved") }
    func decode(_ type: Float.Type) throws -> Float { throw decoder.wrong("fractions are not saved") }
    func decode(_ type: Int.Type) throws -> Int { try decoder.whole(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoder.whole(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoder.whole(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoder.whole(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.whole(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try decoder.whole(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.whole(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.whole(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.whole(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.whole(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: decoder) }
}

private struct SavedMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let values: [String: JSON]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { values.keys.sorted().compactMap { Key(stringValue: $0) } }

    private func decoder(_ key: Key) throws -> SavedDecoder {
        guard let json = values[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key,
                DecodingError.Context(codingPath: codingPath, debugDescription: "'\(key.stringValue)' is missing")
            )
        }
        return SavedDecoder(json: json, codingPath: codingPath + [key])
    }

    init(values: [String: JSON], codingPath: [any CodingKey]) {
        self.values = values
        self.codingPath = codingPath
    }

    func contains(_ key: Key) -> Bool { values[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).json == .null }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try decoder(key).string() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        throw try decoder(key).wrong("fractions are not saved")
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        throw try decoder(key).wrong("fractions are not saved")
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try decoder(key).whole(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try decoder(key).whole(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try decoder(key).whole(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try decoder(key).whole(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try decoder(key).whole(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try decoder(key).whole(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try decoder(key).whole(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try decoder(key).whole(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try decoder(key).whole(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try decoder(key).whole(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: decoder(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        SavedDecoder(json: values["super"] ?? .null, codingPath: codingPath)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct SavedElements: UnkeyedDecodingContainer {
    let elements: [JSON]
    let codingPath: [any CodingKey]
    var currentIndex = 0
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    init(elements: [JSON], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    private mutating func take() throws -> SavedDecoder {
        guard !isAtEnd else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath, debugDescription: "too few elements")
            )
        }
        defer { currentIndex += 1 }
        return SavedDecoder(json: elements[currentIndex], codingPath: codingPath)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try take().bool() }
    mutating func decode(_ type: String.Type) throws -> String { try take().string() }
    mutating func decode(_ type: Double.Type) throws -> Double { throw try take().wrong("fractions are not saved") }
    mutating func decode(_ type: Float.Type) throws -> Float { throw try take().wrong("fractions are not saved") }
    mutating func decode(_ type: Int.Type) throws -> Int { try take().whole(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try take().whole(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try take().whole(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try take().whole(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try take().whole(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try take().whole(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try take().whole(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try take().whole(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try take().whole(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try take().whole(type) }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: take()) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try take().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }

    mutating func superDecoder() throws -> any Decoder { try take() }
}
