import Console
import SafetyEngine

/// A configuration while it is read: the switch's part, the desk's part, and the rules as estop.toml names them.
struct Draft: Sendable {
    var console: Configuration
    var desk: DeskConfiguration
    var rules: [RuleDraft]

    /// A configuration taken apart.
    ///
    /// - Parameter builtIn: the rules that the engine has by itself.
    init(_ desk: DeskConfiguration, _ console: Configuration, builtIn: [Rule]) {
        self.desk = desk
        self.console = console
        rules = desk.engine.rules.map { rule in
            RuleDraft(rule, isBuiltIn: builtIn.contains { $0.name == rule.name })
        }
    }

    /// The defaults.
    init(builtIn: [Rule]) {
        var desk = DeskConfiguration()
        desk.engine.rules = builtIn
        self.init(desk, Configuration(), builtIn: builtIn)
    }

    /// The configuration put together again.
    var result: DeskConfiguration {
        var result = desk
        result.engine.deskName = console.desk.name
        result.engine.isPaper = console.desk.isPaper
        result.engine.rules = rules.map(\.result)
        return result
    }

    // MARK: - Names that the operator chooses

    /// The names in a table such as [supervisors.*].
    func names(in table: [String]) -> [String] {
        switch table.first {
        case "supervisors": desk.engine.supervisors.map(\.name)
        case "notify": desk.notify.targets.map(\.name)
        case "rules": rules.map(\.rule.name)
        case "venues": desk.engine.settleByVenue.keys.sorted()
        case "cap": desk.engine.cap.mostByAccount.keys.sorted()
        default: []
        }
    }

    /// Adds a name with nothing but defaults; nothing happens when it is there, or when its one value adds it.
    mutating func add(_ name: String, to table: [String]) {
        guard !names(in: table).contains(name) else { return }
        switch table.first {
        case "supervisors": desk.engine.supervisors.append(.init(name: name, intervalMs: 0))
        case "notify": desk.notify.targets.append(.init(name: name, kind: .webhook))
        case "rules": rules.append(RuleDraft(name))
        default: break
        }
    }
}

/// A rule while it is read.
struct RuleDraft: Sendable, Equatable {
    /// Everything but the steps.
    var rule: Rule
    /// Whether the engine has it by itself; else it is the operator's.
    let isBuiltIn: Bool
    /// The steps of a built-in rule.
    var limits: RuleLimits
    /// The one step of an operator's rule.
    var threshold: Decimal?
    var level = Alert.Level.warning

    /// Takes a rule apart.
    init(_ rule: Rule, isBuiltIn: Bool) {
        self.rule = rule
        self.isBuiltIn = isBuiltIn
        limits = RuleLimits(rule.steps)
        if !isBuiltIn, let step = rule.steps.first {
            threshold = step.threshold
            level = step.level
        }
    }

    /// A rule of the operator's that has nothing yet.
    init(_ name: String) { self.init(Rule(name, measure: RuleDraft.prefix, .over, steps: []), isBuiltIn: false) }

    /// What measures begin with that are ingested metrics.
    static let prefix = "metric:"

    /// The rule put together again.
    var result: Rule {
        var result = rule
        if !isBuiltIn {
            result.steps = threshold.map { [Rule.Step($0, level, kills: limits.kills)] } ?? []
        } else if limits != RuleLimits(rule.steps) {
            result.steps = limits.steps
        }
        return result
    }

    /// The ingested metric that an operator's rule watches.
    var metric: String {
        get { rule.measure.hasPrefix(RuleDraft.prefix) ? String(rule.measure.dropFirst(RuleDraft.prefix.count)) : "" }
        set { rule.measure = RuleDraft.prefix + newValue }
    }

    /// An operator's threshold, if it compares so.
    private func threshold(_ comparison: Rule.Comparison) -> Decimal? {
        rule.comparison == comparison ? threshold : nil
    }

    private mutating func compare(_ comparison: Rule.Comparison, _ threshold: Decimal?) {
        guard let threshold else { return }
        rule.comparison = comparison
        self.threshold = threshold
    }

    var over: Decimal? {
        get { threshold(.over) }
        set { compare(.over, newValue) }
    }

    var under: Decimal? {
        get { threshold(.under) }
        set { compare(.under, newValue) }
    }

    var atLeast: Decimal? {
        get { threshold(.atLeast) }
        set { compare(.atLeast, newValue) }
    }
}
