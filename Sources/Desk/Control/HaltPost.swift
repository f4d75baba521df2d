import KillSwitch

/// The one HTTP request that the socket understands by itself, without the HTTP API: libestop's, which asks the host to halt
/// for a process that may not write the page. Whatever body comes with it, it halts.
struct HaltPost: Equatable {
    /// Whether its path asks for a halt.
    var isActivation: Bool
    /// What came with it.
    var body = HaltBody()

    /// Reads a request; nil while it is not all there.
    init?(_ bytes: [UInt8], hasEnded: Bool) {
        let mark = Array("\r\n\r\n".utf8)
        var end: Int?
        if bytes.count >= mark.count {
            end = (0...bytes.count - mark.count).first { bytes[$0..<$0 + mark.count].elementsEqual(mark) }
        }
        guard let head = end ?? (hasEnded ? bytes.count : nil) else { return nil }
        let lines = String(decoding: bytes[..<head], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        isActivation = words.count > 1 && HaltPaths.contains(words[1])
        let body = bytes[min(bytes.count, head + mark.count)...]
        let length =
            lines.dropFirst().first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":").last?.filter(\.isNumber) ?? "") } ?? 0
        guard hasEnded || body.count >= length else { return nil }
        self.body = HaltBody(body)
    }
}

extension ControlOutbox {
    /// Answers an HTTP request and ends the connection.
    func finish(_ status: Int, _ members: [JSON.Member]) {
        let body = JSON.object(members).line
        let words = [200: "OK", 404: "Not Found", 500: "Internal Server Error"]
        add(
            "HTTP/1.1 \(status) \(words[status] ?? "")\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)",
            endsAfter: true
        )
    }
}
