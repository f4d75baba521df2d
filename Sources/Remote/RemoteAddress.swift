import Glibc

/// Where a desk on another machine is asked: the beginning of its URLs.
///
/// Invariant (RemoteTests/RemoteAddressTests): without TLS only this machine itself is asked, as through an SSH tunnel: a
/// token and a halt go over no network in the clear.
public struct RemoteAddress: Sendable, Equatable {
    /// What every URL begins with, without a slash at its end: `https://trading-1:5000`.
    public let base: String
    /// The machine's name or address.
    public let host: String
    /// Host and port, for people.
    public let place: String
    /// Whether it is this machine itself: the near end of a tunnel.
    public let isLoopback: Bool

    /// Why a text is no such address.
    public struct Problem: Error, Sendable, Equatable {
        /// What is wrong and what to type instead.
        public let message: String
    }

    /// Reads `https://HOST[:PORT][/PATH]`, or `http://` to a loopback address.
    ///
    /// - Throws: `Problem`.
    public init(_ text: String) throws(Problem) {
        func refuse(_ why: String) -> Problem {
            Problem(
                message: "--url \(why): type one like https://trading-1:5000, or http://127.0.0.1:5000 for a tunnel"
            )
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw refuse("has characters that no URL has") }
        guard let mark = text.firstRange(of: "://") else { throw refuse("has no https:// at its beginning") }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else {
            throw refuse("begins with \(scheme)://, which is not spoken")
        }
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var path = rest[authority.endIndex...]
        guard !path.contains("?"), !path.contains("#") else { throw refuse("ends with a query") }
        while path.hasSuffix("/") { path.removeLast() }
        guard !authority.contains("@") else { throw refuse("names a user: a token is in --token-file") }
        let (host, port) = try RemoteAddress.split(authority, refuse)
        self.host = host
        isLoopback = RemoteAddress.isLoopback(host)
        guard scheme == "https" || isLoopback else {
            throw Problem(
                message:
                    "--url \(scheme)://\(authority) would send halts and tokens in the clear: type https://, or reach the "
                    + "desk by a tunnel (ssh -L 5000:127.0.0.1:5000 \(host)) and http://127.0.0.1:5000"
            )
        }
        place = "\(host.contains(":") ? "[\(host)]" : host):\(port ?? (scheme == "https" ? 443 : 80))"
        base = "\(scheme)://\(authority)\(path)"
    }

    private static func split(
        _ authority: Substring,
        _ refuse: (String) -> Problem
    ) throws(Problem) -> (host: String, port: Int?) {
        var host = authority
        var rest: Substring = ""
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw refuse("has a '[' without a ']'") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            rest = authority[colon...]
        }
        guard !host.isEmpty else { throw refuse("names no host") }
        if rest.isEmpty { return (String(host), nil) }
        guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), (1...65_535).contains(port) else {
            throw refuse("has a port that is none")
        }
        return (String(host), port)
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: &six) { Array($0) } == [UInt8](repeating: 0, count: 15) + [1]
    }
}
