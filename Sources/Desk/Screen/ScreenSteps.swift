import KillSwitch
import SafetyEngine

/// The steps of a halt as JSON.
enum ScreenSteps {
    private typealias Step = DeskSnapshot.HaltSteps.Step

    private static var names: [(String, WritableKeyPath<DeskSnapshot.HaltSteps, Step>)] {
        [
            ("key", \.key), ("page", \.page), ("disk", \.disk), ("gates", \.gates), ("orders", \.orders),
            ("verified", \.verified),
        ]
    }

    static func json(of steps: DeskSnapshot.HaltSteps) -> JSON {
        .object(
            names.map { .init($0.0, json(of: steps[keyPath: $0.1])) } + [
                .init("acknowledged", .number(steps.acknowledged)), .init("open", .number(steps.open)),
                .init("waiting_for", .array(steps.waitingFor.map { .string($0) })),
            ]
        )
    }

    static func steps(_ json: JSON) -> DeskSnapshot.HaltSteps? {
        var steps = DeskSnapshot.HaltSteps()
        for (name, path) in names {
            guard let step = json[name].flatMap(step) else { return nil }
            steps[keyPath: path] = step
        }
        guard let acknowledged = json["acknowledged"]?.integer.flatMap({ Int(exactly: $0) }),
            let open = json["open"]?.integer.flatMap({ Int(exactly: $0) }), let waiting = json["waiting_for"]?.array
        else { return nil }
        steps.acknowledged = acknowledged
        steps.open = open
        steps.waitingFor = waiting.compactMap(\.string)
        return steps
    }

    private static func json(of step: Step) -> JSON {
        let (state, ms, text): (String, Double?, String?) =
            switch step {
            case .empty: ("empty", nil, nil)
            case .pending(let ms): ("pending", ms, nil)
            case .done(let ms): ("done", ms, nil)
            case .past: ("past", nil, nil)
            case .alarm(let text): ("alarm", nil, text)
            case .notApplicable(let text): ("not_applicable", nil, text)
            }
        var members: [JSON.Member] = [.init("state", .string(state))]
        if let ms { members.append(.init("ms", ScreenCodec.real(ms))) }
        if let text { members.append(.init("text", .string(text))) }
        return .object(members)
    }

    private static func step(_ json: JSON) -> Step? {
        let ms = ScreenCodec.real(json["ms"])
        switch json["state"]?.string {
        case "empty": return .empty
        case "pending": return ms.map { .pending(ms: $0) }
        case "done": return ms.map { .done(ms: $0) }
        case "past": return .past
        case "alarm": return json["text"]?.string.map { .alarm($0) }
        case "not_applicable": return json["text"]?.string.map { .notApplicable($0) }
        default: return nil
        }
    }
}
