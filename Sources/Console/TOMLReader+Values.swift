extension TOMLReader {
    /// The value that begins here.
    mutating func value(depth: Int) throws(TOML.Problem) -> TOML.Value {
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "{"):
            throw problem("inline tables ({...}) are not understood: write a [table] with its keys below it")
        case nil, 0x0a, 0x0d, UInt8(ascii: "#"):
            throw problem("the value is missing: write one after =, such as \"text\", 5, true or [\"a\", \"b\"]")
        default: return try word()
        }
    }

    // MARK: - Words and numbers

    private mutating func word() throws(TOML.Problem) -> TOML.Value {
        let start = at
        while let byte = next, !isEnd(byte) { at += 1 }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "": throw problem("here a value is expected: write \"text\", 5, true or [\"a\", \"b\"]")
        default: return try number(text)
        }
    }

    private func isEnd(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "#"), UInt8(ascii: "="),
            UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "{"), UInt8(ascii: "}"):
            true
        default: false
        }
    }

    /// Decimal, with a sign, at most one point, and single underscores between digits.
    private func number(_ text: String) throws(TOML.Problem) -> TOML.Value {
        var rest = text.utf8[...]
        let sign = rest.first.flatMap { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") ? rest.removeFirst() : nil }
        let parts = rest.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let digits = TOMLReader.digits(first) else { throw notNumber(text) }
        guard digits.utf8.count == 1 || digits.utf8.first != 0x30 else {
            throw problem("'\(text)' begins with 0: write the number without it")
        }
        let whole = (sign == UInt8(ascii: "-") ? "-" : "") + digits
        if parts.count == 2 {
            guard let fraction = TOMLReader.digits(parts[1]) else { throw notNumber(text) }
            return .decimal("\(whole).\(fraction)")
        }
        guard let number = Int64(whole) else { throw problem("'\(text)' is too large: write a smaller number") }
        return .integer(number)
    }

    /// Digits without the single underscores between them; nil when anything else is there.
    private static func digits(_ text: Substring.UTF8View) -> String? {
        var digits: [UInt8] = []
        var isDigitBefore = false
        for byte in text {
            if (0x30...0x39).contains(byte) {
                digits.append(byte)
                isDigitBefore = true
            } else if byte == UInt8(ascii: "_"), isDigitBefore {
                isDigitBefore = false
            } else {
                return nil
            }
        }
        return isDigitBefore ? String(decoding: digits, as: UTF8.self) : nil
    }

    private func notNumber(_ text: String) -> TOML.Problem {
        let shown = text.count > 40 ? text.prefix(40) + "..." : text[...]
        if text.utf8.first.map({ $0 >= 0x30 && $0 <= 0x39 }) ?? false {
            return problem(
                "'\(shown)' is not understood: write numbers in decimal, as 5 or 2.5, and all else, as a duration, in quotes"
            )
        }
        return problem("'\(shown)' is not understood: write text in quotes, or true, false or a whole number")
    }

    // MARK: - Arrays

    private mutating func array(depth: Int) throws(TOML.Problem) -> [TOML.Value] {
        guard depth < 16 else { throw problem("the arrays are too deep: write at most 16 in each other") }
        let start = line
        at += 1
        var elements: [TOML.Value] = []
        try skipSpaceOfArray(from: start)
        while !take(UInt8(ascii: "]")) {
            elements.append(try value(depth: depth + 1))
            try skipSpaceOfArray(from: start)
            if take(UInt8(ascii: ",")) {
                try skipSpaceOfArray(from: start)
            } else if next != UInt8(ascii: "]") {
                throw problem(
                    "the array of line \(start) goes on strangely: write commas between values and ] at its end"
                )
            }
        }
        return elements
    }

    /// Blanks, comments and ends of lines.
    private mutating func skipSpaceOfArray(from start: Int) throws(TOML.Problem) {
        while true {
            skipBlanks()
            guard next != nil else { throw problem("the array of line \(start) has no end: write ]") }
            guard endOfLine() else { return }
        }
    }

    // MARK: - Strings

    /// A string in double or single quotes.
    mutating func string() throws(TOML.Problem) -> String {
        if isAhead("\"\"\"") || isAhead("'''") {
            throw problem("strings in three quotes are not understood: write one line in \"\", with \\n for a new line")
        }
        let quote = bytes[at]
        at += 1
        var out: [UInt8] = []
        while let byte = next, byte != 0x0a, byte != 0x0d {
            at += 1
            if byte == quote { return String(decoding: out, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                out.append(contentsOf: String(Character(try escape())).utf8)
            } else {
                out.append(byte)
            }
        }
        throw problem("the string has no end: write \(Character(Unicode.Scalar(quote))) after it, on the same line")
    }

    private mutating func escape() throws(TOML.Problem) -> Unicode.Scalar {
        let letter = next
        at += letter == nil ? 0 : 1
        switch letter {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "u"): return try scalar(digits: 4)
        case UInt8(ascii: "U"): return try scalar(digits: 8)
        default:
            throw problem("there is no such escape: write \\\\ for a backslash, or the text in single quotes")
        }
    }

    private mutating func scalar(digits: Int) throws(TOML.Problem) -> Unicode.Scalar {
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw problem("the escape is too short: write \\u and 4 hexadecimal digits, or \\U and 8")
            }
            at += 1
            code = code << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw problem("the escape is no character of Unicode: write another, or the character itself")
        }
        return scalar
    }
}
