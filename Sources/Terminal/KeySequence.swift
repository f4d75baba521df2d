import Dashboard

/// What a whole control sequence (ESC [ parameters final) means. Most mean nothing: they are replies.
enum KeySequence: Equatable {
    /// A reply, a report of the mouse, something unknown.
    case nothing
    /// A key.
    case key(Key)
    /// The beginning of pasted text.
    case paste
    /// The answer to the question whether the terminal is there.
    case answer
    /// So many raw characters follow, of a report of the mouse.
    case raw(Int)

    static func meaning(of final: UInt8, _ parameters: [UInt8]) -> KeySequence {
        guard let first = parameters.first else { return bare(final) }
        // `?`, `>`, `<` and `=` mark replies and mouse reports.
        if (0x3c...0x3f).contains(first) { return .nothing }
        let fields = fields(of: parameters)
        let modifier = fields.count > 1 ? fields[1].first ?? 1 : 1
        // The third kind of event of the kitty protocol is a key let go.
        if fields.count > 1, fields[1].count > 1, fields[1][1] == 3 { return .nothing }
        switch final {
        case UInt8(ascii: "n"): return parameters == [UInt8(ascii: "0")] ? .answer : .nothing
        case UInt8(ascii: "~"): return tilde(fields, modifier)
        case UInt8(ascii: "u"):
            // With a second number, that is the character with Shift.
            guard let codes = fields.first, let code = codes.first else { return .nothing }
            return modified(codes.count > 1 && codes[1] > 0 ? codes[1] : code, modifier: modifier)
        // R is missing: it is the cursor's position.
        case UInt8(ascii: "P"), UInt8(ascii: "Q"), UInt8(ascii: "S"): return .key(.function(Int(final) - 0x4f))
        default: return cursorKeys[final].map { .key($0) } ?? .nothing
        }
    }

    static let cursorKeys: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end, UInt8(ascii: "Z"): .backTab,
    ]

    private static let tildeKeys: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end, 11: .function(1),
        12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6), 18: .function(7),
        19: .function(8), 20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
    ]

    /// Without parameters three finals announce raw bytes: the old mouse protocols.
    private static func bare(_ final: UInt8) -> KeySequence {
        switch final {
        case UInt8(ascii: "M"): .raw(3)
        case UInt8(ascii: "t"): .raw(2)
        case UInt8(ascii: "T"): .raw(6)
        case UInt8(ascii: "P"), UInt8(ascii: "Q"), UInt8(ascii: "S"): .key(.function(Int(final) - 0x4f))
        default: cursorKeys[final].map { .key($0) } ?? .nothing
        }
    }

    private static func fields(of parameters: [UInt8]) -> [[Int]] {
        parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { field in
            field.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
                Int(String(decoding: $0, as: UTF8.self)) ?? 0
            }
        }
    }

    private static func tilde(_ fields: [[Int]], _ modifier: Int) -> KeySequence {
        let number = fields.first?.first ?? 0
        if number == 200 { return .paste }
        if number == 27, fields.count > 2 { return modified(fields[2].first ?? 0, modifier: modifier) }
        return tildeKeys[number].map { .key($0) } ?? .nothing
    }

    /// A key as the protocols of xterm (modifyOtherKeys) and kitty report it, left on by a program before us. Complete
    /// sequences that no terminal sends as a reply.
    private static func modified(_ code: Int, modifier: Int) -> KeySequence {
        guard let value = UInt32(exactly: code), let scalar = Unicode.Scalar(value), value > 0 else { return .nothing }
        let flags = max(0, min(255, modifier) - 1)
        let hasShift = flags & 1 != 0
        let hasControl = flags & 4 != 0
        switch value {
        case 27: return .key(.escape)
        case 13: return .key(.enter)
        case 9: return .key(hasShift ? .backTab : .tab)
        case 127, 8: return .key(.backspace)
        case 0x20...0xd7ff:
            let typed = Character(scalar)
            if hasControl { return .key(.control(typed.lowercased().first ?? typed)) }
            return .key(.character(hasShift ? typed.uppercased().first ?? typed : typed))
        default: return .nothing
        }
    }
}
