/// The path of an HTTP request's target.
public enum RequestPath {
    /// Its segments, decoded, without the empty ones and those that say "here": `//a/./b%2Dc/?d` is `a`, `b-c`.
    ///
    /// - Parameter target: as it stands in the request, the absolute form that proxies send included.
    /// - Returns: nil when something in it is not well formed.
    public static func segments(_ target: some StringProtocol) -> [String]? {
        var segments: [String] = []
        for part in path(of: target).split(separator: "/") where part != "." {
            guard let segment = Percent.decoded(part) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    /// What stands before the query, without scheme and host.
    public static func path(of target: some StringProtocol) -> String {
        let whole = target.prefix { $0 != "?" && $0 != "#" }
        guard !whole.hasPrefix("/"), let mark = whole.firstRange(of: "://") else { return String(whole) }
        return String(whole[mark.upperBound...].drop { $0 != "/" })
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
public enum Percent {
    /// The text without it; nil: what is not well formed, or no UTF-8.
    ///
    /// - Parameter plus: whether a plus sign is a space, as in queries.
    public static func decoded(_ text: some StringProtocol, plus: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plus && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
