extension EventLinePlace {
    /// The text of a string.
    ///
    /// - Throws: `Refusal` for escapes that JSON does not have, half a surrogate pair, or bytes that are no UTF-8.
    func text(_ line: Span<UInt8>) throws(EventLine.Refusal) -> String {
        let piece = line.extracting(range)
        if isPlain { return piece.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
        let bytes = try unescaped(piece)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw EventLine.Refusal("byte \(start + 1): a string that is no valid UTF-8")
        }
        return text
    }

    private func unescaped(_ piece: Span<UInt8>) throws(EventLine.Refusal) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(piece.count)
        var at = 0
        while at < piece.count {
            let byte = piece[at]
            at += 1
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            let backslash = at
            guard at < piece.count else { throw badEscape(backslash) }
            let letter = piece[at]
            at += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(letter)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0c)
            case UInt8(ascii: "n"): out.append(0x0a)
            case UInt8(ascii: "r"): out.append(0x0d)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = EventLinePlace.scalar(piece, &at) else { throw badEscape(backslash) }
                out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: throw badEscape(backslash)
            }
        }
        return out
    }

    private func badEscape(_ number: Int) -> EventLine.Refusal {
        EventLine.Refusal("byte \(Int(start) + number): a backslash in a string that begins no escape of JSON")
    }

    /// What follows `\u`, with the second half of a surrogate pair.
    private static func scalar(_ piece: Span<UInt8>, _ at: inout Int) -> Unicode.Scalar? {
        guard var code = hex(piece, &at) else { return nil }
        if code >= 0xd800, code < 0xdc00 {
            guard at + 2 <= piece.count, piece[at] == UInt8(ascii: "\\"), piece[at + 1] == UInt8(ascii: "u") else {
                return nil
            }
            at += 2
            guard let low = hex(piece, &at), low >= 0xdc00, low < 0xe000 else { return nil }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        return Unicode.Scalar(code)
    }

    private static func hex(_ piece: Span<UInt8>, _ at: inout Int) -> UInt32? {
        guard at + 4 <= piece.count else { return nil }
        var code: UInt32 = 0
        for place in at..<at + 4 {
            let digit: UInt8
            switch piece[place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = piece[place] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = piece[place] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = piece[place] - UInt8(ascii: "A") + 10
            default: return nil
            }
            code = code << 4 | UInt32(digit)
        }
        at += 4
        return code
    }
}
