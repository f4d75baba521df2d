import KillSwitch

/// The contents of operators.json: `{"version":1,"operators":[{"name","hash","since"}]}`.
///
/// Strict on purpose: whatever is not exactly that is corrupt, and corrupt accepts nobody. A later layout has a later
/// version.
struct OperatorsFile: Sendable, Equatable {
    static let name = "operators.json"

    struct Entry: Sendable, Equatable {
        var name: String
        var hash: String
        var since: String
    }

    var entries: [Entry] = []

    init() {}

    /// Reads the contents.
    ///
    /// - Throws: `corrupt`, with what a person can do.
    init(bytes: [UInt8]) throws(OperatorsError) {
        guard let json = JSON(bytes: bytes) else { throw OperatorsFile.corrupt("it is not JSON") }
        guard let version = json["version"]?.integer else { throw OperatorsFile.corrupt("it has no version") }
        guard version == 1 else {
            throw OperatorsError(
                .corrupt,
                "\(OperatorsFile.name) has version \(version), this estop knows 1: nobody can resume with it; use the "
                    + "newer estop"
            )
        }
        guard OperatorsFile.hasKeys(json, ["version", "operators"]), let list = json["operators"]?.array else {
            throw OperatorsFile.corrupt("it does not have just version and operators")
        }
        for (index, element) in list.enumerated() {
            guard OperatorsFile.hasKeys(element, ["name", "hash", "since"]), let name = element["name"]?.string,
                let hash = element["hash"]?.string, let since = element["since"]?.string,
                (try? Operator.check(name: name)) != nil, PassphraseHash.isPlausible(hash), since.utf8.count <= 40
            else { throw OperatorsFile.corrupt("operator \(index + 1) is not a name, an Argon2id hash and a time") }
            guard self[name] == nil else { throw OperatorsFile.corrupt("operator \(index + 1) is there twice") }
            entries.append(Entry(name: name, hash: hash, since: since))
        }
    }

    private static func hasKeys(_ json: JSON, _ keys: Set<String>) -> Bool {
        guard case .object(let members) = json else { return false }
        return members.count == keys.count && Set(members.map(\.key)) == keys
    }

    private static func corrupt(_ what: String) -> OperatorsError {
        OperatorsError(
            .corrupt,
            "\(name) cannot be understood (\(what)), so nobody can resume with it: restore it, or remove it as the "
                + "owner of the state directory and enrol everybody again"
        )
    }

    subscript(name: String) -> Entry? { entries.first { $0.name == name } }

    /// The contents as text.
    var text: String {
        let list = entries.map { entry in
            JSON.object([
                JSON.Member("name", .string(entry.name)), JSON.Member("hash", .string(entry.hash)),
                JSON.Member("since", .string(entry.since)),
            ])
        }
        return JSON.object([JSON.Member("version", .integer(1)), JSON.Member("operators", .array(list))]).line + "\n"
    }
}
