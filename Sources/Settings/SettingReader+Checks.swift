import Console
import SafetyEngine

/// What only shows when all keys are read: what is missing, and what cannot be together.
extension SettingReader {
    mutating func check() {
        let beats = draft.desk.engine.beats
        if beats.stalledPercent <= beats.latePercent {
            let given = isGiven("beats", "stalled_percent") ? "stalled_percent" : "late_percent"
            refuse(
                line("beats", given),
                "'beats.stalled_percent' (\(beats.stalledPercent)) has to be above late_percent (\(beats.latePercent)): "
                    + "write stalled_percent = \(beats.latePercent * 2)"
            )
        }
        for supervisor in draft.desk.engine.supervisors where !isGiven("supervisors", supervisor.name, "interval") {
            missing(["supervisors", supervisor.name], "interval = \"5s\"")
        }
        for target in draft.desk.notify.targets { check(target) }
        for rule in draft.rules {
            if rule.isBuiltIn { checkBuiltIn(rule) } else { checkOwn(rule) }
        }
    }

    private mutating func missing(_ table: [String], _ wanted: String) {
        // A key that is there and wrong is told already.
        let key = wanted.prefix { $0 != " " }
        guard !problems.contains(where: { $0.problem.hasPrefix("'\(TOMLText.path(table + [String(key)]))'") }) else {
            return
        }
        refuse(line(table[0], table[1]), "[\(TOMLText.path(table))] has no \(key): write \(wanted) below it")
    }

    private mutating func check(_ target: DeskConfiguration.Notify.Target) {
        let table = ["notify", target.name]
        guard isGiven("notify", target.name, "kind") else {
            return missing(table, "kind = \"webhook\"")
        }
        let needsCommand = target.kind == .command
        if needsCommand, target.command.isEmpty { missing(table, "command = [\"/usr/local/bin/page-me\"]") }
        if !needsCommand, target.url.isEmpty { missing(table, "url = \"https://hooks.example.com/estop\"") }
        let useless = needsCommand ? "url" : "command"
        if isGiven("notify", target.name, useless) {
            refuse(
                line("notify", target.name, useless),
                "'\(TOMLText.path(table + [useless]))' has no use for kind = \"\(target.kind.rawValue)\": leave it out"
            )
        }
        for name in target.rules where !draft.rules.contains(where: { $0.rule.name == name }) {
            let hint = Suggestion.question(for: name, among: draft.rules.map(\.rule.name)).map { "; \($0)" } ?? ""
            refuse(
                line("notify", target.name, "rules"),
                "'\(TOMLText.path(table + ["rules"]))': there is no rule \(name)\(hint)"
            )
        }
    }

    private mutating func checkBuiltIn(_ rule: RuleDraft) {
        let name = rule.rule.name
        guard let standard = builtIn.first(where: { $0.name == name }) else { return }
        if standard.windowMs == 0, isGiven("rules", name, "window") {
            refuse(
                line("rules", name, "window"),
                "'rules.\(name).window' has no use: this rule looks back over no time: leave it out"
            )
        }
        guard rule.limits != RuleLimits(standard.steps) else { return }
        if isGiven("rules", name, "kill_at"), rule.limits.killAt != nil, !rule.limits.kills,
            !isGiven("rules", name, "kill")
        {
            refuse(
                line("rules", name, "kill_at"),
                "'rules.\(name).kill_at' halts nothing while kill is false: write kill = true below it, or kill = false if "
                    + "that is meant"
            )
        }
        let write = RuleUnit.of(rule.rule.measure).kind.write
        if let problem = rule.limits.problem(rule.rule.comparison, of: rule.rule.measure, write: write) {
            let keys = Alert.Level.allCases.map { $0.word.lowercased() } + ["kill_at"]
            let given = keys.compactMap { isGiven("rules", name, $0) ? line("rules", name, $0) : nil }
            refuse(given.max() ?? line("rules", name), "'rules.\(name)' \(problem)")
        }
    }

    private mutating func checkOwn(_ rule: RuleDraft) {
        let name = rule.rule.name
        guard isGiven("rules", name, "metric") else {
            guard !problems.contains(where: { $0.problem.hasPrefix("'rules.\(name).metric'") }) else { return }
            let hint = Suggestion.question(for: name, among: builtIn.map(\.name)).map { "; \($0)" } ?? ""
            return refuse(
                line("rules", name),
                "[rules.\(name)] is no built-in rule\(hint); a rule of your own needs metric = \"queue_depth\" below it"
            )
        }
        let given = ["over", "under", "at_least"].filter { isGiven("rules", name, $0) }
        if given.isEmpty { return missing(["rules", name], "over = 100") }
        if given.count > 1 {
            refuse(
                given.compactMap { line("rules", name, $0) }.max(),
                "[rules.\(name)] has \(given.joined(separator: " and ")): write one of them, and a second rule for the other"
            )
        }
    }
}
