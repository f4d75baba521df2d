import Console
import SafetyEngine

/// The one table of all keys of estop.toml, in the order of the example. Keys of one table stand together.
enum SettingTable {
    static let all: [Setting] =
        consoleKeys("desk") + deskKeys + consoleKeys("host") + consoleKeys("stop_file") + consoleKeys("dead_man")
        + consoleKeys("resume") + valuation + orders + cap + exits + supervision + rules + telling + keeping + asking

    /// The keys that the small executable reads too: read by its own table.
    private static func consoleKeys(_ table: String) -> [Setting] {
        Configuration.keys.filter { $0.path.first == table }.map { key in
            Setting(
                path: key.path,
                summary: key.summary,
                example: key.example,
                isForStart: true,
                unit: { _, _ in key.unit },
                written: { draft, _ in key.written(draft.console) },
                shown: { draft, _ in key.written(draft.console) },
                change: { (entry, _, draft) throws(Mistake) in
                    do throws(TOML.Problem) {
                        try key.apply(entry, &draft.console)
                    } catch {
                        throw Mistake(text: error.message)
                    }
                },
                copy: { from, _, draft in
                    switch key.path.first {
                    case "desk": draft.console.desk = from.console.desk
                    case "host": draft.console.host = from.console.host
                    case "stop_file": draft.console.stopFile = from.console.stopFile
                    case "resume": draft.console.resume = from.console.resume
                    default: draft.console.deadMan = from.console.deadMan
                    }
                }
            )
        }
    }

    // MARK: - What the table is asked

    /// A key, and the name that stands for `*`.
    struct Place: Sendable {
        var setting: Setting
        var name: String
        /// The path in the file.
        var path: [String] { setting.path(for: name) }
    }

    /// The key of a path; nil: there is none.
    static func place(_ path: [String]) -> Place? {
        for setting in all {
            if let name = setting.match(path) { return Place(setting: setting, name: name) }
        }
        return nil
    }

    /// Every key of a draft, named tables once for each name, in the order of the example.
    static func places(_ draft: Draft) -> [Place] {
        groups.flatMap { group in
            guard let first = group.first, first.isNamed else { return group.map { Place(setting: $0, name: "") } }
            return draft.names(in: first.path).flatMap { name in
                let rule = draft.rules.first { $0.rule.name == name }
                return group.filter { $0.isFor(rule, in: first.path) }.map { Place(setting: $0, name: name) }
            }
        }
    }

    /// The keys by table.
    static let groups: [[Setting]] = {
        var groups: [[Setting]] = []
        for setting in all {
            if groups.last?.first?.table == setting.table {
                groups[groups.count - 1].append(setting)
            } else {
                groups.append([setting])
            }
        }
        return groups
    }()

    /// Whether a path is a table, and which name of the operator's it has.
    static func table(_ path: [String]) -> (isKnown: Bool, name: String?) {
        for setting in all where setting.path.count > path.count {
            let isThere = zip(setting.path, path).allSatisfy { $0 == "*" || $0 == $1 }
            guard isThere else { continue }
            let star = setting.path.firstIndex(of: "*")
            return (true, star.flatMap { $0 < path.count ? path[$0] : nil })
        }
        return (false, nil)
    }
}

extension Setting {
    /// Whether it is a key of that rule; keys of other tables are for everybody.
    func isFor(_ rule: RuleDraft?, in path: [String]) -> Bool {
        guard path.first == "rules", let rule else { return true }
        return domain == .any || (domain == .builtIn) == rule.isBuiltIn
    }
}
