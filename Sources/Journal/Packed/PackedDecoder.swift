/// Reads the value at a place.
struct PackedDecoder: Decoder {
    let reader: PackedReader
    let place: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(UnpackedMembers(reader, try reader.content(.object, at: place)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        UnpackedElements(reader, try reader.content(.array, at: place))
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        UnpackedSingle(reader: reader, place: place)
    }
}

private final class UnpackedMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let reader: PackedReader
    private let content: Range<Int>
    /// Where the member is that was asked for last: the next one is mostly the next to be asked for.
    private var cursor: Int
    var codingPath: [any CodingKey] { [] }

    init(_ reader: PackedReader, _ content: Range<Int>) {
        self.reader = reader
        self.content = content
        cursor = content.lowerBound
    }

    /// Where a member's value is; nil: there is none.
    private func find(_ wanted: String) throws -> Int? {
        // From here to the end, and then from the beginning to here.
        let from = cursor
        var member = from
        var isSecond = false
        while true {
            guard member < content.upperBound, !isSecond || member < from else {
                guard !isSecond, from > content.lowerBound else { return nil }
                isSecond = true
                member = content.lowerBound
                continue
            }
            var value = member
            if try reader.name(&value) == wanted {
                cursor = member
                return value
            }
            member = try reader.after(value)
        }
    }

    private func place(_ key: some CodingKey) throws -> Int {
        if let place = try find(key.stringValue) { return place }
        throw DecodingError.keyNotFound(
            key,
            DecodingError.Context(codingPath: [], debugDescription: "\(key.stringValue) is missing")
        )
    }

    var allKeys: [Key] {
        var keys: [Key] = []
        var member = content.lowerBound
        // Whatever is damaged is found when it is read.
        while member < content.upperBound, let name = try? reader.name(&member), let next = try? reader.after(member) {
            if let key = Key(stringValue: name) { keys.append(key) }
            member = next
        }
        return keys
    }

    func contains(_ key: Key) -> Bool { (try? find(key.stringValue)) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try reader.tag(at: place(key)) == .null }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try reader.bool(at: place(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try reader.text(at: place(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { throw Packed.damage("a fraction") }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { throw Packed.damage("a fraction") }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try reader.number(at: place(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try reader.number(at: place(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try reader.number(at: place(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try reader.number(at: place(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try reader.number(at: place(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try reader.number(at: place(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try reader.number(at: place(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try reader.number(at: place(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try reader.number(at: place(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try reader.number(at: place(key)) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: PackedDecoder(reader: reader, place: place(key)))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try PackedDecoder(reader: reader, place: place(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try PackedDecoder(reader: reader, place: place(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        guard let place = try find("super") else { throw Packed.damage("super is missing") }
        return PackedDecoder(reader: reader, place: place)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { PackedDecoder(reader: reader, place: try place(key)) }
}

private struct UnpackedElements: UnkeyedDecodingContainer {
    private let reader: PackedReader
    private let end: Int
    private var next: Int
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    /// Not counted beforehand: nobody needs it.
    var count: Int? { nil }
    var isAtEnd: Bool { next >= end }

    init(_ reader: PackedReader, _ content: Range<Int>) {
        self.reader = reader
        next = content.lowerBound
        end = content.upperBound
    }

    /// The next element; the one after it is the next then.
    private mutating func element() throws -> Int {
        guard !isAtEnd else { throw Packed.damage("an array ends before its time") }
        let place = next
        next = try reader.after(place)
        currentIndex += 1
        return place
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd else { throw Packed.damage("an array ends before its time") }
        guard try reader.tag(at: next) == .null else { return false }
        _ = try element()
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try reader.bool(at: element()) }
    mutating func decode(_ type: String.Type) throws -> String { try reader.text(at: element()) }
    mutating func decode(_ type: Double.Type) throws -> Double { throw Packed.damage("a fraction") }
    mutating func decode(_ type: Float.Type) throws -> Float { throw Packed.damage("a fraction") }
    mutating func decode(_ type: Int.Type) throws -> Int { try reader.number(at: element()) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try reader.number(at: element()) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try reader.number(at: element()) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try reader.number(at: element()) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try reader.number(at: element()) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try reader.number(at: element()) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.number(at: element()) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.number(at: element()) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.number(at: element()) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.number(at: element()) }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try Value(from: PackedDecoder(reader: reader, place: element()))
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try PackedDecoder(reader: reader, place: element()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try PackedDecoder(reader: reader, place: element()).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { PackedDecoder(reader: reader, place: try element()) }
}

private struct UnpackedSingle: SingleValueDecodingContainer {
    let reader: PackedReader
    let place: Int
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { (try? reader.tag(at: place)) == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try reader.bool(at: place) }
    func decode(_ type: String.Type) throws -> String { try reader.text(at: place) }
    func decode(_ type: Double.Type) throws -> Double { throw Packed.damage("a fraction") }
    func decode(_ type: Float.Type) throws -> Float { throw Packed.damage("a fraction") }
    func decode(_ type: Int.Type) throws -> Int { try reader.number(at: place) }
    func decode(_ type: Int8.Type) throws -> Int8 { try reader.number(at: place) }
    func decode(_ type: Int16.Type) throws -> Int16 { try reader.number(at: place) }
    func decode(_ type: Int32.Type) throws -> Int32 { try reader.number(at: place) }
    func decode(_ type: Int64.Type) throws -> Int64 { try reader.number(at: place) }
    func decode(_ type: UInt.Type) throws -> UInt { try reader.number(at: place) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.number(at: place) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.number(at: place) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.number(at: place) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.number(at: place) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try Value(from: PackedDecoder(reader: reader, place: place))
    }
}
