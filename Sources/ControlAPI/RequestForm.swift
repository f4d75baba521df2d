import Desk
import NIOCore
import NIOHTTP1

/// Stands right behind the decoder and brings into one form what HTTP/1.x can say in several, so that everything behind it
/// has to look for one only.
///
/// Invariants (ControlAPITests/RequestFormTests): whoever wants the connection to end, as every HTTP/1.0 client does that is
/// answered here, is understood as `Connection: close`; a request that does not say exactly once which host it is for is
/// refused (RFC 9112, section 3.2), unless it halts.
final class RequestForm: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// A request names no host, or several.
    struct WrongHost: Error {}

    private var isBroken = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let hosts = head.headers["host"].count
        let isOld = head.version == .http1_0 || head.version == .http0_9
        let isRight = hosts == 1 || hosts == 0 && isOld
        guard isRight || head.method == .POST && HaltPaths.contains(head.uri) else {
            isBroken = true
            return context.fireErrorCaught(WrongHost())
        }
        let wishes = head.headers[canonicalForm: "connection"].map { $0.lowercased() }
        if wishes.contains("close") || isOld {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
