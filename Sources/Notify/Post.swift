import CCurl
import Console
import Glibc

/// One POST of JSON.
enum Post {
    /// Bytes of a response that are read: more than any service answers.
    static let mostResponse = 65_536

    private static let isReady: Bool = estop_curl_begin() == 0

    /// Sends and waits for the response.
    ///
    /// - Parameters:
    ///   - body: JSON.
    ///   - id: the notification's id, as `Idempotency-Key`.
    ///   - url: http or https.
    ///   - timeoutMs: the limit for all of it; the connection alone has 5 s of it.
    ///   - cancel: a descriptor whose readability ends it at once.
    static func send(_ body: [UInt8], id: String, to url: String, timeoutMs: UInt64, cancel: Int32) -> Outcome {
        guard isReady else { return .failed("libcurl cannot be used", retryAfterMs: nil) }
        var response = estop_curl_response()
        let headers = [
            "Content-Type: application/json", "Accept: */*", "Idempotency-Key: \(headerValue(id))",
        ]
        let done: Void? = CStrings.with(headers) { headers in
            url.withCString { url in
                body.withUnsafeBytes { body in
                    var request = estop_curl_request()
                    request.url = url
                    request.headers = headers
                    request.body = body.baseAddress
                    request.length = body.count
                    request.connect_ms = min(timeoutMs, 5_000)
                    request.total_ms = timeoutMs
                    request.most = mostResponse
                    request.cancel = cancel
                    estop_curl_post(&request, &response)
                }
            }
        }
        guard done != nil else { return .failed("no memory", retryAfterMs: nil) }
        return outcome(response)
    }

    /// What a response means.
    private static func outcome(_ response: estop_curl_response) -> Outcome {
        let status = Int(response.status)
        // The receiver has taken it: what goes wrong afterwards is no reason to send it again.
        if (200..<300).contains(status) { return .delivered }
        if response.end == Int32(estop_curl_cancelled) { return .cancelled }
        guard status > 0 else { return .failed(text(response.error, estop_curl_text), retryAfterMs: nil) }
        let words = text(response.body, response.length)
        let reason = "HTTP \(status)\(words.isEmpty ? "" : ": \(words)")"
        switch status {
        case 300..<400:
            return .failed("\(reason): redirects are not followed, configure where it leads to", retryAfterMs: nil)
        // The message itself is what they complain about: the same one will not be taken later.
        case 400, 413, 415, 422: return .refused(reason)
        default:
            let seconds = response.retry_after_s
            return .failed(reason, retryAfterMs: seconds == 0 ? nil : min(seconds, 86_400) * 1000)
        }
    }

    /// Bytes of a response as one short line; up to a NUL.
    private static func text<Bytes>(_ bytes: Bytes, _ most: Int) -> String {
        let raw = withUnsafeBytes(of: bytes) { Array($0.prefix(most).prefix { $0 != 0 }) }
        let words = String(decoding: raw, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Cut.to(160, VisibleText.line(words))
    }

    /// What may stand in a header: printable ASCII.
    private static func headerValue(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value >= 0x20 && $0.value < 0x7f ? $0 : "?" }))
    }
}
