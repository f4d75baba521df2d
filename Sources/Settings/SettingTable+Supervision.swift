import Console
import SafetyEngine

private let second: UInt64 = 1_000
private let minute: UInt64 = 60_000
private let hour: UInt64 = 3_600_000
private let day = TimeText.day

extension SettingTable {
    static let supervision: [Setting] = {
        let supervisors = Shelf<EngineSettings.ExpectedSupervisor>(
            path: ["supervisors", "*"],
            find: { draft, name in draft.desk.engine.supervisors.first { $0.name == name } },
            store: { owner, name, draft in
                guard let place = draft.desk.engine.supervisors.firstIndex(where: { $0.name == name }) else { return }
                draft.desk.engine.supervisors[place] = owner
            }
        )
        let beats = Shelf.table("beats")
        let engine = Shelf.table("engine")
        let probation = Shelf.table("probation")
        return [
            Shelf.table("reconciliation").key(
                "tolerance_percent",
                .percent(Decimal(0)...Decimal(100)),
                \.desk.engine.reconciliationTolerance,
                "How far a venue's own total may be from balance and positions."
            ),
            supervisors.key(
                "interval",
                .time(100...day),
                \.intervalMs,
                example: "\"5s\"",
                "How often it has to beat; it is missed even if it never did."
            ),
            supervisors.key(
                "restart",
                .command,
                \.restart,
                example: "[\"/usr/bin/systemctl\", \"restart\", \"scalper\"]",
                "The command that starts it again when it stalled or died."
            ),
            supervisors.key(
                "backoff",
                .time(100...day),
                \.backoffMs,
                "The wait before the first restart, doubled for each further one."
            ),
            supervisors.key(
                "most_restarts",
                .count(0...1_000, of: "restarts"),
                \.mostRestarts,
                "After so many it is left alone."
            ),
            supervisors.key(
                "feeds",
                .nameOrNothing("a venue's name, or \"\": it is no feed"),
                \.feeds,
                example: "\"kraken\"",
                "It is this venue's feed: while it is silent, rules that it starves stay quiet."
            ),
            beats.key(
                "late_percent",
                .wholePercent(101...100_000),
                \.desk.engine.beats.latePercent,
                "LATE after so much of the interval without a beat."
            ),
            beats.key(
                "stalled_percent",
                .wholePercent(102...100_000),
                \.desk.engine.beats.stalledPercent,
                "STALLED after so much of it."
            ),
            engine.key(
                "stall_after",
                .time(second...hour),
                \.desk.engine.beats.engineStallMs,
                "The engine's own loop counts as stalled after so long without an evaluation."
            ),
            engine.key("stall_halts", .flag, \.desk.engine.beats.engineStallHalts, "Whether its stall halts the desk."),
            probation.key(
                "watch",
                .time(second...30 * day, zero: "no watch"),
                \.desk.engine.probation.watchMs,
                "How long after a resume limits are tighter."
            ),
            probation.key(
                "percent",
                .wholePercent(1...100),
                \.desk.engine.probation.percent,
                "How much of the thresholds of what trading does remains meanwhile; of your own rules, of those that halt."
            ),
            probation.key(
                "paper",
                .time(second...30 * day, zero: "not asked for"),
                \.desk.engine.probation.paperMs,
                "The least time in paper before reduce-only."
            ),
            probation.key(
                "reduce_only",
                .time(second...30 * day, zero: "not asked for"),
                \.desk.engine.probation.reduceOnlyMs,
                "The least time in reduce-only before live."
            ),
        ]
    }()

    static let rules: [Setting] = {
        let rules = Shelf<RuleDraft>(
            path: ["rules", "*"],
            find: { draft, name in draft.rules.first { $0.rule.name == name } },
            store: { owner, name, draft in
                guard let place = draft.rules.firstIndex(where: { $0.rule.name == name }) else { return }
                draft.rules[place] = owner
            }
        )
        return own(rules) + levels(rules) + [
            rules.key("kill", .flag, \.limits.kills, "Whether it halts, at kill_at or at its gravest threshold."),
            rules.key("enabled", .flag, \.rule.isEnabled, "Whether it is evaluated."),
            rules.key(
                "for",
                .time(1...30 * day, zero: "at once"),
                \.rule.forMs,
                "How long a threshold has to be passed without a break."
            ),
            rules.key(
                "confirmations",
                .count(1...10_000, of: "samples"),
                \.rule.confirmations,
                "How many samples in a row have to pass it."
            ),
            rules.key(
                "cooldown",
                .time(1...30 * day, zero: "none"),
                \.rule.cooldownMs,
                "How long after it resolved the same alert is not notified again."
            ),
            rules.key(
                "hold",
                .time(1...30 * day, zero: "none"),
                \.rule.holdMs,
                "How long its value has to be back before its alert is resolved."
            ),
            rules.make(
                "window",
                { _ in .time(second...30 * day) },
                get: { $0.rule.windowMs == 0 ? nil : $0.rule.windowMs },
                set: { $0.rule.windowMs = $1 },
                example: "\"10m\"",
                domain: .builtIn,
                "Over how long a time it looks back, where it does."
            ),
            rules.key(
                "samples",
                .count(1...1_000_000, of: "samples"),
                \.rule.minimumSamples,
                domain: .builtIn,
                "How many readings it needs in the window before it says anything."
            ),
            rules.key("reach", .word, \.rule.reach, "What its halt covers."),
        ]
    }()

    /// The threshold of an operator's rule.
    private static func own(_ rules: Shelf<RuleDraft>) -> [Setting] {
        let kind: @Sendable (RuleDraft?) -> Kind<Decimal> = { _ in RuleUnit.number.kind }
        return [
            rules.key(
                "metric",
                .text("the name of an ingested metric") { Names.isName($0) },
                \.metric,
                example: "\"queue_depth\"",
                domain: .own,
                "The metric that a rule of your own watches."
            ),
            rules.key("over", optional: kind, \.over, example: "100", domain: .own, "It fires above this."),
            rules.key("under", optional: kind, \.under, example: "10", domain: .own, "Or: it fires below this."),
            rules.key(
                "at_least",
                optional: kind,
                \.atLeast,
                example: "5",
                domain: .own,
                "Or: it fires at this and above."
            ),
            rules.key("level", .level, \.level, domain: .own, "How grave that is."),
        ]
    }

    /// The thresholds of a built-in rule.
    private static func levels(_ rules: Shelf<RuleDraft>) -> [Setting] {
        let kind: @Sendable (RuleDraft?) -> Kind<Decimal?> = { RuleUnit.of($0?.rule.measure ?? "").kindOrOff }
        let levels = Alert.Level.allCases.map { level in
            rules.make(
                level.word.lowercased(),
                kind,
                get: { draft in draft.limits[level].map { .some($0) } },
                set: { $0.limits[level] = $1 },
                example: "\"off\"",
                domain: .builtIn,
                "Where it becomes \(level.word)."
            )
        }
        return levels + [
            rules.make(
                "kill_at",
                kind,
                get: { draft in draft.limits.killAt.map { .some($0) } },
                set: { $0.limits.killAt = $1 },
                example: "\"off\"",
                domain: .builtIn,
                "Where it halts, if not at its gravest threshold."
            )
        ]
    }
}
