import SafetyEngine

/// All that is known of one alert, in the order in which somebody who has just been woken up reads it: what it is, whether it
/// halts, what to do, then its history.
enum AlertFacts {
    static func of(_ alert: Alert, _ scene: Scene) -> [Fact] {
        let subject = alert.subject.isEmpty ? "" : " \(alert.subject)"
        let playbook = Playbook.entry(for: alert.rule)
        var facts = [
            Fact("alert", "\(alert.level.word) \(alert.rule)\(subject)", alert.level.role), Fact("what", alert.text),
            Fact("halts", alert.policy.isEmpty ? "no: it does not halt by itself" : alert.policy),
            Fact("means", playbook.meaning),
        ]
        for (index, step) in playbook.steps.enumerated() {
            facts.append(Fact(index == 0 ? "do" : "", "\(index + 1). \(step)"))
        }
        facts.append(acknowledged(alert, scene))
        if !alert.quiet.isEmpty { facts.append(Fact("quiet", alert.quiet, .notice)) }
        return facts + history(alert, scene)
    }

    private static func acknowledged(_ alert: Alert, _ scene: Scene) -> Fact {
        guard let who = alert.acknowledgedBy else {
            return alert.resolvedMs == nil
                ? Fact("acknowledged", "by nobody yet: a acknowledges it", .warning) : Fact("acknowledged", "by nobody")
        }
        guard let until = alert.acknowledgedUntilMs else {
            return Fact("acknowledged", "by \(who), until it is resolved or gets worse")
        }
        guard let now = scene.snapshot.engine?.atMs else { return Fact("acknowledged", "by \(who)") }
        let left = until - min(until, now &+ scene.elapsedMs)
        let time = Age.utc(scene.wallClockMs &+ Int64(clamping: left)).time
        return Fact("acknowledged", "by \(who) until \(time) UTC, \(Age.calm(left)) more")
    }

    private static func history(_ alert: Alert, _ scene: Scene) -> [Fact] {
        let age = scene.aged(alert.ageMs)
        var facts = [Fact("first", "\(scene.time(ago: age)) UTC, \(Age.calm(age)) ago")]
        if let last = alert.lastAgeMs.map({ scene.aged($0) }) {
            facts.append(Fact("last", "\(scene.time(ago: last)) UTC, \(Age.calm(last)) ago"))
        }
        facts.append(Fact("seen", alert.count == 1 ? "once" : "\(alert.count) times"))
        let samples = alert.samples ?? []
        if !samples.isEmpty {
            let texts = samples.map { "\($0.value) at \(scene.time(ago: scene.aged($0.ageMs)))" }
            facts.append(Fact("samples", texts.joined(separator: ", ")))
        }
        facts.append(Fact("id", alert.id))
        return facts
    }
}
