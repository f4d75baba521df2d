/// Where a value lies in a line, and what it is. Of a string: what is between its quotes.
struct EventLinePlace {
    enum Kind: UInt8 {
        case absent, null, yes, no, number, string, array, object
    }

    var start: Int32 = 0
    var end: Int32 = 0
    var kind = Kind.absent
    /// A string of visible ASCII alone, without escapes: its bytes are its text.
    var isPlain = false

    var range: Range<Int> { Int(start)..<Int(max(start, end)) }
}

/// Walks once over a line, byte by byte, strictly by RFC 8259, and notes where the values of known keys lie. Every access
/// is bounds-checked by `Span`, in release builds too. No tree is built: at 50,000 lines a second that is most of the cost.
struct EventLineScanner {
    typealias Refusal = EventLine.Refusal

    /// How deep a value that is skipped may be nested.
    static let mostDepth = 16

    var at = 0

    /// One object, and nothing else but white space.
    mutating func document(_ line: Span<UInt8>) throws(Refusal) -> EventLineFields {
        skipSpace(line)
        guard at < line.count else { throw Refusal("the line is empty: write one JSON object a line") }
        guard line[at] == UInt8(ascii: "{") else {
            throw Refusal(
                "the line begins with \(EventLine.shown(line, at, at + 1)): write one JSON object a line, {\"v\":1,...}"
            )
        }
        let fields = try object(line)
        skipSpace(line)
        guard at == line.count else {
            throw Refusal("byte \(at + 1): something follows the object: write one object a line")
        }
        return fields
    }

    /// The object that begins here.
    mutating func object(_ line: Span<UInt8>) throws(Refusal) -> EventLineFields {
        var fields = EventLineFields()
        at += 1
        skipSpace(line)
        if take(UInt8(ascii: "}"), line) { return fields }
        while true {
            let key = try key(line)
            let value = try value(line, depth: 1)
            try fields.put(key, value, line)
            skipSpace(line)
            if take(UInt8(ascii: ","), line) { continue }
            if take(UInt8(ascii: "}"), line) { return fields }
            throw expected("',' or '}' after the value", line)
        }
    }

    /// A key, its colon, and what is between there and its value.
    private mutating func key(_ line: Span<UInt8>) throws(Refusal) -> EventLinePlace {
        skipSpace(line)
        guard at < line.count, line[at] == UInt8(ascii: "\"") else { throw expected("a key in quotes", line) }
        let key = try string(line)
        skipSpace(line)
        guard take(UInt8(ascii: ":"), line) else { throw expected("':' after the key", line) }
        skipSpace(line)
        return key
    }

    /// Any value, with what it is made of.
    mutating func value(_ line: Span<UInt8>, depth: Int) throws(Refusal) -> EventLinePlace {
        guard at < line.count else { throw expected("a value", line) }
        switch line[at] {
        case UInt8(ascii: "\""): return try string(line)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(line)
        case UInt8(ascii: "t"): return try word("true", .yes, line)
        case UInt8(ascii: "f"): return try word("false", .no, line)
        case UInt8(ascii: "n"): return try word("null", .null, line)
        case UInt8(ascii: "["): return try list(line, depth: depth, isObject: false)
        case UInt8(ascii: "{"): return try list(line, depth: depth, isObject: true)
        default: throw expected("a value", line)
        }
    }

    /// An array or an object: only where it lies, but valid throughout.
    private mutating func list(_ line: Span<UInt8>, depth: Int, isObject: Bool) throws(Refusal) -> EventLinePlace {
        guard depth < EventLineScanner.mostDepth else {
            throw Refusal("byte \(at + 1): nested deeper than \(EventLineScanner.mostDepth) levels")
        }
        let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        var place = EventLinePlace(start: Int32(clamping: at), kind: isObject ? .object : .array)
        at += 1
        skipSpace(line)
        if !take(end, line) {
            while true {
                if isObject { _ = try key(line) } else { skipSpace(line) }
                _ = try value(line, depth: depth + 1)
                skipSpace(line)
                if take(UInt8(ascii: ","), line) { continue }
                if take(end, line) { break }
                throw expected(isObject ? "',' or '}' after the value" : "',' or ']' after the element", line)
            }
        }
        place.end = Int32(clamping: at)
        return place
    }

    /// The string that begins here. Its escapes and its UTF-8 are checked.
    private mutating func string(_ line: Span<UInt8>) throws(Refusal) -> EventLinePlace {
        at += 1
        let start = at
        var isPlain = true
        while at < line.count {
            let byte = line[at]
            if byte == UInt8(ascii: "\"") {
                let place = EventLinePlace(
                    start: Int32(clamping: start),
                    end: Int32(clamping: at),
                    kind: .string,
                    isPlain: isPlain
                )
                if !isPlain { _ = try place.text(line) }
                at += 1
                return place
            }
            if byte == UInt8(ascii: "\\") {
                isPlain = false
                at += 2
                continue
            }
            // Below: control characters. Above: DEL, and all that is not ASCII.
            if byte &- 0x20 >= 0x5f {
                guard byte >= 0x7f else {
                    throw Refusal("byte \(at + 1): a control character inside a string: write it as \\u00XX")
                }
                isPlain = false
            }
            at += 1
        }
        throw Refusal("byte \(start): a string that does not end: is the line cut off?")
    }

    private mutating func number(_ line: Span<UInt8>) throws(Refusal) -> EventLinePlace {
        let start = at
        _ = take(UInt8(ascii: "-"), line)
        let first = at
        try digits(line)
        if line[first] == UInt8(ascii: "0"), at > first + 1 {
            throw Refusal("byte \(first + 1): a JSON number has no zeros in front")
        }
        if take(UInt8(ascii: "."), line) { try digits(line) }
        if take(UInt8(ascii: "e"), line) || take(UInt8(ascii: "E"), line) {
            if !take(UInt8(ascii: "+"), line) { _ = take(UInt8(ascii: "-"), line) }
            try digits(line)
        }
        return EventLinePlace(start: Int32(clamping: start), end: Int32(clamping: at), kind: .number)
    }

    private mutating func digits(_ line: Span<UInt8>) throws(Refusal) {
        let start = at
        while at < line.count, line[at] &- 0x30 < 10 { at += 1 }
        guard at > start else { throw expected("a digit", line) }
    }

    private mutating func word(
        _ word: StaticString,
        _ kind: EventLinePlace.Kind,
        _ line: Span<UInt8>
    ) throws(Refusal) -> EventLinePlace {
        let start = at
        let isThere = word.withUTF8Buffer { letters in
            for letter in letters {
                guard at < line.count, line[at] == letter else { return false }
                at += 1
            }
            return true
        }
        guard isThere else {
            at = start
            throw expected("a value", line)
        }
        return EventLinePlace(start: Int32(clamping: start), end: Int32(clamping: at), kind: kind)
    }

    mutating func skipSpace(_ line: Span<UInt8>) {
        while at < line.count {
            switch line[at] {
            case 0x20, 0x09, 0x0a, 0x0d: at += 1
            default: return
            }
        }
    }

    mutating func take(_ byte: UInt8, _ line: Span<UInt8>) -> Bool {
        guard at < line.count, line[at] == byte else { return false }
        at += 1
        return true
    }

    private func expected(_ what: String, _ line: Span<UInt8>) -> Refusal {
        guard at < line.count else { return Refusal("the line ends where \(what) should be: is it cut off?") }
        return Refusal("byte \(at + 1) is \(EventLine.shown(line, at, at + 1)): expected \(what)")
    }
}
