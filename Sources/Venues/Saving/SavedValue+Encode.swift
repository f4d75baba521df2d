import KillSwitch

/// Turns a value into JSON, without Foundation: whole numbers, strings, arrays and objects, which is all that is saved here.
///
/// Fractions are refused: what this program saves has none.
enum SavedValue {
    /// The JSON of a value.
    ///
    /// - Throws: what the value's own `encode` throws; `EncodingError` for a fraction.
    static func encode(_ value: some Encodable) throws -> JSON {
        let slot = Slot()
        try value.encode(to: SavingEncoder(slot: slot, codingPath: []))
        return slot.json
    }

    /// A place in the document that is being made.
    final class Slot {
        private enum Content {
            case value(JSON)
            case array([Slot])
            case object([(String, Slot)])
        }
        private var content = Content.value(.null)

        var json: JSON {
            switch content {
            case .value(let value): value
            case .array(let slots): .array(slots.map(\.json))
            case .object(let members): .object(members.map { JSON.Member($0.0, $0.1.json) })
            }
        }

        var count: Int { if case .array(let slots) = content { slots.count } else { 0 } }

        func put(_ value: JSON) { content = .value(value) }

        func beArray() { if case .array = content {} else { content = .array([]) } }

        func beObject() { if case .object = content {} else { content = .object([]) } }

        func append() -> Slot {
            let slot = Slot()
            if case .array(var slots) = content {
                content = .value(.null)
                slots.append(slot)
                content = .array(slots)
            }
            return slot
        }

        func member(_ key: String) -> Slot {
            let slot = Slot()
            if case .object(var members) = content {
                content = .value(.null)
                members.append((key, slot))
                content = .object(members)
            }
            return slot
        }
    }

    static func whole(_ number: some BinaryInteger) -> JSON {
        Int64(exactly: number).map { .integer($0) } ?? .decimal("\(number)")
    }

    static func fraction(_ path: [any CodingKey]) -> EncodingError {
        EncodingError.invalidValue(
            0.0,
            EncodingError.Context(codingPath: path, debugDescription: "fractions are not saved")
        )
    }
}

private struct SavingEncoder: Encoder {
    let slot: SavedValue.Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.beObject()
        return KeyedEncodingContainer(SavingMembers(slot: slot, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.beArray()
        return SavingElements(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SavingSingle(slot: slot, codingPath: codingPath)
    }
}

private struct SavingMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: SavedValue.Slot
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { slot.member(key.stringValue).put(.null) }
    func encode(_ value: Bool, forKey key: Key) { slot.member(key.stringValue).put(.bool(value)) }
    func encode(_ value: String, forKey key: Key) { slot.member(key.stringValue).put(.string(value)) }
    func encode(_ value: Double, forKey key: Key) throws { throw SavedValue.fraction(codingPath + [key]) }
    func encode(_ value: Float, forKey key: Key) throws { throw SavedValue.fraction(codingPath + [key]) }
    func encode(_ value: Int, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: Int8, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: Int16, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: Int32, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: Int64, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: UInt, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: UInt8, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: UInt16, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: UInt32, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }
    func encode(_ value: UInt64, forKey key: Key) { slot.member(key.stringValue).put(SavedValue.whole(value)) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        try value.encode(to: SavingEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key]))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        SavingEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        SavingEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { SavingEncoder(slot: slot.member("super"), codingPath: codingPath) }

    func superEncoder(forKey key: Key) -> any Encoder {
        SavingEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key])
    }
}

private struct SavingElements: UnkeyedEncodingContainer {
    let slot: SavedValue.Slot
    let codingPath: [any CodingKey]
    var count: Int { slot.count }

    func encodeNil() { slot.append().put(.null) }
    func encode(_ value: Bool) { slot.append().put(.bool(value)) }
    func encode(_ value: String) { slot.append().put(.string(value)) }
    func encode(_ value: Double) throws { throw SavedValue.fraction(codingPath) }
    func encode(_ value: Float) throws { throw SavedValue.fraction(codingPath) }
    func encode(_ value: Int) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: Int8) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: Int16) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: Int32) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: Int64) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: UInt) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: UInt8) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: UInt16) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: UInt32) { slot.append().put(SavedValue.whole(value)) }
    func encode(_ value: UInt64) { slot.append().put(SavedValue.whole(value)) }

    func encode(_ value: some Encodable) throws {
        try value.encode(to: SavingEncoder(slot: slot.append(), codingPath: codingPath))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        SavingEncoder(slot: slot.append(), codingPath: codingPath).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        SavingEncoder(slot: slot.append(), codingPath: codingPath).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { SavingEncoder(slot: slot.append(), codingPath: codingPath) }
}

private struct SavingSingle: SingleValueEncodingContainer {
    let slot: SavedValue.Slot
    let codingPath: [any CodingKey]

    func encodeNil() { slot.put(.null) }
    func encode(_ value: Bool) { slot.put(.bool(value)) }
    func encode(_ value: String) { slot.put(.string(value)) }
    func encode(_ value: Double) throws { throw SavedValue.fraction(codingPath) }
    func encode(_ value: Float) throws { throw SavedValue.fraction(codingPath) }
    func encode(_ value: Int) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: Int8) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: Int16) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: Int32) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: Int64) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: UInt) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: UInt8) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: UInt16) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: UInt32) { slot.put(SavedValue.whole(value)) }
    func encode(_ value: UInt64) { slot.put(SavedValue.whole(value)) }

    func encode(_ value: some Encodable) throws {
        try value.encode(to: SavingEncoder(slot: slot, codingPath: codingPath))
    }
}
