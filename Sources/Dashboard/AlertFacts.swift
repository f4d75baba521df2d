import SafetyEngine

/// All that is known of one alert, in the order in which somebody who has just been woken up reads it: what it is, whether it
/// halts, what to do, then its history.
enum AlertFacts {
    static func of(_ alert: Alert, _ scene: Scene) -> [Fact] {
        let subject = alert.subject.isEmpty ? "" : " \(alert.subject)"
        let playbook = Playbook.entry(for: alert.rule)
        var facts = [
            Fact("alert", "\(alert.level.word) \(alert.rule)\(subject)", alert.level.role),
            Fact("what", what(alert, playbook)),
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

    /// What happened, without what the playbook says of it below.
    private static func what(_ alert: Alert, _ playbook: Playbook) -> String {
        var text = alert.text
        for part in [playbook.meaning, playbook.steps.first ?? ""] { text = removing(part, from: text) }
        return text.isEmpty ? alert.text : text
    }

    private static func removing(_ part: String, from text: String) -> String {
        guard !part.isEmpty else { return text }
        var place = text.startIndex
        while place < text.endIndex, !text[place...].hasPrefix(part) { place = text.index(after: place) }
        guard place < text.endIndex else { return text }
        let after = text[place...].dropFirst(part.count)
        return Text.trimmed(Text.trimmed(text[..<place]) + " " + Text.trimmed(after))
    }

    /// The last values, one after another; a value that stays is said once.
    private static func samples(_ alert: Alert, _ scene: Scene) -> String {
        var runs: [(value: String, ageMs: UInt64, count: Int)] = []
        for sample in alert.samples ?? [] {
            if let last = runs.last, last.value == sample.value {
                runs[runs.count - 1] = (last.value, sample.ageMs, last.count + 1)
            } else {
                runs.append((sample.value, sample.ageMs, 1))
            }
        }
        return runs.map { run in
            "\(run.value) at \(scene.time(ago: scene.aged(run.ageMs)))" + (run.count > 1 ? " (\(run.count)x)" : "")
        }.joined(separator: ", ")
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
        let samples = samples(alert, scene)
        if !samples.isEmpty { facts.append(Fact("samples", samples)) }
        facts.append(Fact("id", alert.id))
        return facts
    }
}
