/// A document in the subset of TOML 1.0 that estop.toml is written in.
///
/// The subset: comments; `[tables]`; bare, quoted and dotted keys; strings in double quotes with escapes and in single
/// quotes without; whole numbers and fractions in decimal; `true` and `false`; arrays of these over one or several lines.
/// Everything else of TOML (arrays of tables, inline tables, exponents, dates, strings in three quotes, other bases) is
/// refused with what to write instead: every document that is accepted means what TOML says it means. A fraction is kept
/// digit for digit, as text: a threshold of 0.1 is never the binary number beside it.
package struct TOML: Sendable, Equatable {
    /// What a key can hold.
    package indirect enum Value: Sendable, Equatable {
        case string(String)
        case integer(Int64)
        /// A number with a fraction, as its digits: `-0.50`, without `+` and `_`.
        case decimal(String)
        case boolean(Bool)
        case array([Value])

        /// What it is, for errors.
        package var kind: String {
            switch self {
            case .string: "a string"
            case .integer: "a whole number"
            case .decimal: "a number with a fraction"
            case .boolean: "true or false"
            case .array: "an array"
            }
        }
    }

    /// A key with its value and its line.
    package struct Entry: Sendable, Equatable {
        /// The names of its tables and its own.
        package var path: [String]
        package var value: Value
        package var line: Int

        /// Creates an entry.
        package init(path: [String], value: Value, line: Int) {
            self.path = path
            self.value = value
            self.line = line
        }
    }

    /// The header of a table and its line.
    package struct Header: Sendable, Equatable {
        package var path: [String]
        package var line: Int
    }

    /// A line that cannot be read.
    package struct Problem: Error, Sendable, Equatable {
        package var line: Int
        package var message: String
    }

    /// In the order of the text.
    package var entries: [Entry] = []
    package var headers: [Header] = []

    /// Reads a document.
    ///
    /// - Throws: `Problem` for the first thing that is wrong; never traps, whatever the bytes.
    package init(_ bytes: some Collection<UInt8>) throws(Problem) {
        var reader = TOMLReader(bytes: Array(bytes))
        self = try reader.document()
    }

    init() {}
}

/// Which names are taken, and by what: TOML refuses to define anything twice.
struct TOMLNames {
    private enum Kind {
        case value
        case header
        /// A table that exists because of a longer header: it may still get its own.
        case implied
        /// A table that exists because of a dotted key.
        case dotted
    }

    private var taken: [[String]: Kind] = [:]

    /// Enters a header; nil, or why it may not stand.
    mutating func enter(header path: [String]) -> String? {
        for length in 1..<path.count {
            let outer = Array(path.prefix(length))
            switch taken[outer] {
            case .value: return "'\(TOMLNames.text(outer))' is a value, so it has no tables: rename one of them"
            case nil: taken[outer] = .implied
            default: continue
            }
        }
        switch taken[path] {
        case nil, .implied:
            taken[path] = .header
            return nil
        default: return "[\(TOMLNames.text(path))] is there already: write all its keys under one header"
        }
    }

    /// Enters a key; nil, or why it may not stand.
    mutating func enter(key: [String], in table: [String]) -> String? {
        for length in 1..<key.count {
            let outer = table + key.prefix(length)
            switch taken[outer] {
            case nil: taken[outer] = .dotted
            case .dotted: continue
            case .value: return "'\(TOMLNames.text(outer))' is a value, so it has no keys: rename one of them"
            case .header, .implied: return "[\(TOMLNames.text(outer))] has a header: write the key under it"
            }
        }
        guard taken.updateValue(.value, forKey: table + key) == nil else {
            return "'\(TOMLNames.text(table + key))' is there already: write it once"
        }
        return nil
    }

    static func text(_ path: [String]) -> String { path.joined(separator: ".") }
}
