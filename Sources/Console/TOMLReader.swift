/// Reads TOML byte by byte: lines, headers, keys. Values are in `TOMLReader+Values.swift`.
struct TOMLReader {
    let bytes: [UInt8]
    var at = 0
    var line = 1

    init(bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    func problem(_ message: String) -> TOML.Problem { TOML.Problem(line: line, message: message) }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    func isAhead(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard at + length <= bytes.count else { return false }
        return (0..<length).allSatisfy { bytes[at + $0] == text.utf8Start[$0] }
    }

    mutating func skipBlanks() { while next == 0x20 || next == 0x09 { at += 1 } }

    // MARK: - Lines

    mutating func document() throws(TOML.Problem) -> TOML {
        try checkText()
        if isAhead("\u{feff}") { at += 3 }
        var document = TOML()
        var names = TOMLNames()
        var table: [String] = []
        while true {
            skipBlanks()
            if next == nil { return document }
            if endOfLine() { continue }
            if next == UInt8(ascii: "[") {
                table = try header()
                if let problem = names.enter(header: table) { throw self.problem(problem) }
                document.headers.append(TOML.Header(path: table, line: line))
            } else {
                let start = line
                let path = try key()
                guard take(UInt8(ascii: "=")) else {
                    throw problem("a key needs = and a value: write \(TOMLNames.text(path)) = \"...\"")
                }
                if let problem = names.enter(key: path, in: table) { throw self.problem(problem) }
                skipBlanks()
                let value = try value(depth: 0)
                document.entries.append(TOML.Entry(path: table + path, value: value, line: start))
            }
            skipBlanks()
            guard next == nil || endOfLine() else {
                throw problem("something follows the end: write one key and its value to a line, # before a comment")
            }
        }
    }

    /// Text has to be UTF-8 without control characters, comments too.
    private mutating func checkText() throws(TOML.Problem) {
        defer { line = 1 }
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw problem("the file is UTF-16: save it as UTF-8")
        }
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0a { line += 1 }
            if byte == 0x0d, index + 1 < bytes.count, bytes[index + 1] == 0x0a { continue }
            if byte < 0x20 && byte != 0x09 && byte != 0x0a || byte == 0x7f {
                let code = String(byte, radix: 16)
                throw problem(
                    "there is a control character (0x\(code)): remove it, or write \\u00\(byte < 16 ? "0" : "")\(code) in \"\""
                )
            }
        }
        guard String(validating: bytes, as: UTF8.self) == nil else { return }
        line = 1
        for text in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            if String(validating: text, as: UTF8.self) == nil {
                throw problem("this line is not UTF-8: save the file as UTF-8")
            }
            line += 1
        }
    }

    /// Takes the end of the line, with a comment before it; false when something else is there.
    mutating func endOfLine() -> Bool {
        if take(UInt8(ascii: "#")) {
            while next != nil, next != 0x0a { at += 1 }
            if next == nil { return true }
        }
        if next == 0x0d { at += 1 }
        guard take(0x0a) else { return false }
        line += 1
        return true
    }

    // MARK: - Headers and keys

    private mutating func header() throws(TOML.Problem) -> [String] {
        if isAhead("[[") {
            throw problem("arrays of tables ([[...]]) are not understood: write one [table.NAME] for each")
        }
        at += 1
        let path = try key()
        guard take(UInt8(ascii: "]")) else { throw problem("the header has no end: write [\(TOMLNames.text(path))]") }
        return path
    }

    /// A key with dots, and the blanks around it.
    private mutating func key() throws(TOML.Problem) -> [String] {
        var path: [String] = []
        repeat {
            skipBlanks()
            path.append(try simpleKey())
            skipBlanks()
            if path.count > 16 { throw problem("the key has too many dots: write at most 16 names") }
        } while take(UInt8(ascii: "."))
        return path
    }

    private mutating func simpleKey() throws(TOML.Problem) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try string() }
        let start = at
        while let byte = next, isBare(byte) { at += 1 }
        guard at > start else {
            throw problem("here a key is expected: write name = value (letters, digits, - and _; others in quotes)")
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
