extension EventLine {
    /// Why a line was refused: one short line, safe to print, that says what to write instead.
    public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        /// The key that is wrong, such as `quantity` or `orders[3].side`; empty: the line as a whole.
        public let key: String
        /// What is wrong, and what to write instead.
        public let problem: String

        /// Creates a refusal. Whatever `problem` quotes of the line has gone through `shown`.
        init(_ key: String, _ problem: String) {
            self.key = key
            self.problem = problem
        }

        init(_ key: EventLineKey, _ problem: String) { self.init(key.name, problem) }

        init(_ problem: String) { self.init("", problem) }

        /// The same of one element of a list.
        func within(_ key: EventLineKey, _ place: Int) -> Refusal {
            Refusal("\(key.name)[\(place)]" + (self.key.isEmpty ? "" : ".\(self.key)"), problem)
        }

        /// `quantity: must not be negative: "-1"`.
        public var description: String { key.isEmpty ? problem : "\(key): \(problem)" }
    }

    /// Most characters of a line that a refusal quotes.
    static let mostShown = 40

    /// A piece of a line in quotes, cut, with everything that is not plainly visible as a code.
    static func shown(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> String {
        let end = max(0, min(end, line.count))
        let start = max(0, min(start, end))
        // Cut before it is decoded: the piece may be megabytes long. 4 bytes are the longest character.
        let piece = line.extracting(start..<min(end, start + mostShown * 4))
        let text = piece.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        return shown(text, isCut: end - start > mostShown * 4)
    }

    /// A text in quotes, cut, with everything that is not plainly visible as a code.
    static func shown(_ text: String, isCut: Bool = false) -> String {
        var out = "\""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < mostShown else { return out + "...\"" }
            count += 1
            if isHidden(scalar) || scalar == "\u{fffd}" {
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                if scalar == "\"" || scalar == "\\" { out += "\\" }
                out.unicodeScalars.append(scalar)
            }
        }
        return out + (isCut ? "...\"" : "\"")
    }

    /// Whether a character moves the cursor, reorders, breaks or hides text: none stands in a name, or a bot's name could
    /// draw a false word on an operator's screen. (ZWJ and ZWNJ may: scripts and emoji need them.)
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x61c, 0x180e, 0x200b, 0x200e, 0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
            0xfff9...0xfffb, 0xe0000...0xe007f:
            true
        default: false
        }
    }
}
