/// What a line typed into the plain watch asks for.
enum WatchWord: Equatable {
    /// Halt, for a reason; empty: none given.
    case halt(reason: String)
    /// Say all again.
    case status
    /// Asks for a resume, which is not made here.
    case resume
    /// Which words there are.
    case help
    /// End the watch.
    case quit
    /// An empty line.
    case nothing
    /// Anything else.
    case unknown(String)

    /// Reads a line. Whatever could be meant as a halt is one: the first word counts, in any case and whatever
    /// punctuation is around it, also behind `estop`.
    init(_ line: String) {
        var rest = line[...]
        var word = WatchWord.takeWord(&rest)
        if word == "estop" { word = WatchWord.takeWord(&rest) }
        switch word {
        case "halt", "stop", "kill", "activate", "k": self = .halt(reason: WatchWord.reason(rest))
        case "status": self = .status
        case "resume", "deactivate": self = .resume
        case "help", "h": self = .help
        case "quit", "exit", "q": self = .quit
        case "": self = line.contains("?") ? .help : .nothing
        default: self = .unknown(word)
        }
    }

    /// The next run of letters and digits, in lower case; what stands before it is skipped.
    private static func takeWord(_ rest: inout Substring) -> String {
        rest = rest.drop { !$0.isLetter && !$0.isNumber }
        let word = rest.prefix { $0.isLetter || $0.isNumber }
        rest = rest.dropFirst(word.count)
        return word.lowercased()
    }

    private static func reason(_ rest: Substring) -> String {
        func isAround(_ character: Character) -> Bool {
            character.isWhitespace || "\"'!.,:;-".contains(character)
        }
        var reason = rest.drop(while: isAround)
        while let last = reason.last, last.isWhitespace || last == "\"" || last == "'" { reason.removeLast() }
        return String(reason)
    }

    /// How to halt, and the other words.
    static let howTo = "type halt and press Enter to halt all trading at once; other words: status, resume, help, quit"
}
