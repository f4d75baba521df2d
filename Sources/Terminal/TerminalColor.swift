/// The 256 colours that xterm and its kin number, and the eight that every colour terminal has.
enum TerminalColor {
    /// The names of the first eight, by number.
    static let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
    /// The name of whatever the terminal draws with when it is told nothing; -1 for curses.
    static let own = "terminal"

    /// Red, green and blue from 0 to 255. Of the first sixteen, which every terminal sets as it likes, xterm's.
    static func components(_ number: Int32) -> (red: Int32, green: Int32, blue: Int32) {
        switch number {
        case 16..<232:
            let rest = number - 16
            return (level(rest / 36), level(rest / 6 % 6), level(rest % 6))
        case 232..<256:
            let grey = 8 + 10 * (number - 232)
            return (grey, grey, grey)
        case 7: return (229, 229, 229)
        case 8: return (127, 127, 127)
        case 12: return (92, 92, 255)
        default:
            let high: Int32 = number < 8 ? 205 : 255
            let blue: Int32 = number == 4 ? 238 : high
            return (number & 1 == 0 ? 0 : high, number & 2 == 0 ? 0 : high, number & 4 == 0 ? 0 : blue)
        }
    }

    private static func level(_ step: Int32) -> Int32 { step == 0 ? 0 : 55 + 40 * step }

    /// The nearest of the colours 16 to 255, which are the same everywhere.
    static func nearest(red: Int32, green: Int32, blue: Int32) -> Int32 {
        nearest((red, green, blue), among: 16..<256)
    }

    /// The nearest of the first eight; -1 for -1. Greys become black or white: in numbers yellow may be nearer, to
    /// the eye it is not.
    static func nearestOfEight(_ number: Int32) -> Int32 {
        guard number >= 8 else { return number }
        let color = components(number)
        let (low, high) = (min(color.red, color.green, color.blue), max(color.red, color.green, color.blue))
        if high - low < 48 { return low + high < 256 ? 0 : 7 }
        return nearest(color, among: 0..<8)
    }

    private static func nearest(
        _ wanted: (red: Int32, green: Int32, blue: Int32),
        among numbers: Range<Int32>
    ) -> Int32 {
        func distance(_ number: Int32) -> Int32 {
            let color = components(number)
            let red = color.red - wanted.red
            let green = color.green - wanted.green
            let blue = color.blue - wanted.blue
            return red * red + green * green + blue * blue
        }
        return numbers.min { distance($0) < distance($1) } ?? -1
    }

    /// The colour that a word names: `terminal`, one of the eight names, a number from 0 to 255 or `#rrggbb`; nil when
    /// it is none of these.
    static func parse(_ word: String) -> Int32? {
        if word == own { return -1 }
        if let index = names.firstIndex(of: word) { return Int32(index) }
        let bytes = Array(word.utf8)
        if bytes.first == UInt8(ascii: "#") {
            guard bytes.count == 7, bytes.dropFirst().allSatisfy({ isHexDigit($0) }),
                let value = Int32(word.dropFirst(), radix: 16)
            else { return nil }
            return nearest(red: value >> 16, green: value >> 8 & 0xff, blue: value & 0xff)
        }
        guard (1...3).contains(bytes.count), bytes.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int32(word),
            number < 256
        else { return nil }
        return number
    }

    /// Not a sign, which `Int32(_:radix:)` takes as well.
    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
