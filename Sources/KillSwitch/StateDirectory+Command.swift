import Glibc

/// How a command that people type by hand names this desk: another shell may mean another one.
extension StateDirectory {
    /// What `estop` has to be given besides to be about a state directory in any shell, with a blank before it: empty for
    /// what it takes without being told, `$XDG_STATE_HOME/estop`, by default `~/.local/state/estop`.
    public static func option(for path: String) -> String {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        let home = variable("XDG_STATE_HOME") ?? variable("HOME").map { "\($0)/.local/state" }
        return home.map { "\($0)/estop" } == path ? "" : " --state \(quoted(path))"
    }

    /// A path as a shell takes it for one word.
    public static func quoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+,:@%".utf8.contains(byte)
            }
        }
        if isPlain, !path.isEmpty { return path }
        return "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// What `estop` has to be given besides to be about this desk.
    public var option: String { StateDirectory.option(for: path) }

    /// A text that says 'estop serve', so that it starts the host of this desk where it is typed.
    public func naming(_ text: String) -> String { StateDirectory.naming(text, option) }

    /// The same with an option that is known.
    public static func naming(_ text: String, _ option: String) -> String {
        let words = "'estop serve'"
        if option.isEmpty { return text }
        var rest = text[...]
        var result = ""
        while let quote = rest.firstIndex(of: "'") {
            result += rest[..<quote]
            rest = rest[quote...]
            if rest.hasPrefix(words) {
                result += "'estop serve\(option)'"
                rest = rest.dropFirst(words.count)
            } else {
                result += "'"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }
}
