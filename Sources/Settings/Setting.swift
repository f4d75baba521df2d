import Console
import SafetyEngine

/// One key of estop.toml: a row of the one table that the reader, `estop config show`, the commented example and the
/// suggestions follow.
struct Setting: Sendable {
    /// The rules that a key is for.
    enum Domain: Sendable {
        case any
        case builtIn
        case own
    }

    /// Its tables and its name; `*` stands for a name that the operator chooses.
    var path: [String]
    /// What it is for, in one sentence.
    var summary: String
    /// A value to show where it has none, as TOML.
    var example: String
    /// The rules that it is for.
    var domain = Domain.any
    /// Whether a change takes effect only when the host starts.
    var isForStart = false
    /// What it has to be, for the name that stands for `*`: a rule's thresholds are counted in what it measures.
    var unit: @Sendable (Draft, String) -> String
    /// Its value as TOML; nil: none.
    var written: @Sendable (Draft, String) -> String?
    /// Its value as it may be shown; nil: none.
    var shown: @Sendable (Draft, String) -> String?
    /// Takes a value.
    var change: @Sendable (TOML.Entry, String, inout Draft) throws(Mistake) -> Void
    /// Takes the value of another draft.
    var copy: @Sendable (Draft, String, inout Draft) -> Void

    /// Its tables.
    var table: [String] { Array(path.dropLast()) }
    /// Its own name.
    var key: String { path.last ?? "" }
    /// Whether it stands in a table, or under a key, that the operator names.
    var isNamed: Bool { path.contains("*") }

    /// The name that stands for `*` in an entry's path; nil: it is not this key.
    func match(_ entry: [String]) -> String? {
        guard entry.count == path.count else { return nil }
        var name = ""
        for (mine, theirs) in zip(path, entry) {
            if mine == "*" { name = theirs } else if mine != theirs { return nil }
        }
        return name
    }

    /// Its path for a name.
    func path(for name: String) -> [String] { path.map { $0 == "*" ? name : $0 } }
}

/// The values that stand in one table of the file, and where they are in a draft.
struct Shelf<Owner: Sendable>: Sendable {
    var path: [String]
    var find: @Sendable (Draft, String) -> Owner?
    var store: @Sendable (Owner, String, inout Draft) -> Void

    /// A key of the table.
    func key<Value>(
        _ name: String,
        _ kind: Kind<Value>,
        _ place: any WritableKeyPath<Owner, Value> & Sendable,
        example: String = "",
        forStart: Bool = false,
        domain: Setting.Domain = .any,
        _ summary: String
    ) -> Setting {
        make(
            name,
            { _ in kind },
            get: { $0[keyPath: place] },
            set: { $0[keyPath: place] = $1 },
            example: example,
            forStart: forStart,
            domain: domain,
            summary
        )
    }

    /// A key that may have no value.
    func key<Value>(
        _ name: String,
        optional kind: @escaping @Sendable (Owner?) -> Kind<Value>,
        _ place: any WritableKeyPath<Owner, Value?> & Sendable,
        example: String,
        domain: Setting.Domain = .any,
        _ summary: String
    ) -> Setting {
        make(
            name,
            kind,
            get: { $0[keyPath: place] },
            set: { $0[keyPath: place] = $1 },
            example: example,
            domain: domain,
            summary
        )
    }

    func make<Value>(
        _ name: String,
        _ kind: @escaping @Sendable (Owner?) -> Kind<Value>,
        get: @escaping @Sendable (Owner) -> Value?,
        set: @escaping @Sendable (inout Owner, Value) -> Void,
        example: String,
        forStart: Bool = false,
        domain: Setting.Domain = .any,
        _ summary: String
    ) -> Setting {
        let shelf = self
        let written: @Sendable (Draft, String) -> String? = { draft, name in
            let owner = shelf.find(draft, name)
            return owner.flatMap(get).map { kind(owner).write($0) }
        }
        return Setting(
            path: path + [name],
            summary: summary,
            example: example,
            domain: domain,
            isForStart: forStart,
            unit: { draft, name in kind(shelf.find(draft, name)).unit },
            written: written,
            shown: { draft, name in
                let owner = shelf.find(draft, name)
                let kind = kind(owner)
                return owner.flatMap(get).map { kind.show?($0) ?? kind.write($0) }
            },
            change: { (entry, name, draft) throws(Mistake) in
                guard var owner = shelf.find(draft, name) else { return }
                let kind = kind(owner)
                guard let value = kind.read(entry.value) else {
                    throw Mistake(kind, entry, current: written(draft, name), example: example)
                }
                set(&owner, value)
                shelf.store(owner, name, &draft)
            },
            copy: { from, name, draft in
                guard var owner = shelf.find(draft, name), let value = shelf.find(from, name).flatMap(get) else {
                    return
                }
                set(&owner, value)
                shelf.store(owner, name, &draft)
            }
        )
    }
}

extension Shelf where Owner == Draft {
    /// A table without names of the operator's.
    static func table(_ path: String) -> Shelf {
        Shelf(
            path: path.split(separator: ".").map(String.init),
            find: { draft, _ in draft },
            store: { owner, _, draft in draft = owner }
        )
    }
}

extension Mistake {
    /// A value that a key cannot have.
    init<Value>(_ kind: Kind<Value>, _ entry: TOML.Entry, current: String?, example: String) {
        // What a table has before it is given one, such as an interval of "0", is not to be written.
        let isNone = current == "\"0\"" && kind.read(.string("0")) == nil
        let isEmpty = isNone || current.map { ["\"\"", "[]"].contains($0) } ?? true
        var wanted = isEmpty ? example : current ?? example
        if case .string(let text) = entry.value,
            let nearest = Suggestion.nearest(to: text.lowercased(), among: kind.words)
        {
            wanted = TOMLText.string(nearest)
        }
        let found = kind.isSecret ? "" : " is \(Written.described(entry.value));"
        text =
            "'\(TOMLText.path(entry.path))'\(found.isEmpty ? ":" : found) it has to be \(kind.unit): "
            + "write \(TOMLText.key(entry.path.last ?? "")) = \(wanted)"
    }
}
