/// Text from files, bots and arguments, made safe for a terminal.
///
/// Whatever could move the cursor, change colours, answer back, hide or reorder text is shown as its code instead: a
/// bot's name must not be able to draw a false `TRADING` on the operator's screen.
public enum VisibleText {
    /// One line: every control character, newlines and tabs too, as `\n`, `\t`, `\x1b` or `\u{202e}`.
    public static func line(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            if let code = code(of: scalar) { out += code } else { out.unicodeScalars.append(scalar) }
        }
        return out
    }

    /// Several lines: as `line`, but newlines stay.
    public static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }.joined(separator: "\n")
    }

    /// Whether a text has something that `line` would show as a code.
    public static func hasControls(_ text: String) -> Bool { text.unicodeScalars.contains { code(of: $0) != nil } }

    /// How a scalar is shown; nil: as it is.
    private static func code(of scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x0a: "\\n"
        case 0x0d: "\\r"
        case 0x09: "\\t"
        // Control characters of ASCII, and those of ISO 6429 above it: U+009B alone begins a sequence.
        case 0..<0x20, 0x7f..<0xa0: "\\x" + hex(scalar.value, digits: 2)
        // What reorders, breaks or is invisible; ZWJ and ZWNJ stay, scripts and emoji need them.
        case 0x61c, 0x180e, 0x200b, 0x200e, 0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb,
            0xe0000...0xe007f,
            // Letters and patterns that draw nothing: a name of them would look like no name.
            0xad, 0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
            "\\u{" + hex(scalar.value, digits: 4) + "}"
        default: nil
        }
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
