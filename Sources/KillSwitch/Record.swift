/// One record of the log: a halt, a resume or a note.
public struct Record: Sendable, Equatable {
    /// What kind of record it is.
    public enum Change: String, Sendable, CaseIterable {
        /// Adds a latch.
        case halt
        /// Removes the latches that it folded, once it is applied.
        case resume
        /// Changes nothing.
        case note
    }

    /// Where a change came from.
    public enum Source: String, Sendable, CaseIterable {
        /// The dashboard's K.
        case keyboard
        /// A command.
        case cli
        /// The HTTP API.
        case api
        /// The stop file.
        case file
        /// A bot or a program that embeds the library.
        case library
        /// A rule of the engine.
        case rule
        /// The database's mode key.
        case database
        /// TRADING_MODE.
        case environment
        /// estop itself: a silent host, a repaired page, a lost log.
        case watchdog
        /// Another desk.
        case fleet
    }

    /// What a note is for.
    public enum NoteKind: String, Sendable, CaseIterable {
        /// The reason that an operator gave after a halt.
        case reason
        /// A resume's compare-and-swap succeeded.
        case applied
        /// A resume was refused.
        case refused
        /// A resume was asked for that waits for a second person.
        case asked
        /// A resume was refused because of the second person that the desk takes.
        case unapproved
        /// A halt was verified: every gate acknowledged, every order seen to be gone.
        case effective
        /// A halt that was verified is not any more; the note's reason says why.
        case unverified
        /// Something about operators: enrolled, removed, a wrong passphrase.
        case credential
        /// A configuration that ran before was put in the place of the one that was.
        case configuration
        /// Ends a record that its writer did not finish.
        case closed
        /// Stands first in a log whose older part was put aside: in which file, how long it is, and its hash.
        case compacted
    }

    /// What kind of record it is.
    public var change: Change
    /// Its identity; copies of one record share it.
    public var id: String
    /// RFC 3339, UTC, milliseconds.
    public var at: String
    /// The mode asked for.
    public var mode: Mode
    /// What it covers.
    public var scope: Scope
    /// Why.
    public var reason: String
    /// Where it came from.
    public var source: Source
    /// Who.
    public var op: String
    /// Terminal and address.
    public var from: String
    /// The writer's pid.
    public var pid: Int32
    /// The writer's machine.
    public var host: String
    /// The page's word before.
    public var was: Word
    /// The page's word after.
    public var state: Word
    /// On a resume: the length in bytes of the log that it folded.
    public var clears: Int?
    /// On a resume of a page that permitted: the id of the halt that paused it.
    public var pause: String?
    /// On a halt `unrecorded` of a scope: the entry's tag.
    public var tag: UInt32?
    /// On a halt: how many it stands for, one after the other and all the same; nil: one.
    public var count: Int?
    /// On a note: what it is for.
    public var kind: NoteKind?
    /// On a note: the id of the record that it is about.
    public var about: String?
    /// On a note `compacted`: the bytes of the older part, which the offsets of all later records still count.
    public var bytes: Int?
    /// On such a note: the SHA-256 of the file with the older part, in hexadecimal digits.
    public var sha256: String?
    /// On a resume: the checks that were overridden, each with its reason.
    public var overrides: [JSON.Member]
    /// On a resume: the operator's questions that were answered with yes, by name.
    public var answers: [String] = []
    /// On a resume: the checks that nothing was there to make by, by name.
    public var notChecked: [String] = []
    /// On a resume that a second person confirmed: who asked for it. `op` is who confirmed.
    public var askedBy: String?
    /// On such a resume: the request's name.
    public var approval: String?

    /// Creates a record.
    public init(
        change: Change,
        id: String,
        at: String,
        mode: Mode,
        scope: Scope = .global,
        reason: String,
        source: Source,
        op: String = "",
        from: String = "",
        pid: Int32 = 0,
        host: String = "",
        was: Word,
        state: Word,
        clears: Int? = nil,
        pause: String? = nil,
        tag: UInt32? = nil,
        count: Int? = nil,
        kind: NoteKind? = nil,
        about: String? = nil,
        bytes: Int? = nil,
        sha256: String? = nil,
        overrides: [JSON.Member] = [],
        askedBy: String? = nil,
        approval: String? = nil
    ) {
        self.change = change
        self.id = id
        self.at = at
        self.mode = mode
        self.scope = scope
        self.reason = reason
        self.source = source
        self.op = op
        self.from = from
        self.pid = pid
        self.host = host
        self.was = was
        self.state = state
        self.clears = clears
        self.pause = pause
        self.tag = tag
        self.count = count
        self.kind = kind
        self.about = about
        self.bytes = bytes
        self.sha256 = sha256
        self.overrides = overrides
        self.askedBy = askedBy
        self.approval = approval
    }
}

