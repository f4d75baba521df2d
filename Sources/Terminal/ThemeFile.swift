import Console
import Dashboard

/// One theme file as it is written, before what it inherits is known.
struct ThemeFile {
    /// Where a look stands.
    enum Table: String, Equatable {
        /// At the top: for all depths.
        case all = ""
        case sixteen
        case mono
    }

    /// A role's entry.
    struct Entry: Equatable {
        var table: Table
        var role: Role
        var text: String
        var line: Int
    }

    /// The theme that it is based on and the line that says so; nil: `default`.
    var parent: (name: String, line: Int)?
    /// Colours by their names: 0 to 255, or -1.
    var palette: [String: Int32] = [:]
    /// In the order of the file.
    var looks: [Entry] = []

    private static let tables = ["palette", Table.sixteen.rawValue, Table.mono.rawValue]
    private static let roles = Dictionary(Role.allCases.map { ($0.name, $0) }) { first, _ in first }
    /// What stands at the top besides roles.
    private static let inherits = "inherits"

    /// Reads the bytes of a file.
    ///
    /// - Throws: `ThemeProblem` with the line of the first thing that is wrong; never traps, whatever the bytes.
    init(_ bytes: some Collection<UInt8>) throws(ThemeProblem) {
        let document: TOML
        do {
            document = try TOML(bytes)
        } catch {
            throw ThemeProblem(line: error.line, message: error.message)
        }
        // In the order of the lines, so that the first mistake is named.
        var headers = document.headers[...]
        for entry in document.entries {
            while let header = headers.first, header.line <= entry.line { try check(headers.removeFirst()) }
            try apply(entry)
        }
        for header in headers { try check(header) }
    }

    private func check(_ header: TOML.Header) throws(ThemeProblem) {
        guard header.path.count != 1 || !ThemeFile.tables.contains(header.path[0]) else { return }
        throw ThemeFile.unknownTable(header.path, line: header.line)
    }

    private mutating func apply(_ entry: TOML.Entry) throws(ThemeProblem) {
        let path = entry.path
        let name = path[path.count - 1]
        func problem(_ message: String) -> ThemeProblem { ThemeProblem(line: entry.line, message: message) }
        guard path.count <= 2 else { throw ThemeFile.unknownTable(Array(path.dropLast()), line: entry.line) }
        if path.count == 2, path[0] == ThemeFile.tables[0] {
            try define(name, entry)
            return
        }
        guard let table = Table(rawValue: path.count == 2 ? path[0] : "") else {
            throw ThemeFile.unknownTable([path[0]], line: entry.line)
        }
        if table == .all, name == ThemeFile.inherits {
            guard case .string(let parent) = entry.value else {
                throw problem("\(ThemeFile.inherits) is the name of a theme in quotes, not \(entry.value.kind)")
            }
            self.parent = (parent, entry.line)
            return
        }
        guard let role = ThemeFile.roles[name] else {
            let known = ThemeFile.roles.keys.sorted() + (table == .all ? [ThemeFile.inherits] : [])
            throw problem(
                "unknown role \(WrittenLook.quoted(name))"
                    + WrittenLook.question(Suggestion.nearest(to: name, among: known))
            )
        }
        guard case .string(let text) = entry.value else {
            throw problem("a role's look is text in quotes, not \(entry.value.kind)")
        }
        looks.append(Entry(table: table, role: role, text: text, line: entry.line))
    }

    /// Enters a name of the palette.
    private mutating func define(_ name: String, _ entry: TOML.Entry) throws(ThemeProblem) {
        func problem(_ message: String) -> ThemeProblem { ThemeProblem(line: entry.line, message: message) }
        // What every file means by a word must not depend on a palette.
        let isTaken = TerminalColor.parse(name) != nil || LookAttribute(rawValue: name) != nil || name == "on"
        guard !isTaken else {
            throw problem("\(WrittenLook.quoted(name)) has a meaning already: choose another name for the colour")
        }
        guard !name.isEmpty, !name.contains(where: { $0 == " " || $0 == "\t" }) else {
            throw problem("\(WrittenLook.quoted(name)) is no name for a colour: write one word")
        }
        let text: String
        switch entry.value {
        case .string(let string): text = string
        case .integer(let number): text = String(number)
        default: throw problem("a colour is \"#rrggbb\" or a number from 0 to 255, not \(entry.value.kind)")
        }
        guard let color = TerminalColor.parse(text) else {
            let known = TerminalColor.names + [TerminalColor.own]
            throw problem(
                "unknown colour \(WrittenLook.quoted(text)), write \"#rrggbb\" or a number from 0 to 255"
                    + WrittenLook.question(Suggestion.nearest(to: text, among: known))
            )
        }
        palette[name] = color
    }

    private static func unknownTable(_ path: [String], line: Int) -> ThemeProblem {
        let name = path.joined(separator: ".")
        let suggestion = Suggestion.nearest(to: name, among: tables)
        return ThemeProblem(
            line: line,
            message: "unknown table \(WrittenLook.quoted(name))" + WrittenLook.question(suggestion)
        )
    }
}
