/// Codable values as few bytes, for snapshots: they are read at every start, and JSON takes several times as long.
///
/// A mark, then the values. Of an object or an array the length comes first, so that either can be passed over; names of
/// members are numbers in a table at the end. Members may be read in any order, and most cheaply in that in which they were
/// written. Fractions are refused: what this program keeps has none.
///
/// Invariants (PackedTests): a value is read back equal to the one that was written; no bytes whatever make reading trap.
enum Packed {
    /// The first byte of every packed value; no JSON begins with it.
    static let mark: UInt8 = 0x01

    /// What the next bytes are.
    enum Tag: UInt8 {
        case null, no, yes
        /// A whole number, in groups of 7 bits, the lowest first; of a signed one the lowest bit is the sign.
        case signed, unsigned
        /// Bytes of UTF-8, after their count.
        case text
        /// Four bytes with their length, then values.
        case array
        /// Four bytes with their length, then pairs of a name's number and a value.
        case object
    }

    /// The bytes of a value.
    ///
    /// - Throws: `EncodingError`: a fraction, or something of more than 4 GB; what the value's own `encode` throws.
    static func bytes(of value: some Encodable) throws -> [UInt8] {
        let writer = PackedWriter()
        try writer.put(value: value)
        return try writer.finish()
    }

    /// The value of such bytes.
    ///
    /// - Throws: `DecodingError`.
    static func value<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let reader = try PackedReader(bytes)
        return try Value(from: PackedDecoder(reader: reader, place: 1))
    }

    static let fraction = EncodingError.invalidValue(
        0.0,
        EncodingError.Context(codingPath: [], debugDescription: "fractions are not kept")
    )

    static func damage(_ what: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: what))
    }
}
