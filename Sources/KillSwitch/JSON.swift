/// A JSON value, for the log, the mirror and `--json`: small, strict, ordered, without Foundation (start-up time is
/// part of the halt path, and a record is read back byte for byte as it was written).
public enum JSON: Sendable, Equatable {
    /// null.
    case null
    /// true or false.
    case bool(Bool)
    /// A whole number that fits; any other number is kept as its text in `decimal`.
    case integer(Int64)
    /// A number as it was written, with a fraction or an exponent.
    case decimal(String)
    /// A string.
    case string(String)
    /// An array.
    case array([JSON])
    /// An object, its keys in the order of the text.
    case object([Member])

    /// One key and its value.
    public struct Member: Sendable, Equatable {
        /// The key.
        public var key: String
        /// The value.
        public var value: JSON

        /// Creates a member.
        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// The value of a key; nil when this is no object or has no such key. A repeated key counts as absent.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        var found: JSON?
        for member in members where member.key == key {
            if found != nil { return nil }
            found = member.value
        }
        return found
    }

    /// The string, if it is one.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The whole number, if it is one.
    public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    /// The elements, if it is an array.
    public var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

    /// A string, or null for nil.
    public static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    /// A whole number, or null for nil or one too large for a signed 64-bit number.
    public static func number(_ value: (some BinaryInteger)?) -> JSON {
        value.flatMap { Int64(exactly: $0) }.map { .integer($0) } ?? .null
    }

    // MARK: - Writing

    /// The value as one line of JSON.
    public var line: String { String(decoding: bytes, as: UTF8.self) }

    /// The value as one line of JSON, in UTF-8.
    public var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .integer(let number): out += String(number).utf8
        case .decimal(let text): out += text.utf8
        case .string(let text): JSON.quote(text, to: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                JSON.quote(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                member.value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func quote(_ text: String, to out: inout [UInt8]) {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return quoteAny(text, to: &out) }
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case UInt8(ascii: "\n"): out += "\\n".utf8
            case UInt8(ascii: "\r"): out += "\\r".utf8
            case UInt8(ascii: "\t"): out += "\\t".utf8
            case 0..<0x20, 0x7f:
                out += "\\u00".utf8
                out.append(digit(byte >> 4))
                out.append(digit(byte & 15))
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    /// The same for a text beyond ASCII: what a terminal obeys, or what reorders text, is written as its code, so that no reader of
    /// our output passes it on raw.
    private static func quoteAny(_ text: String, to out: inout [UInt8]) {
        var plain = String.UnicodeScalarView()
        func flush(_ out: inout [UInt8]) {
            guard !plain.isEmpty else { return }
            let piece = String(plain)
            plain = String.UnicodeScalarView()
            out += piece.utf8
        }
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x80..<0xa0, 0x61c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069:
                flush(&out)
                let code = String(scalar.value, radix: 16)
                out += ("\\u" + String(repeating: "0", count: 4 - code.count) + code).utf8
            case 0..<0x80:
                flush(&out)
                var one: [UInt8] = []
                quote(String(Character(scalar)), to: &one)
                out += one.dropFirst().dropLast()
            default: plain.append(scalar)
            }
        }
        flush(&out)
        out.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    // MARK: - Reading

    /// Reads one value that fills `bytes` but for white space; nil when they are not JSON.
    public init?(bytes: some Collection<UInt8>) {
        var reader = JSONReader(bytes: Array(bytes))
        guard let value = reader.document() else { return nil }
        self = value
    }

    /// Reads one value that fills `text`; nil when it is not JSON.
    public init?(_ text: String) { self.init(bytes: text.utf8) }
}

/// A strict reader of RFC 8259: no trailing commas, no lone surrogates, valid UTF-8, at most 32 levels.
private struct JSONReader {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() -> JSON? {
        skipSpace()
        guard let value = value(depth: 0) else { return nil }
        skipSpace()
        return at == bytes.count ? value : nil
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func take(_ word: StaticString, _ value: JSON) -> JSON? {
        let length = word.utf8CodeUnitCount
        guard at + length <= bytes.count else { return nil }
        for index in 0..<length where bytes[at + index] != word.utf8Start[index] { return nil }
        at += length
        return value
    }

    private mutating func value(depth: Int) -> JSON? {
        guard depth < 32, let byte = next else { return nil }
        switch byte {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return take("true", .bool(true))
        case UInt8(ascii: "f"): return take("false", .bool(false))
        case UInt8(ascii: "n"): return take("null", .null)
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSON? {
        at += 1
        var members: [JSON.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\""), let key = string() else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            guard let value = value(depth: depth + 1) else { return nil }
            members.append(JSON.Member(key, value))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func array(depth: Int) -> JSON? {
        at += 1
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            guard let value = value(depth: depth + 1) else { return nil }
            elements.append(value)
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func number() -> JSON? {
        let start = at
        _ = take(UInt8(ascii: "-"))
        guard let first = next, isDigit(first) else { return nil }
        if !take(UInt8(ascii: "0")) { skipDigits() }
        var whole = true
        if take(UInt8(ascii: ".")) {
            whole = false
            guard let digit = next, isDigit(digit) else { return nil }
            skipDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            whole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard let digit = next, isDigit(digit) else { return nil }
            skipDigits()
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if whole, let number = Int64(text) { return .integer(number) }
        return .decimal(text)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private mutating func skipDigits() { while let byte = next, isDigit(byte) { at += 1 } }

    private mutating func string() -> String? {
        at += 1
        let start = at
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { at += 1 }
        if next == UInt8(ascii: "\"") {
            defer { at += 1 }
            if bytes[start..<at].allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes[start..<at], as: UTF8.self) }
            return String(validating: bytes[start..<at], as: UTF8.self)
        }
        var out = Array(bytes[start..<at])
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: out, as: UTF8.self)
            case UInt8(ascii: "\\"): guard escape(into: &out) else { return nil }
            case 0..<0x20: return nil
            default: out.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(into out: inout [UInt8]) -> Bool {
        guard let byte = next else { return false }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0c)
        case UInt8(ascii: "n"): out.append(0x0a)
        case UInt8(ascii: "r"): out.append(0x0d)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            guard var code = hex4() else { return false }
            if code >= 0xd800 && code < 0xdc00 {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hex4(), low >= 0xdc00, low < 0xe000
                else { return false }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { return false }
            out.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: return false
        }
        return true
    }

    private mutating func hex4() -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for byte in bytes[at..<at + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            code = code << 4 | UInt32(digit)
        }
        at += 4
        return code
    }
}
