import Desk
import Glibc
import HTTPTypes
import NIOCore

/// Where a request came from.
struct Origin: CustomStringConvertible {
    /// Whether it came from this machine itself, by no proxy that speaks for somebody else; over `estop.sock`, from the
    /// state directory's owner or root.
    var isLocal: Bool
    /// Whether a halt that came so needs no token: from this machine itself, whoever's process it is.
    var mayHalt: Bool
    /// The bearer token; nil: none.
    var token: String?
    var description: String

    /// What proxies add.
    private static let forwarding = [
        "forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via",
    ].compactMap { HTTPField.Name($0) }

    /// - Parameters:
    ///   - peer: who is on the other side, where it came over `estop.sock`.
    ///   - owner: the state directory's owner.
    ///   - isProxied: whether all comes through a proxy, so that an address says nothing about who asks.
    init(
        _ head: HTTPRequest,
        _ address: SocketAddress?,
        _ peer: Peer? = nil,
        owner: UInt32 = 0,
        isProxied: Bool
    ) {
        let forwarded = Origin.forwarding.compactMap { head.headerFields[$0] }.first
        mayHalt = forwarded == nil && (peer != nil || !isProxied && Origin.isLoopback(address))
        isLocal = mayHalt && peer.map { $0.uid == 0 || $0.uid == owner } ?? true
        token = head.headerFields[.authorization].flatMap { value in
            let words = value.split(separator: " ", maxSplits: 1)
            guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
            return String(words[1])
        }
        let further = forwarded.map { " for \($0.prefix(80))" } ?? ""
        let place = peer.map { "estop.sock uid \($0.uid) pid \($0.pid)" } ?? "http \(Origin.text(address))"
        description = "\(place)\(further)"
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
