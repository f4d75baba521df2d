/// Texts cut to a limit between characters, with a mark where something is missing.
enum Cut {
    private static let mark = "…"

    /// The text, or as much of its beginning as fits into so many bytes of UTF-8, the mark included.
    static func to(_ limit: Int, _ text: String) -> String {
        text.utf8.count <= limit ? text : to(limit, text, size: { $0.utf8.count }, as: { String($0) })
    }

    /// The text written by `write`, character by character, or as much as fits into so many UTF-16 units. Services count
    /// characters in one way or another; none counts more than these.
    static func to(_ limit: Int, units text: String, as write: (Character) -> String) -> String {
        to(limit, text, size: { $0.utf16.count }, as: write)
    }

    private static func to(
        _ limit: Int,
        _ text: String,
        size: (String) -> Int,
        as write: (Character) -> String
    ) -> String {
        var out = ""
        // Where to cut if the rest does not fit, in bytes of `out`: the mark has to fit too.
        var fitting = 0
        var length = 0
        for character in text {
            let piece = write(character)
            length += size(piece)
            if length > limit {
                return size(mark) <= limit ? String(decoding: out.utf8.prefix(fitting), as: UTF8.self) + mark : ""
            }
            out += piece
            if length + size(mark) <= limit { fitting = out.utf8.count }
        }
        return out
    }

    /// An identity of at most so many bytes: a long one keeps its beginning and is told apart by a checksum (FNV-1a).
    static func identity(_ limit: Int, _ text: String) -> String {
        guard text.utf8.count > limit else { return text }
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return to(limit - 17, text) + "#" + String(sum, radix: 16)
    }
}
