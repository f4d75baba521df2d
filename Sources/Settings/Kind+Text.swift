import Console
import Glibc
import SafetyEngine

extension Kind where Value == Bool {
    /// `true` or `false`.
    static var flag: Kind {
        Kind(
            unit: "true or false",
            read: { value in if case .boolean(let flag) = value { flag } else { nil } },
            write: { String($0) }
        )
    }
}

extension Kind {
    /// One of these words.
    static func word(_ words: [(word: String, value: Value)]) -> Kind {
        let names = words.map(\.word)
        let list = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        return Kind(
            unit: list,
            words: names,
            read: { value in
                guard case .string(let text) = value else { return nil }
                return words.first { $0.word == text }?.value
            },
            write: { value in TOMLText.string(words.first { $0.value == value }?.word ?? "") }
        )
    }
}

extension Kind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a vocabulary's words.
    static var word: Kind { word(Value.allCases.map { ($0.rawValue, $0) }) }
}

extension Kind where Value == Alert.Level {
    /// A level.
    static var level: Kind { word(Alert.Level.allCases.map { ($0.word.lowercased(), $0) }) }
}

extension Kind where Value == String {
    /// Text of a kind that `accepts` knows; empty text too where `allowsEmpty`.
    static func text(_ unit: String, accepts: @escaping @Sendable (String) -> Bool) -> Kind {
        Kind(
            unit: unit,
            read: { value in
                guard case .string(let text) = value, accepts(text) else { return nil }
                return text
            },
            write: { TOMLText.string($0) }
        )
    }

    /// A name, or nothing.
    static func nameOrNothing(_ unit: String) -> Kind { text(unit) { $0.isEmpty || Names.isName($0) } }

    /// An address of a machine in figures: IPv4 or IPv6.
    static var numericAddress: Kind {
        text("an address in figures, as in \"127.0.0.1\" or \"::1\"") { text in
            var room = in6_addr()
            return inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1
        }
    }

    /// An address of the web. Whatever stands behind the host may be a secret.
    static var address: Kind {
        var kind = text("an address that begins with https:// or http://") { Addresses.host($0) != nil }
        kind.isSecret = true
        kind.show = { address in
            address.isEmpty ? "\"\"" : TOMLText.string(Addresses.host(address).map { "\($0)/..." } ?? "...")
        }
        return kind
    }
}

extension Kind where Value == [String] {
    /// Several texts, each of a kind.
    static func texts(_ unit: String, accepts: @escaping @Sendable (String) -> Bool) -> Kind {
        Kind(
            unit: unit,
            read: { value in
                guard case .array(let elements) = value else { return nil }
                var texts: [String] = []
                for element in elements {
                    guard case .string(let text) = element, accepts(text), !texts.contains(text) else { return nil }
                    texts.append(text)
                }
                return texts
            },
            write: { TOMLText.strings($0) }
        )
    }

    /// A command and its arguments.
    static var command: Kind {
        Kind(
            unit: "a command and its arguments, as [\"/usr/bin/systemctl\", \"restart\", \"bot\"]",
            read: { value in
                guard case .array(let elements) = value else { return nil }
                var words: [String] = []
                for element in elements {
                    guard case .string(let word) = element, !word.utf8.contains(0) else { return nil }
                    words.append(word)
                }
                return words.first?.isEmpty == true ? nil : words
            },
            write: { TOMLText.strings($0) }
        )
    }
}

/// Names that operators choose.
enum Names {
    /// 1 to 64 bytes without control characters.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && !VisibleText.hasControls(text)
    }

    /// `account` or `venue/account`.
    static func isAccount(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.allSatisfy { isName(String($0)) }
    }

    /// `ORDER_STUCK`: what rules are called.
    static func isRule(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, (0x41...0x5a).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    }

    /// What `estop notify test NAME` can be typed with.
    static func isTarget(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && TOMLText.key(text) == text
    }

    /// `USD`, `USDT`.
    static func isCurrency(_ text: String) -> Bool {
        (2...12).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) }
    }
}

/// Addresses of the web.
enum Addresses {
    /// Scheme and host, without a user; nil: it is no address.
    static func host(_ address: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { address.hasPrefix($0) }) else { return nil }
        guard address.utf8.count <= 2_000, address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        let authority = address.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return host.isEmpty ? nil : scheme + host
    }
}
