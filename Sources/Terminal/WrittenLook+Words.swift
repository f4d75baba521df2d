import Console

extension WrittenLook {
    /// Reads `[COLOUR] [on COLOUR] [ATTRIBUTE]...`.
    ///
    /// - Throws: `ThemeProblem` for the first word that is wrong.
    init(_ entry: ThemeFile.Entry, _ palette: [String: Int32]) throws(ThemeProblem) {
        func problem(_ message: String) -> ThemeProblem { ThemeProblem(line: entry.line, message: message) }
        var isBackground = false
        for word in entry.text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init) {
            if let attribute = LookAttribute(rawValue: word), !isBackground {
                attributes |= attribute.bit
                continue
            }
            if entry.table == .mono {
                let suggestion = Suggestion.nearest(to: word, among: LookAttribute.allCases.map(\.rawValue))
                throw problem(
                    "[mono] has attributes only, and \(WrittenLook.quoted(word)) is none"
                        + WrittenLook.question(suggestion)
                )
            }
            if word == "on", !isBackground, background == nil {
                isBackground = true
                continue
            }
            let color: Color
            if palette[word] != nil {
                color = .named(word)
            } else if let number = TerminalColor.parse(word) {
                color = .number(number)
            } else {
                throw problem(WrittenLook.unknown(word, palette, isBackground: isBackground))
            }
            if isBackground {
                background = color
                isBackground = false
            } else if foreground == nil, background == nil, attributes == 0 {
                foreground = color
            } else {
                throw problem("\(WrittenLook.quoted(word)) is in the wrong place: write COLOUR on COLOUR ATTRIBUTES")
            }
        }
        if isBackground { throw problem("there is no colour after \"on\"") }
    }

    private static func unknown(_ word: String, _ palette: [String: Int32], isBackground: Bool) -> String {
        let colors = palette.keys.sorted() + TerminalColor.names + [TerminalColor.own]
        let attributes = isBackground ? [] : LookAttribute.allCases.map(\.rawValue)
        if word == "blink" { return "\(quoted(word)) is no attribute here: nothing on this screen blinks" }
        if word.hasPrefix("#") { return "\(quoted(word)) is no colour: write # and six hexadecimal digits" }
        if word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return "\(quoted(word)) is no colour: numbers go from 0 to 255"
        }
        let suggestion = Suggestion.nearest(to: word, among: attributes + colors)
        return "unknown \(isBackground ? "colour" : "colour or attribute") \(quoted(word))" + question(suggestion)
    }

    /// A word from a file, in quotes, of bounded length.
    static func quoted(_ word: String) -> String {
        "\"" + (word.count > 40 ? word.prefix(40) + "..." : word[...]) + "\""
    }

    /// ` (did you mean "X"?)`, or nothing.
    static func question(_ suggestion: String?) -> String {
        suggestion.map { " (did you mean \"\($0)\"?)" } ?? ""
    }
}
