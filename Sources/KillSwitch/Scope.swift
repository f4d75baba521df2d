/// What a halt covers, and what a gate trades: `global`, or pairs such as `venue=kraken,symbol=BTC-USD`. A comma within a
/// value is written `%2C`.
public struct Scope: Sendable, Hashable, CustomStringConvertible {
    /// The keys that a scope may have, in the order in which they are written.
    public enum Key: String, Sendable, CaseIterable {
        /// An exchange, broker or bot platform.
        case venue
        /// An account at a venue.
        case account
        /// A strategy.
        case strategy
        /// A symbol.
        case symbol
    }

    /// The values by key; empty: everything.
    public let values: [Key: String]

    /// Everything.
    public static let global = Scope(values: [:])

    /// Why a text is not a scope.
    public struct Problem: Error, Sendable, Equatable {
        /// What is wrong and what to write instead.
        public let message: String
    }

    /// The bytes that a scoped entry of the page holds.
    public static let entryCapacity = 120

    init(values: [Key: String]) { self.values = values }

    /// Reads `global` (or nothing) or `key=value` pairs joined by commas.
    ///
    /// - Throws: `Problem` for an unknown or repeated key, an empty value, or bytes that a page cannot hold.
    public init(_ text: String) throws(Problem) {
        if text.isEmpty || text == "global" {
            self = .global
            return
        }
        var values: [Key: String] = [:]
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let key = Key(rawValue: String(parts[0])) else {
                throw Problem(
                    message: "'\(pair)' is no scope: write global, or pairs like venue=kraken,strategy=grid "
                        + "(keys: venue, account, strategy, symbol)"
                )
            }
            guard !parts[1].isEmpty, !parts[1].utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
                throw Problem(message: "the scope key '\(key.rawValue)' needs a value, as in \(key.rawValue)=NAME")
            }
            guard values.updateValue(Scope.plain(String(parts[1])), forKey: key) == nil else {
                throw Problem(message: "the scope names '\(key.rawValue)' twice: name it once")
            }
        }
        self.values = values
    }

    /// Whether it is everything.
    public var isGlobal: Bool { values.isEmpty }

    /// The canonical text: `global`, or the pairs in the order venue, account, strategy, symbol.
    public var description: String {
        if isGlobal { return "global" }
        return Key.allCases.compactMap { key in values[key].map { "\(key.rawValue)=\(Scope.escaped($0))" } }
            .joined(separator: ",")
    }

    /// A value as a scope's text bears it: a comma, which would end it, is `%2C`; a percent sign that would be read as an
    /// escape is `%25`. Every other value stays as it is.
    static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "%") }) else { return value }
        var text = ""
        var rest = Substring(value)
        while let character = rest.first {
            let isEscape = character == "%" && (rest.hasPrefix("%2C") || rest.hasPrefix("%25"))
            text += character == "," ? "%2C" : isEscape ? "%25" : String(character)
            rest.removeFirst()
        }
        return text
    }

    /// The value that a scope's text bears: the opposite of `escaped`.
    static func plain(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var value = ""
        var rest = Substring(text)
        while let character = rest.first {
            let escape = rest.prefix(3)
            if escape == "%2C" || escape == "%25" {
                value += escape == "%2C" ? "," : "%"
                rest.removeFirst(3)
            } else {
                value.append(character)
                rest.removeFirst()
            }
        }
        return value
    }

    /// Whether a halt of this scope covers a gate of scope `gate`.
    ///
    /// A gate that does not say what it trades under one of our keys may trade just that: unknown means covered.
    public func covers(_ gate: Scope) -> Bool {
        values.allSatisfy { key, value in gate.values[key].map { $0 == value } ?? true }
    }
}
