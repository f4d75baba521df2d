/// Bytes that are being read.
final class PackedReader {
    private let bytes: [UInt8]
    private var names: [String] = []
    /// Where the values end.
    private let valuesEnd: Int

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        guard bytes.count >= 9, bytes[0] == Packed.mark else { throw Packed.damage("this is no packed value") }
        var table: UInt64 = 0
        for index in 0..<8 { table |= UInt64(bytes[bytes.count - 8 + index]) << (8 * index) }
        guard table >= 1, table <= UInt64(bytes.count - 8) else { throw Packed.damage("the table of names is missing") }
        valuesEnd = Int(table)
        var place = valuesEnd
        while place < bytes.count - 8 { names.append(try raw(&place, end: bytes.count - 8)) }
    }

    func tag(at place: Int) throws -> Packed.Tag {
        guard place >= 0, place < valuesEnd, let tag = Packed.Tag(rawValue: bytes[place]) else {
            throw Packed.damage("no value at \(place)")
        }
        return tag
    }

    /// What is in an array or object.
    func content(_ wanted: Packed.Tag, at place: Int) throws -> Range<Int> {
        let tag = try tag(at: place)
        guard tag == wanted else { throw Packed.damage("\(tag) at \(place), not \(wanted)") }
        let start = place + 5
        guard start <= valuesEnd else { throw Packed.damage("cut off at \(place)") }
        var length = 0
        for index in 0..<4 { length |= Int(bytes[place + 1 + index]) << (8 * index) }
        guard length <= valuesEnd - start else { throw Packed.damage("cut off at \(place)") }
        return start..<start + length
    }

    /// Where the value after this one is.
    func after(_ place: Int) throws -> Int {
        let tag = try tag(at: place)
        var next = place + 1
        switch tag {
        case .null, .no, .yes: return next
        case .signed, .unsigned:
            _ = try group(&next, end: valuesEnd)
            return next
        case .text:
            _ = try length(&next, end: valuesEnd)
            return next
        case .array, .object: return try content(tag, at: place).upperBound
        }
    }

    /// The name of a member; `place` is its value's then.
    func name(_ place: inout Int) throws -> String {
        let number = try group(&place, end: valuesEnd)
        guard number < UInt64(names.count) else { throw Packed.damage("a name that is not in the table") }
        return names[Int(number)]
    }

    func bool(at place: Int) throws -> Bool {
        switch try tag(at: place) {
        case .yes: return true
        case .no: return false
        default: throw Packed.damage("no yes or no at \(place)")
        }
    }

    func number<Number: FixedWidthInteger>(at place: Int) throws -> Number {
        var next = place + 1
        let found: Number?
        switch try tag(at: place) {
        case .signed:
            let group = try group(&next, end: valuesEnd)
            found = Number(exactly: Int64(bitPattern: group >> 1) ^ -Int64(bitPattern: group & 1))
        case .unsigned: found = Number(exactly: try group(&next, end: valuesEnd))
        default: throw Packed.damage("no number at \(place)")
        }
        guard let found else { throw Packed.damage("the number at \(place) does not fit") }
        return found
    }

    func text(at place: Int) throws -> String {
        guard try tag(at: place) == .text else { throw Packed.damage("no text at \(place)") }
        var next = place + 1
        return try raw(&next, end: valuesEnd)
    }

    private func group(_ place: inout Int, end: Int) throws -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while place < end, shift < 64 {
            let byte = bytes[place]
            place += 1
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        throw Packed.damage("a number without an end at \(place)")
    }

    /// Where a text begins; `place` is behind it then.
    private func length(_ place: inout Int, end: Int) throws -> Int {
        let count = try group(&place, end: end)
        guard count <= UInt64(end - place) else { throw Packed.damage("a text is cut off at \(place)") }
        let start = place
        place += Int(count)
        return start
    }

    private func raw(_ place: inout Int, end: Int) throws -> String {
        let start = try length(&place, end: end)
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }
}
