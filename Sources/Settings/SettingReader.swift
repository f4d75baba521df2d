import Console
import SafetyEngine

/// Reads a document by the table of keys and keeps everything that is wrong with it.
///
/// Invariant (SettingsTests/ReadingTests): with anything wrong there is no reading at all.
struct SettingReader {
    let file: String?
    let builtIn: [Rule]
    var draft: Draft
    private(set) var problems: [ConfigurationError] = []
    private(set) var origins: [[String]: ConfigurationValue.Origin] = [:]
    /// Where a named table is mentioned first.
    private var lines: [[String]: Int] = [:]
    /// Tables that are refused: their keys are not told one by one.
    private var refused: [[String]] = []

    init(file: String?, builtIn: [Rule]) {
        self.file = file
        self.builtIn = builtIn
        draft = Draft(builtIn: builtIn)
    }

    /// Takes all of a document.
    mutating func read(_ document: TOML) {
        var headers = document.headers[...]
        for entry in document.entries {
            while let header = headers.first, header.line <= entry.line { read(headers.removeFirst()) }
            read(entry)
        }
        for header in headers { read(header) }
        check()
    }

    /// Takes what the environment overrides.
    mutating func read(_ environment: Environment) {
        let variable = DeskConfiguration.capVariable
        guard let text = environment[variable] else { return }
        guard let most = Int(text), String(most) == text, let place = SettingTable.place(["cap", "most"]) else {
            return refuseVariable(variable, text)
        }
        let entry = TOML.Entry(path: place.path, value: .integer(Int64(most)), line: 0)
        do {
            try place.setting.change(entry, place.name, &draft)
            origins[place.path] = .variable(variable)
        } catch {
            refuseVariable(variable, text)
        }
    }

    private mutating func refuseVariable(_ name: String, _ text: String) {
        let unit = SettingTable.place(["cap", "most"])?.setting.unit(draft, "") ?? "a whole number"
        let shown = text.count > 40 ? text.prefix(40) + "..." : text[...]
        problems.append(
            ConfigurationError(
                file: nil,
                "the variable \(name) is '\(shown)'; it has to be \(unit): set \(name)=8, or unset it"
            )
        )
    }

    /// What was read.
    ///
    /// - Throws: everything that is wrong.
    func reading() throws(ConfigurationRefusal) -> ConfigurationReading {
        guard problems.isEmpty else {
            throw ConfigurationRefusal(problems.sorted { ($0.line ?? .max) < ($1.line ?? .max) })
        }
        var console = draft.console
        console.file = file
        return ConfigurationReading(console: console, desk: draft.result, builtIn: builtIn, origins: origins)
    }

    mutating func refuse(_ line: Int?, _ problem: String) {
        problems.append(ConfigurationError(file: file, line: line, problem))
    }

    // MARK: - Headers and keys

    private mutating func read(_ header: TOML.Header) {
        let (isKnown, name) = SettingTable.table(header.path)
        guard isKnown else {
            refused.append(header.path)
            if SettingTable.place(header.path) != nil {
                return refuse(header.line, "'\(TOMLText.path(header.path))' is a value, not a table")
            }
            return refuse(header.line, UnknownKey.table(header.path, draft))
        }
        if let name { addName(name, header.path, line: header.line) }
    }

    private mutating func read(_ entry: TOML.Entry) {
        if refused.contains(where: { entry.path.starts(with: $0) }) { return }
        guard let place = SettingTable.place(entry.path) else {
            return refuse(entry.line, UnknownKey.key(entry, draft))
        }
        let setting = place.setting
        if setting.isNamed {
            guard addName(place.name, Array(setting.path(for: place.name)), line: entry.line) else { return }
            let rule = draft.rules.first { $0.rule.name == place.name }
            guard setting.isFor(rule, in: setting.path) else {
                return refuse(entry.line, UnknownKey.domain(setting, entry.path, isBuiltIn: rule?.isBuiltIn ?? false))
            }
        }
        do {
            try setting.change(entry, place.name, &draft)
            origins[entry.path] = .file(line: entry.line)
        } catch {
            refuse(entry.line, error.text)
        }
    }

    /// Adds a name of the operator's; false: it cannot be one.
    @discardableResult
    private mutating func addName(_ name: String, _ path: [String], line: Int) -> Bool {
        let table = path.first ?? ""
        let place = table == "cap" ? path : Array(path.prefix(2))
        guard lines[place] == nil else { return true }
        let isName: Bool
        let wanted: String
        switch table {
        case "cap": (isName, wanted) = (Names.isAccount(name), "\"venue/account\" or \"account\"")
        case "notify": (isName, wanted) = (Names.isTarget(name), "letters, digits, - and _, as [notify.on-call]")
        case "rules": (isName, wanted) = (Names.isRule(name), "capitals, digits and _, as [rules.QUEUE_DEPTH]")
        default: (isName, wanted) = (Names.isName(name), "1 to 64 bytes without control characters")
        }
        guard isName else {
            refused.append(place)
            refuse(line, "'\(TOMLText.path(place))' has a name that it cannot have: write \(wanted)")
            return false
        }
        lines[place] = line
        draft.add(name, to: [table])
        return true
    }

    // MARK: - What only shows when all is read

    /// Whether a key is in the file.
    func isGiven(_ path: String...) -> Bool { origins[path] != nil }

    /// The line of a key, or of its table.
    func line(_ path: String...) -> Int? {
        if case .file(let line) = origins[path] { return line }
        return lines[Array(path.prefix(2))]
    }
}
