import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// What is said to bytes that are no request.
enum BadRequest {
    /// The answer to what the decoder says; nil: it is not about what was sent.
    ///
    /// - Parameter line: how the last bytes that came begin.
    static func refusal(for error: any Error, _ line: String) -> APIRefusal? {
        if error is HTTP1TypeConversionError {
            return APIRefusal(501, "method_unknown", "this method is not known here")
        }
        if error is RequestForm.WrongHost {
            return APIRefusal(400, "bad_host", "a request has to say with one Host header which host it is for")
        }
        guard let error = error as? HTTPParserError else { return nil }
        switch error {
        case .headerOverflow:
            return APIRefusal(431, "head_too_long", "the head of the request is too long")
        case .invalidVersion:
            return APIRefusal(505, "version_unknown", "HTTP/1.1 is spoken here, and HTTP/1.0")
        case .invalidMethod where line.contains(" HTTP/1."):
            return APIRefusal(501, "method_unknown", "this method is not known here")
        default: return APIRefusal(400, "bad_request", "this is no HTTP/1.1 request: \(error)")
        }
    }
}

/// Stands before the decoder and remembers what came of the request whose head is coming in, for as long as it takes to say
/// what is wrong with it, or to see that it is a halt all the same.
final class LastBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The last bytes that came.
    private var last: ByteBuffer?
    /// What came since the last request was whole.
    private var pending: [ByteBuffer] = []
    private var count = 0
    /// Whether a request was whole since the last bytes came.
    private var hasEnded = false

    /// More of a head is not kept: where it goes to, and who asks, stands at its beginning.
    private static let most = 131_072

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        last = bytes
        if count < LastBytes.most {
            pending.append(bytes)
            count += bytes.readableBytes
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        last = nil
        if hasEnded {
            hasEnded = false
            let rest = BrokenHead(text)?.unfinished ?? ""
            pending = rest.isEmpty ? [] : [ByteBuffer(string: rest)]
            count = rest.utf8.count
        }
        context.fireChannelReadComplete()
    }

    private static func tap(_ context: ChannelHandlerContext) -> LastBytes? {
        try? context.pipeline.syncOperations.handler(type: LastBytes.self)
    }

    /// A request was whole: only what came of the next one is kept.
    static func requestEnded(_ context: ChannelHandlerContext) {
        tap(context)?.hasEnded = true
    }

    /// What came of the request whose head is not whole, or could not be read; nil: nothing that begins as a request does.
    static func brokenHead(_ context: ChannelHandlerContext) -> BrokenHead? {
        tap(context).flatMap { BrokenHead($0.text) }
    }

    private var text: String {
        pending.map { String(decoding: $0.readableBytesView, as: UTF8.self) }.joined()
    }

    /// The first line of the last request that came over a connection; empty: nothing is remembered.
    static func line(_ context: ChannelHandlerContext) -> String {
        guard let last = tap(context)?.last else { return "" }
        // Behind whatever whole requests came with it.
        let text = String(decoding: last.readableBytesView.suffix(1_024), as: UTF8.self)
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let begins = lines.dropLast(2).lastIndex { $0.isEmpty }.map { $0 + 1 } ?? 0
        return lines[begins...].first { !$0.isEmpty }.map(String.init) ?? ""
    }
}
