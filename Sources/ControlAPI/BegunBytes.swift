import NIOCore

/// Stands before everything else of a connection that somebody began to read, and hands on what they read.
final class BegunBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        guard !bytes.isEmpty else { return }
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        bytes = []
        context.fireChannelRead(wrapInboundOut(buffer))
        context.fireChannelReadComplete()
    }
}
