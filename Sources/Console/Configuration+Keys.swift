extension Configuration {
    /// The one table of the keys that a halt's executable reads: where each is in the file, what it has to be, and where
    /// it goes. The desk's own table begins with it.
    package struct Key: Sendable {
        package var path: [String]
        /// What it has to be, in words.
        package var unit: String
        /// What it is for, in one line.
        package var summary: String
        /// A value to show where it has none, as TOML.
        package var example: String
        /// The value that a configuration has, as TOML; nil: none.
        package var written: @Sendable (Configuration) -> String?
        package var apply: @Sendable (TOML.Entry, inout Configuration) throws(TOML.Problem) -> Void
    }

    package static let keys: [Key] = [
        Key(
            path: ["desk", "name"],
            unit: "text of 1 to 64 bytes",
            summary: "The desk's name, on screens and in reports.",
            example: "\"kraken-eu\"",
            written: { TOMLText.string($0.desk.name) },
            apply: { (entry, configuration) throws(TOML.Problem) in
                let name = try entry.text(example: "\"kraken-eu\"")
                guard (1...64).contains(name.utf8.count), !VisibleText.hasControls(name) else {
                    throw entry.problem(
                        "has to be 1 to 64 bytes without control characters: write name = \"kraken-eu\""
                    )
                }
                configuration.desk.name = name
            }
        ),
        Key(
            path: ["desk", "paper"],
            unit: "true or false",
            summary: "Only the built-in paper venue is traded; a real desk has to say false.",
            example: "true",
            written: { String($0.desk.isPaper) },
            apply: { (entry, configuration) throws(TOML.Problem) in
                guard case .boolean(let value) = entry.value else {
                    throw entry.wrongKind("paper = true or paper = false")
                }
                configuration.desk.isPaper = value
            }
        ),
        Key(
            path: ["host", "run_dir"],
            unit: "a directory, from the root",
            summary: "Where the shared pages live: a tmpfs. Without it: a directory under /dev/shm.",
            example: "\"/run/estop\"",
            written: { $0.host.runDirectory.map(TOMLText.string) },
            apply: { (entry, configuration) throws(TOML.Problem) in
                configuration.host.runDirectory = try entry.absolutePath(entry.text(example: "\"/run/estop\""))
            }
        ),
        Key(
            path: ["stop_file", "paths"],
            unit: "files, from the root",
            summary: "Further stop files, beside EMERGENCY_STOP in the state directory.",
            example: "[\"/srv/EMERGENCY_STOP\"]",
            written: { TOMLText.strings($0.stopFile.paths) },
            apply: { (entry, configuration) throws(TOML.Problem) in
                let example = "paths = [\"/srv/EMERGENCY_STOP\"]"
                guard case .array(let elements) = entry.value else { throw entry.wrongKind(example) }
                for element in elements {
                    guard case .string(let path) = element else { throw entry.wrongKind(example) }
                    configuration.stopFile.paths.append(try entry.absolutePath(path))
                }
            }
        ),
        Key(
            path: ["dead_man", "limit"],
            unit: "a time from 100ms to 1h, or \"0\": no limit",
            summary: "Gates refuse when the host has not beaten for so long.",
            example: "\"5s\"",
            written: { TOMLText.string(DurationText.text(milliseconds: $0.deadMan.limitMilliseconds)) },
            apply: { (entry, configuration) throws(TOML.Problem) in
                let text = try entry.text(example: "\"5s\"")
                guard let limit = DurationText.milliseconds(text) else {
                    throw entry.problem("is no duration: write limit = \"5s\" (or 250ms, 1m; \"0\": no limit)")
                }
                guard limit == 0 && text == "0" || deadManLimits.contains(limit) else {
                    throw entry.problem("has to be from 100ms to 1h, or \"0\" for no limit: write limit = \"5s\"")
                }
                configuration.deadMan.limitMilliseconds = limit
            }
        ),
        Key(
            path: ["resume", "approvals"],
            unit: "1 or 2",
            summary: "How many operators a resume takes; with 2 one asks, and another confirms within 5 minutes.",
            example: "1",
            written: { String($0.resume.approvals) },
            apply: { (entry, configuration) throws(TOML.Problem) in
                guard case .integer(let value) = entry.value else {
                    throw entry.wrongKind("approvals = 1 or approvals = 2")
                }
                guard value == 1 || value == 2 else {
                    throw entry.problem("has to be 1 or 2: write approvals = 2 to have a second person confirm")
                }
                configuration.resume.approvals = Int(value)
            }
        ),
    ]

    /// What the desk's configuration has besides: whole tables, and keys in the tables above. It is the desk that
    /// checks these; SettingsTests compare this list with its table.
    package static let deskPaths: [[String]] = [
        ["desk", "currency"], ["desk", "day_start"], ["prices"], ["positions"], ["balances"],
        ["account_counts"], ["bounds"], ["venues"], ["conversion"], ["orders"], ["cap"],
        ["dust"], ["exits"], ["reconciliation"], ["supervisors"], ["beats"], ["engine"], ["probation"], ["rules"],
        ["notify"], ["journal"], ["paper"], ["ingest"], ["api"],
    ]

    private static func isOfTheDesk(_ path: [String]) -> Bool { deskPaths.contains { path.starts(with: $0) } }

    mutating func apply(_ entry: TOML.Entry) throws(TOML.Problem) {
        if Configuration.isOfTheDesk(entry.path) { return }
        if let key = Configuration.keys.first(where: { $0.path == entry.path }) {
            try key.apply(entry, &self)
        } else if let table = Configuration.keys.first(where: { $0.path.starts(with: entry.path) }) {
            throw entry.problem("is a table: write [\(entry.name)] and \(table.path.last ?? "") below it")
        } else if let key = Configuration.keys.first(where: { entry.path.starts(with: $0.path) }) {
            throw entry.problem("is not understood: '\(TOMLNames.text(key.path))' is a value, not a table")
        } else if Configuration.isKnown(table: Array(entry.path.dropLast())) {
            let paths = Configuration.keys.map(\.path) + Configuration.deskPaths
            let names = paths.filter { $0.count == 2 && $0.first == entry.path.first }.compactMap(\.last)
            let hint = Suggestion.question(for: entry.path.last ?? "", among: names).map { "; \($0)" } ?? ""
            warn(entry.line, "'\(entry.name)' is not known to this version and changes nothing\(hint)")
        } else if entry.path.count == 1 {
            warn(entry.line, "'\(entry.name)' stands outside of every table and changes nothing")
        } else {
            warnAboutTable(Array(entry.path.dropLast()), line: entry.line)
        }
    }

    mutating func checkHeader(_ header: TOML.Header) {
        if !Configuration.isKnown(table: header.path), !Configuration.isOfTheDesk(header.path) {
            warnAboutTable(header.path, line: header.line)
        }
    }

    private static func isKnown(table: [String]) -> Bool { keys.contains { $0.path.dropLast() == table[...] } }

    /// Warns once about a table, however many keys it has.
    private mutating func warnAboutTable(_ path: [String], line: Int) {
        let tables =
            Configuration.keys.compactMap(\.path.first) + Configuration.deskPaths.filter { $0.count == 1 }.map { $0[0] }
        let first = path.first ?? ""
        let hint = tables.contains(first) ? nil : Suggestion.question(for: first, among: tables)
        let message =
            "[\(TOMLNames.text(path))] is not known to this version and changes nothing"
            + (hint.map { "; \($0)" } ?? "")
        if let known = warnings.firstIndex(where: { $0.message == VisibleText.line(message) }) {
            warnings[known].line = min(warnings[known].line, line)
        } else {
            warn(line, message)
        }
    }

    private mutating func warn(_ line: Int, _ message: String) {
        warnings.append(Warning(line: line, message: VisibleText.line(message)))
    }
}

extension TOML.Entry {
    fileprivate var name: String { TOMLNames.text(path) }

    fileprivate func problem(_ message: String) -> TOML.Problem {
        TOML.Problem(line: line, message: "'\(name)' \(message)")
    }

    fileprivate func wrongKind(_ example: String) -> TOML.Problem {
        problem("is \(value.kind), which it cannot be: write \(example)")
    }

    fileprivate func text(example: String) throws(TOML.Problem) -> String {
        guard case .string(let text) = value else { throw wrongKind("\(path.last ?? "") = \(example)") }
        return text
    }

    /// Where a relative path leads depends on where estop was started: the host and a command would not agree.
    fileprivate func absolutePath(_ path: String) throws(TOML.Problem) -> String {
        guard path.hasPrefix("/") else {
            throw problem("needs a path from the root: write it beginning with / (no ~, no variables)")
        }
        guard !path.utf8.contains(0), path.utf8.count < 4096 else {
            throw problem("is no path that can exist: write another")
        }
        return path
    }
}
