import Glibc
import HTTPTypes
import NIOCore

/// Where a request came from.
struct Origin: CustomStringConvertible {
    /// Whether it came from this machine itself, by no proxy that speaks for somebody else.
    var isLocal: Bool
    /// The bearer token; nil: none.
    var token: String?
    var description: String

    /// What proxies add.
    private static let forwarding = [
        "forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via",
    ].compactMap { HTTPField.Name($0) }

    /// - Parameter isProxied: whether all comes through a proxy, so that an address says nothing about who asks.
    init(_ head: HTTPRequest, _ address: SocketAddress?, isProxied: Bool) {
        let forwarded = Origin.forwarding.compactMap { head.headerFields[$0] }.first
        let peer = Origin.text(address)
        isLocal = forwarded == nil && !isProxied && Origin.isLoopback(address)
        token = head.headerFields[.authorization].flatMap { value in
            let words = value.split(separator: " ", maxSplits: 1)
            guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
            return String(words[1])
        }
        let further = forwarded.map { " for \($0.prefix(80))" } ?? ""
        description = "http \(peer)\(further)"
    }

    private static func text(_ address: SocketAddress?) -> String {
        address.flatMap { $0.ipAddress } ?? "unknown"
    }

    private static func isLoopback(_ address: SocketAddress?) -> Bool {
        guard let text = address?.ipAddress else { return false }
        return LoopbackAddress.contains(text)
    }
}

/// The addresses under which only this machine is reached.
enum LoopbackAddress {
    /// Whether an address in figures is one.
    static func contains(_ address: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else { return false }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        return bytes == [UInt8](repeating: 0, count: 15) + [1]
            || bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 127])
    }
}
