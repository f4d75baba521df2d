/// Writes a value; whatever was begun in one container ends when another goes on.
struct PackedEncoder: Encoder {
    let writer: PackedWriter
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(PackedMembers(writer: writer, depth: writer.begin(.object)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        PackedElements(writer: writer, depth: writer.begin(.array))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { PackedSingle(writer: writer) }
}

private struct PackedMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: PackedWriter
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    private func member(_ key: some CodingKey) -> PackedWriter {
        writer.end(to: depth)
        writer.name(key.stringValue)
        return writer
    }

    func encodeNil(forKey key: Key) { member(key).put(.null) }
    func encode(_ value: Bool, forKey key: Key) { member(key).put(value) }
    func encode(_ value: String, forKey key: Key) { member(key).put(value) }
    func encode(_ value: Double, forKey key: Key) throws { throw Packed.fraction }
    func encode(_ value: Float, forKey key: Key) throws { throw Packed.fraction }
    func encode(_ value: Int, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: Int8, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: Int16, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: Int32, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: Int64, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: UInt, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: UInt8, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: UInt16, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: UInt32, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: UInt64, forKey key: Key) { member(key).put(number: value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try member(key).put(value: value) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        PackedEncoder(writer: member(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        PackedEncoder(writer: member(key)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        writer.end(to: depth)
        writer.name("super")
        return PackedEncoder(writer: writer)
    }

    func superEncoder(forKey key: Key) -> any Encoder { PackedEncoder(writer: member(key)) }
}

private struct PackedElements: UnkeyedEncodingContainer {
    let writer: PackedWriter
    let depth: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(writer: PackedWriter, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    private mutating func element() -> PackedWriter {
        writer.end(to: depth)
        count += 1
        return writer
    }

    mutating func encodeNil() { element().put(.null) }
    mutating func encode(_ value: Bool) { element().put(value) }
    mutating func encode(_ value: String) { element().put(value) }
    func encode(_ value: Double) throws { throw Packed.fraction }
    func encode(_ value: Float) throws { throw Packed.fraction }
    mutating func encode(_ value: Int) { element().put(number: value) }
    mutating func encode(_ value: Int8) { element().put(number: value) }
    mutating func encode(_ value: Int16) { element().put(number: value) }
    mutating func encode(_ value: Int32) { element().put(number: value) }
    mutating func encode(_ value: Int64) { element().put(number: value) }
    mutating func encode(_ value: UInt) { element().put(number: value) }
    mutating func encode(_ value: UInt8) { element().put(number: value) }
    mutating func encode(_ value: UInt16) { element().put(number: value) }
    mutating func encode(_ value: UInt32) { element().put(number: value) }
    mutating func encode(_ value: UInt64) { element().put(number: value) }
    mutating func encode(_ value: some Encodable) throws { try element().put(value: value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        PackedEncoder(writer: element()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        PackedEncoder(writer: element()).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { PackedEncoder(writer: element()) }
}

private struct PackedSingle: SingleValueEncodingContainer {
    let writer: PackedWriter
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.put(.null) }
    func encode(_ value: Bool) { writer.put(value) }
    func encode(_ value: String) { writer.put(value) }
    func encode(_ value: Double) throws { throw Packed.fraction }
    func encode(_ value: Float) throws { throw Packed.fraction }
    func encode(_ value: Int) { writer.put(number: value) }
    func encode(_ value: Int8) { writer.put(number: value) }
    func encode(_ value: Int16) { writer.put(number: value) }
    func encode(_ value: Int32) { writer.put(number: value) }
    func encode(_ value: Int64) { writer.put(number: value) }
    func encode(_ value: UInt) { writer.put(number: value) }
    func encode(_ value: UInt8) { writer.put(number: value) }
    func encode(_ value: UInt16) { writer.put(number: value) }
    func encode(_ value: UInt32) { writer.put(number: value) }
    func encode(_ value: UInt64) { writer.put(number: value) }
    func encode(_ value: some Encodable) throws { try writer.put(value: value) }
}
