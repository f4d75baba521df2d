/// A resume that one operator asked for and that waits for another to confirm it, as people see it.
public struct WaitingResume: Sendable, Equatable {
    /// How long it waits, in milliseconds of CLOCK_BOOTTIME: 5 minutes, by issue 5.
    public static let lifetimeMs: UInt64 = 300_000

    /// Its name: what the second person confirms.
    public var id: String
    /// The mode to resume to.
    public var mode: Mode
    /// What to resume.
    public var scope: Scope
    /// Why, in the words of who asked.
    public var reason: String
    /// The failing checks that who asked overrides, each with a reason.
    public var overrides: [PreflightCheck.Name: String]
    /// Who asked.
    public var askedBy: String
    /// Their terminal and address.
    public var from: String
    /// How they asked.
    public var source: Record.Source
    /// When: RFC 3339, UTC.
    public var at: String
    /// How many milliseconds it had left when this was looked at.
    public var leftMs: UInt64

    /// Creates one.
    public init(
        id: String,
        mode: Mode,
        scope: Scope = .global,
        reason: String,
        overrides: [PreflightCheck.Name: String] = [:],
        askedBy: String,
        from: String,
        source: Record.Source,
        at: String,
        leftMs: UInt64 = WaitingResume.lifetimeMs
    ) {
        self.id = id
        self.mode = mode
        self.scope = scope
        self.reason = reason
        self.overrides = overrides
        self.askedBy = askedBy
        self.from = from
        self.source = source
        self.at = at
        self.leftMs = leftMs
    }

    /// What it resumes to, in words: a mode, or a scope.
    public var target: String { scope.isGlobal ? mode.name : scope.description }

    /// The command that confirms it.
    public var command: String { "estop resume --approve \(id)" }

    /// One line for a screen. It does not count down, so that it is news once.
    public var notice: String {
        "\(askedBy) asked to resume to \(target) (\(reason)): another operator confirms with R, or '\(command)'"
    }

    /// The time that is left, as `4:31`.
    public static func countdown(_ leftMs: UInt64) -> String {
        let seconds = (leftMs + 999) / 1000
        return "\(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60)"
    }
}

extension WaitingResume {
    /// The request as `estop status --json` and the HTTP API have it.
    public var json: JSON {
        .object([
            .init("id", .string(id)), .init("mode", .string(mode.name)), .init("scope", .string(scope.description)),
            .init("reason", .string(reason)), .init("overrides", .object(overrideMembers)),
            .init("asked_by", .string(askedBy)), .init("from", .string(from)),
            .init("source", .string(source.rawValue)), .init("at", .string(at)),
            .init("expires_in_ms", .number(leftMs)),
        ])
    }

    /// Reads what `json` wrote; nil when a key is missing or wrong.
    public init?(json: JSON) {
        guard let id = json["id"]?.string, WaitingResume.isID(id),
            let mode = json["mode"]?.string.flatMap({ Mode(name: $0) }), mode.permitsAnything,
            let scope = json["scope"]?.string.flatMap({ try? Scope($0) }), let reason = json["reason"]?.string,
            case .object(let members)? = json["overrides"], let askedBy = json["asked_by"]?.string, !askedBy.isEmpty,
            let from = json["from"]?.string, let source = json["source"]?.string.flatMap(Record.Source.init(rawValue:)),
            let at = json["at"]?.string, let left = json["expires_in_ms"]?.integer.flatMap({ UInt64(exactly: $0) }),
            left <= WaitingResume.lifetimeMs
        else { return nil }
        var overrides: [PreflightCheck.Name: String] = [:]
        for member in members {
            guard let name = PreflightCheck.Name(rawValue: member.key), name.canBeOverridden, overrides[name] == nil,
                let why = member.value.string
            else { return nil }
            overrides[name] = why
        }
        self.init(
            id: id,
            mode: mode,
            scope: scope,
            reason: reason,
            overrides: overrides,
            askedBy: askedBy,
            from: from,
            source: source,
            at: at,
            leftMs: left
        )
    }

    private var overrideMembers: [JSON.Member] {
        PreflightCheck.Name.allCases.compactMap { name in
            overrides[name].map { .init(name.rawValue, .string($0)) }
        }
    }

    /// A text of at most 1,024 bytes, which is what a record holds of it, cut between characters with a mark.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > 1024 else { return text }
        var cut = String(decoding: text.utf8.prefix(1021), as: UTF8.self)
        while let last = cut.unicodeScalars.last, last == "\u{fffd}" { cut.unicodeScalars.removeLast() }
        return cut + "…"
    }

    /// The characters of a name: short enough to be said over the telephone.
    static let idLength = 8

    /// Whether a text can be a request's name.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == idLength
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
