import Console
public import SafetyEngine

/// The commented example of estop.toml: every key with its unit, its default and what it is for.
public enum ConfigurationExample {
    /// The text. Every key stands behind `#` with its default, so that a file begun from it changes nothing.
    ///
    /// - Parameter builtIn: The rules that the engine has by itself.
    public static func text(builtIn: [Rule] = Rule.defaults) -> String {
        let draft = Draft(builtIn: builtIn)
        var out = heading
        for group in SettingTable.groups {
            guard let table = group.first?.table else { continue }
            if table.first == "rules" {
                out += rules(group, draft)
            } else if table.contains("*") {
                out += named(group, table, draft)
            } else {
                out += "\n[\(TOMLText.path(table))]\n"
                for setting in group { out += entry(setting, draft, name: setting.isNamed ? "kraken/main" : "") }
            }
        }
        return out
    }

    private static let heading = """
        # estop.toml: the configuration of a desk. Every key stands here with its default; remove the # before a key to
        # change it. Times are written with their unit: "250ms", "5s", "10m", "24h", "90d". Percentages are percent: 30 is
        # 30 %. Amounts are in the desk's currency. Check the file with: estop config check
        # A host that runs takes a changed file over as a whole, or not at all, and says what changed.

        """

    /// A key with its comment. What is an example, and no default, says so.
    private static func entry(_ setting: Setting, _ draft: Draft, name: String) -> String {
        let value = setting.written(draft, name)
        let start = setting.isForStart ? " Takes effect when the host starts." : ""
        let none = value == nil && !setting.isNamed ? " Not set unless written; for example:" : ""
        return
            "# \(setting.summary)\n# \(setting.unit(draft, name).capitalizedFirst).\(start)\(none)\n"
            + "#\(TOMLText.key(setting.path(for: name).last ?? "")) = \(value ?? setting.example)\n"
    }

    /// A table that the operator names: there is none unless written.
    private static func named(_ group: [Setting], _ table: [String], _ draft: Draft) -> String {
        let name = table.first == "notify" ? "on-call" : "scalper"
        var sample = draft
        sample.add(name, to: table)
        let title = TOMLText.path(table.map { $0 == "*" ? name : $0 })
        var out = "\n# As many of these as you like, each with a name of its own.\n#[\(title)]\n"
        for setting in group {
            let value = setting.written(sample, name) ?? ""
            let isEmpty = ["", "\"\"", "[]", "\"0\""].contains(value) && !setting.example.isEmpty
            // The default kind is webhook, so a command would be refused: shown, but as a comment for good.
            let mark = table.first == "notify" && setting.key == "command" ? "# " : "#"
            out += "# \(setting.summary)\n# \(setting.unit(sample, name).capitalizedFirst).\n"
            out += "\(mark)\(setting.key) = \(isEmpty ? setting.example : value)\n"
        }
        return out
    }

    private static func rules(_ group: [Setting], _ draft: Draft) -> String {
        var out = "\n# Rules. Each key is for all of them, but where it says otherwise.\n"
        for setting in group {
            let only =
                setting.domain == .own ? ", in rules of your own" : setting.domain == .builtIn ? ", built in" : ""
            // What a threshold is counted in differs from rule to rule, and stands there.
            let unit = isThreshold(setting) ? "" : " \(setting.unit(draft, "").capitalizedFirst)."
            out += "#   \(setting.key)\(only): \(setting.summary)\(unit)\n"
        }
        for rule in draft.rules {
            let name = rule.rule.name
            out += "\n[rules.\(TOMLText.key(name))]\n"
            for setting in group where setting.isFor(rule, in: setting.path) {
                guard let value = setting.written(draft, name) else { continue }
                out +=
                    "#\(setting.key) = \(value)" + (isThreshold(setting) ? "  # \(setting.unit(draft, name))\n" : "\n")
            }
        }
        var sample = draft
        sample.add("QUEUE_DEPTH", to: ["rules"])
        let own = sample.rules.last
        out +=
            "\n# A rule of your own, over any metric that is ingested: over, under or at_least.\n#[rules.QUEUE_DEPTH]\n"
        for setting in group where setting.isFor(own, in: setting.path) {
            let mark = ["under", "at_least"].contains(setting.key) ? "# " : "#"
            let value = setting.written(sample, "QUEUE_DEPTH").flatMap { $0 == "\"\"" ? nil : $0 } ?? setting.example
            out += "\(mark)\(setting.key) = \(value)\n"
        }
        return out
    }

    private static func isThreshold(_ setting: Setting) -> Bool {
        setting.key == "kill_at" || Alert.Level.allCases.contains { $0.word.lowercased() == setting.key }
    }
}

extension String {
    /// With a capital at its beginning.
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
