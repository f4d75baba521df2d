internal import CEstop

/// Who runs this process and from where, as records have it.
public struct Identity: Sendable, Equatable {
    /// The login name, behind sudo and su too.
    public let name: String
    /// Terminal and address.
    public let from: String

    /// Creates one: of somebody who asks from elsewhere.
    public init(name: String, from: String) {
        self.name = name
        self.from = from
    }

    /// This process's.
    public static func current() -> Identity {
        var name = [CChar](repeating: 0, count: 96)
        var from = [CChar](repeating: 0, count: 192)
        estop_identity(&name, name.count, &from, from.count)
        func text(_ bytes: [CChar]) -> String {
            String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return Identity(name: text(name), from: text(from))
    }
}
