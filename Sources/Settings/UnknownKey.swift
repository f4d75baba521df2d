import Console
import SafetyEngine

/// What is said about keys and tables that are not in the table, with the nearest that is.
enum UnknownKey {
    private static let tables: [[String]] = SettingTable.groups.compactMap { $0.first?.table }

    /// About a header.
    static func table(_ path: [String], _ draft: Draft) -> String {
        "[\(TOMLText.path(path))] is no table of estop.toml" + nearestTable(path)
    }

    /// About a key.
    static func key(_ entry: TOML.Entry, _ draft: Draft) -> String {
        let path = entry.path
        let name = "'\(TOMLText.path(path))'"
        if SettingTable.table(path).isKnown {
            let first = SettingTable.all.first { setting in
                setting.path.count > path.count && zip(setting.path, path).allSatisfy { $0 == "*" || $0 == $1 }
            }
            let below =
                first.map { TOMLText.key($0.path[path.count] == "*" ? "NAME" : $0.path[path.count]) } ?? "its keys"
            return "\(name) is a table: write [\(TOMLText.path(path))] and \(below) below it"
        }
        for length in stride(from: path.count - 1, to: 0, by: -1)
        where SettingTable.place(Array(path.prefix(length))) != nil {
            return "\(name) is not understood: '\(TOMLText.path(Array(path.prefix(length))))' is a value, not a table"
        }
        let table = Array(path.dropLast())
        let key = path.last ?? ""
        if table.isEmpty {
            let home = SettingTable.all.first { $0.key == key && !$0.isNamed }
            let hint = home.map { ": write it below [\(TOMLText.path($0.table))]" } ?? nearestTable(path)
            return "\(name) stands outside of every table\(hint)"
        }
        guard SettingTable.table(table).isKnown else {
            return "\(name) is in no table of estop.toml" + nearestTable(table)
        }
        return "\(name) is no key of [\(TOMLText.path(table))]" + nearestKey(key, in: table, draft)
    }

    /// About a key that is for the other sort of rules.
    static func domain(_ setting: Setting, _ path: [String], isBuiltIn: Bool) -> String {
        let name = path.count > 1 ? path[1] : ""
        if isBuiltIn {
            return
                "'\(TOMLText.path(path))' is for rules of your own, and \(name) is built in: write info, warning, critical, emergency or kill_at"
        }
        return
            "'\(TOMLText.path(path))' is for built-in rules, and \(name) is none: write over, under or at_least, and level"
    }

    private static func nearestKey(_ key: String, in table: [String], _ draft: Draft) -> String {
        let rule = draft.rules.first { table.count > 1 && $0.rule.name == table[1] }
        let own = SettingTable.all.filter { setting in
            setting.table.count == table.count && zip(setting.table, table).allSatisfy { $0 == "*" || $0 == $1 }
                && setting.isFor(rule, in: setting.path)
        }
        let names = own.map(\.key).filter { $0 != "*" }
        if let question = Suggestion.question(for: key, among: names) { return "; \(question)" }
        if let home = SettingTable.all.first(where: { $0.key == key && !$0.isNamed && $0.table != table }) {
            return "; did you mean \(TOMLText.path(home.path))?"
        }
        return "; it has " + names.joined(separator: ", ")
    }

    private static func nearestTable(_ path: [String]) -> String {
        let first = path.first ?? ""
        let firsts = tables.compactMap(\.first)
        // A wrong name within a known table: the nearest of those that stand in it.
        if firsts.contains(first), path.count > 1 {
            let inner = tables.filter { $0.count > 1 && $0[0] == first && $0[1] != "*" }.map { $0[1] }
            if let nearest = Suggestion.nearest(to: path[1], among: inner) {
                return "; did you mean [\(first).\(nearest)]?"
            }
            if !inner.isEmpty { return "; there are " + inner.map { "[\(first).\($0)]" }.joined(separator: ", ") }
        }
        if let nearest = Suggestion.nearest(to: first, among: firsts) {
            let rest = [nearest] + path.dropFirst()
            return "; did you mean [\(TOMLText.path(SettingTable.table(rest).isKnown ? rest : [nearest]))]?"
        }
        var seen: [String] = []
        for name in firsts where !seen.contains(name) { seen.append(name) }
        return "; there are " + seen.map { "[\($0)]" }.joined(separator: ", ")
    }
}
