/// Bytes that are being made.
final class PackedWriter {
    private var bytes: [UInt8] = [Packed.mark]
    /// Where the lengths of arrays and objects are that have not ended.
    private var open: [Int] = []
    private var numbers: [String: UInt64] = [:]
    private var names: [String] = []
    private var isTooLong = false

    /// How many arrays and objects have not ended.
    var depth: Int { open.count }

    /// Begins an array or an object; the depth in it.
    func begin(_ tag: Packed.Tag) -> Int {
        bytes.append(tag.rawValue)
        open.append(bytes.count)
        bytes.append(contentsOf: [0, 0, 0, 0])
        return open.count
    }

    /// Ends what is deeper than so.
    func end(to depth: Int) {
        while open.count > depth, let place = open.popLast() {
            guard let length = UInt32(exactly: bytes.count - place - 4) else {
                isTooLong = true
                return
            }
            for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
        }
    }

    /// The name of the member that follows.
    func name(_ name: String) {
        if let number = numbers[name] { return group(number) }
        numbers[name] = UInt64(names.count)
        group(UInt64(names.count))
        names.append(name)
    }

    func put(_ tag: Packed.Tag) { bytes.append(tag.rawValue) }

    func put(_ value: Bool) { put(value ? .yes : .no) }

    func put(number: some FixedWidthInteger) {
        if let signed = Int64(exactly: number) {
            put(.signed)
            group(UInt64(bitPattern: (signed << 1) ^ (signed >> 63)))
        } else {
            put(.unsigned)
            group(UInt64(truncatingIfNeeded: number))
        }
    }

    func put(_ text: String) {
        put(.text)
        raw(text)
    }

    /// A value that says itself what it is.
    func put(value: some Encodable) throws {
        let (depth, count) = (open.count, bytes.count)
        try value.encode(to: PackedEncoder(writer: self))
        end(to: depth)
        if bytes.count == count { put(.null) }
    }

    func finish() throws -> [UInt8] {
        end(to: 0)
        let table = bytes.count
        for name in names { raw(name) }
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: UInt64(table) >> (8 * index))) }
        guard !isTooLong else {
            let context = EncodingError.Context(codingPath: [], debugDescription: "more than 4 GB")
            throw EncodingError.invalidValue(bytes.count, context)
        }
        return bytes
    }

    private func group(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private func raw(_ text: String) {
        group(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}
