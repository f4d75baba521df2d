import SafetyEngine

/// A built-in rule's steps as estop.toml names them: one threshold to a level, and where it halts.
///
/// Invariant (SettingsTests/RuleLimitsTests): limits taken from steps and turned back into steps are the same steps.
struct RuleLimits: Sendable, Equatable {
    /// By level, the mildest first.
    var thresholds: [Decimal?] = Array(repeating: nil, count: Alert.Level.allCases.count)
    /// Where it halts; nil: at the gravest threshold.
    var killAt: Decimal?
    /// How grave passing `killAt` is, where no level has that threshold.
    var killLevel = Alert.Level.emergency
    /// Whether it halts.
    var kills = false

    /// Takes steps apart.
    init(_ steps: [Rule.Step]) {
        for step in steps {
            if thresholds[step.level.rawValue] == nil {
                thresholds[step.level.rawValue] = step.threshold
            } else {
                killAt = step.threshold
                killLevel = step.level
            }
        }
        guard let first = steps.first(where: \.kills) else { return }
        kills = true
        if killAt == nil, first != steps.last { killAt = first.threshold }
    }

    /// A level's threshold; nil: it has none.
    subscript(level: Alert.Level) -> Decimal? {
        get { thresholds[level.rawValue] }
        set { thresholds[level.rawValue] = newValue }
    }

    /// The steps, from the mildest to the gravest. From where it halts on, every step halts.
    var steps: [Rule.Step] {
        var steps = Alert.Level.allCases.compactMap { level in self[level].map { Rule.Step($0, level) } }
        guard let last = steps.indices.last else { return [] }
        if let killAt {
            if let place = steps.firstIndex(where: { $0.threshold == killAt }) {
                for later in place...last { steps[later].kills = kills }
            } else {
                steps.append(Rule.Step(killAt, killLevel, kills: kills))
            }
        } else {
            steps[last].kills = kills
        }
        return steps
    }

    /// What cannot be: no threshold, one that nothing can pass or that everything passes, or thresholds out of order; nil: all is well.
    func problem(_ comparison: Rule.Comparison, of measure: String, write: (Decimal) -> String) -> String? {
        let steps = steps
        guard !steps.isEmpty else { return "has no threshold left: write enabled = false to turn the rule off" }
        if let problem = unreachable(steps, comparison, of: measure, write: write) { return problem }
        for (milder, graver) in zip(steps, steps.dropFirst()) {
            let isPast =
                comparison == .under ? graver.threshold < milder.threshold : graver.threshold > milder.threshold
            guard !isPast else { continue }
            let word = comparison == .under ? "below" : "above"
            return
                "cannot fire so: \(name(graver)) (\(write(graver.threshold))) has to be \(word) \(name(milder)) (\(write(milder.threshold)))"
        }
        return nil
    }

    /// A threshold that no value passes, or every one; nil: there is none.
    private func unreachable(
        _ steps: [Rule.Step],
        _ comparison: Rule.Comparison,
        of measure: String,
        write: (Decimal) -> String
    ) -> String? {
        guard let bounds = Measure(rawValue: measure)?.bounds else { return nil }
        let (mildest, worst) = comparison == .under ? (bounds.most, bounds.least) : (bounds.least, bounds.most)
        for step in steps {
            let threshold = "\(name(step)) (\(write(step.threshold)))"
            let (more, less) = comparison == .under ? ("below", "above") : ("above", "below")
            if let worst, !comparison.isPassed(worst, step.threshold) {
                return
                    "cannot fire so: \(threshold) is never passed, because \(measure) is never \(more) \(write(worst))"
            }
            if let mildest, comparison.isPassed(mildest, step.threshold) {
                return
                    "fires always so: \(threshold) is passed by every value, because \(measure) is never \(less) \(write(mildest))"
            }
        }
        return nil
    }

    /// How the file calls a step.
    private func name(_ step: Rule.Step) -> String {
        self[step.level] == step.threshold ? step.level.word.lowercased() : "kill_at"
    }
}