extension Record {
    /// Who did it, for people: two names where a second person confirmed.
    public var people: String { askedBy.map { "\(op) (asked by \($0))" } ?? op }

    /// Reads one line of the log; nil for a line that is not a whole record with the right sum.
    public init?(line: ArraySlice<UInt8>) {
        guard let body = Record.body(of: line), let json = JSON(bytes: body + [UInt8(ascii: "}")]) else { return nil }
        self.init(json: json)
    }

    /// The record in a JSON object as the log and `history --json` have it; nil when a key is missing or wrong.
    public init?(json: JSON) {
        guard json["v"]?.integer == 1, let change = json["change"]?.string.flatMap(Change.init(rawValue:)),
            let id = json["id"]?.string, !id.isEmpty, let at = json["at"]?.string,
            let mode = json["mode"]?.string.flatMap({ Mode(name: $0) }),
            let scope = json["scope"]?.string.flatMap({ try? Scope($0) }), let reason = json["reason"]?.string,
            let source = json["source"]?.string.flatMap(Source.init(rawValue:)),
            let was = json["was"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let state = json["state"]?.integer.flatMap({ UInt32(exactly: $0) })
        else { return nil }
        let clears = json["clears"]?.integer.flatMap { Int(exactly: $0) }
        // A resume that does not say what it folded clears nothing that anybody could check.
        if change == .resume, clears == nil { return nil }
        var overrides: [JSON.Member] = []
        if case .object(let members)? = json["overrides"] { overrides = members }
        self.init(
            change: change,
            id: id,
            at: at,
            mode: mode,
            scope: scope,
            reason: reason,
            source: source,
            op: json["operator"]?.string ?? "",
            from: json["from"]?.string ?? "",
            pid: json["pid"]?.integer.flatMap { Int32(exactly: $0) } ?? 0,
            host: json["host"]?.string ?? "",
            was: Word(rawValue: was),
            state: Word(rawValue: state),
            clears: clears,
            pause: json["pause"]?.string,
            tag: json["tag"]?.integer.flatMap { UInt32(exactly: $0) },
            count: json["count"]?.integer.flatMap { Int(exactly: $0) },
            kind: json["kind"]?.string.flatMap(NoteKind.init(rawValue:)),
            about: json["about"]?.string,
            bytes: json["bytes"]?.integer.flatMap { Int(exactly: $0) },
            sha256: json["sha256"]?.string,
            overrides: overrides,
            askedBy: json["asked_by"]?.string,
            approval: json["approval"]?.string
        )
        answers = json["answers"]?.array?.compactMap(\.string) ?? []
        notChecked = json["not_checked"]?.array?.compactMap(\.string) ?? []
    }

    /// The record as a JSON object, keys in the log's order, without the sum.
    public var json: JSON {
        var members: [JSON.Member] = [
            .init("v", .integer(1)), .init("change", .string(change.rawValue)), .init("id", .string(id)),
            .init("at", .string(at)), .init("mode", .string(mode.name)), .init("scope", .string(scope.description)),
            .init("reason", .string(reason)), .init("source", .string(source.rawValue)),
            .init("operator", .string(op)), .init("from", .string(from)), .init("pid", .integer(Int64(pid))),
            .init("host", .string(host)), .init("was", .integer(Int64(was.rawValue))),
            .init("state", .integer(Int64(state.rawValue))),
        ]
        if let clears { members.append(.init("clears", .integer(Int64(clears)))) }
        if let pause { members.append(.init("pause", .string(pause))) }
        if let tag { members.append(.init("tag", .integer(Int64(tag)))) }
        if let count { members.append(.init("count", .integer(Int64(count)))) }
        if let kind { members.append(.init("kind", .string(kind.rawValue))) }
        if let about { members.append(.init("about", .string(about))) }
        if let bytes { members.append(.init("bytes", .integer(Int64(bytes)))) }
        if let sha256 { members.append(.init("sha256", .string(sha256))) }
        if !overrides.isEmpty { members.append(.init("overrides", .object(overrides))) }
        if !answers.isEmpty { members.append(.init("answers", .array(answers.map { .string($0) }))) }
        if !notChecked.isEmpty { members.append(.init("not_checked", .array(notChecked.map { .string($0) }))) }
        if let askedBy { members.append(.init("asked_by", .string(askedBy))) }
        if let approval { members.append(.init("approval", .string(approval))) }
        return .object(members)
    }

    private static let sumPrefix = Array(",\"sum\":\"".utf8)

    /// The bytes that the sum covers, if the line ends in `,"sum":"<8 hex digits>"}` and the sum is right.
    private static func body(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let tail = sumPrefix.count + 8 + 2
        guard line.count > tail, line.suffix(2).elementsEqual([UInt8(ascii: "\""), UInt8(ascii: "}")]) else {
            return nil
        }
        let body = line.dropLast(tail)
        let rest = line[body.endIndex...]
        guard rest.prefix(sumPrefix.count).elementsEqual(sumPrefix) else { return nil }
        var sum: UInt32 = 0
        for byte in rest.dropFirst(sumPrefix.count).prefix(8) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): sum = sum << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): sum = sum << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return CRC32.of(body) == sum ? body : nil
    }

    /// The line as the log holds it: the object with its sum, without the newlines around it.
    public var line: [UInt8] {
        let body = Array(json.line.utf8.dropLast())
        let digits = String(CRC32.of(body[...]), radix: 16)
        return body + Record.sumPrefix + Array(String(repeating: "0", count: 8 - digits.count).utf8)
            + Array(digits.utf8) + Array("\"}".utf8)
    }
}

/// One reason to stay halted (or restricted): a halt that no applied resume has cleared.
public struct Latch: Sendable, Equatable {
    /// The id of the halt's record, or `bad@<offset>`, `lost`.
    public var id: String
    /// Where it came from.
    public var source: Record.Source
    /// What it covers.
    public var scope: Scope
    /// The mode that it restricts to.
    public var mode: Mode
    /// Why.
    public var reason: String
    /// Who.
    public var op: String
    /// Since when, RFC 3339.
    public var since: String
    /// Its entry's tag on the page, for a scoped one.
    public var tag: UInt32
    /// How many halts it stands for.
    public var count: Int
    /// When the last of them was, RFC 3339.
    public var last: String
    /// Who did the last of them.
    public var lastBy: String

    /// Creates a latch.
    public init(
        id: String,
        source: Record.Source,
        scope: Scope,
        mode: Mode,
        reason: String,
        op: String,
        since: String,
        tag: UInt32,
        count: Int = 1,
        last: String? = nil,
        lastBy: String? = nil
    ) {
        self.id = id
        self.source = source
        self.scope = scope
        self.mode = mode
        self.reason = reason
        self.op = op
        self.since = since
        self.tag = tag
        self.count = count
        self.last = last ?? since
        self.lastBy = lastBy ?? op
    }

    /// The latch in a JSON object as `json` makes it, without its entry's tag; nil when a key is missing or wrong.
    public init?(json: JSON) {
        guard let id = json["id"]?.string, let source = json["source"]?.string.flatMap(Record.Source.init(rawValue:)),
            let scope = json["scope"]?.string.flatMap({ try? Scope($0) }), let reason = json["reason"]?.string,
            let mode = json["mode"]?.string.flatMap({ Mode(name: $0) })
        else { return nil }
        self.init(
            id: id,
            source: source,
            scope: scope,
            mode: mode,
            reason: reason,
            op: json["operator"]?.string ?? "",
            since: json["since"]?.string ?? "",
            tag: 0,
            count: json["count"]?.integer.flatMap { Int(exactly: $0) } ?? 1,
            last: json["last"]?.string,
            lastBy: json["last_by"]?.string
        )
    }

    /// The latch as the mirror and `status --json` have it.
    public var json: JSON {
        .object([
            .init("id", .string(id)), .init("source", .string(source.rawValue)),
            .init("scope", .string(scope.description)), .init("reason", .string(reason)),
            .init("operator", .string(op)), .init("since", .string(since)), .init("mode", .string(mode.name)),
            .init("count", .integer(Int64(count))), .init("last", .string(last)), .init("last_by", .string(lastBy)),
        ])
    }
}
