import Desk
import Foundation
import HTTPTypes
import KillSwitch
import NIOCore
import NIOEmbedded
import NIOHTTPTypes

@testable import ControlAPI

/// A state directory with a page that trades, removed afterwards.
final class Scratch: Sendable {
    let killSwitch: KillSwitch

    init() throws {
        let path = NSTemporaryDirectory() + "estop-api-\(UUID().uuidString)"
        let directory = try StateDirectory(path, create: true)
        killSwitch = KillSwitch(directory, settings: DeskSettings(name: "test", paper: true, deadMan: 0))
        _ = try killSwitch.ensurePages(mayStart: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: killSwitch.directory.defaultRunDirectory)
        try? FileManager.default.removeItem(atPath: killSwitch.directory.path)
    }

    var halts: [Record] { killSwitch.observe().fold.records.filter { $0.change == .halt } }
    var mode: Mode { killSwitch.observe().mode }
}

/// One connection behind its decoder, on an event loop that the test drives.
final class Connection {
    let channel: EmbeddedChannel
    let scribe: HaltScribe
    let meter = RequestMeter()
    private let scratch: Scratch

    init(
        _ scratch: Scratch,
        isOpen: Bool = false,
        verify: @escaping @Sendable (String?) -> Result<BearerClaims, BearerRefusal> = { _ in .failure(.missing) },
        identify: @escaping @Sendable (String) -> BearerClaims? = { _ in nil },
        refused: @escaping @Sendable (BearerRefusal, Asker) -> Void = { _, _ in }
    ) throws {
        self.scratch = scratch
        scribe = HaltScribe(
            scratch.killSwitch,
            retry: { _, _ in },
            onHalt: {},
            identify: identify,
            meter: meter
        )
        let hand = LoopHand(
            scratch.killSwitch.directory,
            scribe,
            HaltDoor(isOpen: isOpen, verify: { token, reply in reply(verify(token)) }, refused: refused),
            ConnectionLimits(
                mostConnections: 8,
                headTime: .seconds(10),
                bodyTime: .seconds(30),
                idleTime: .seconds(60)
            )
        )
        channel = EmbeddedChannel(handler: HaltHandler(hand))
        channel.localAddress = try SocketAddress(ipAddress: "127.0.0.1", port: 5000)
        channel.remoteAddress = try SocketAddress(ipAddress: "127.0.0.1", port: 40000)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 40000)).wait()
    }

    deinit {
        _ = scribe.writeWaiting()
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    func head(_ path: String, _ method: HTTPRequest.Method = .post, _ fields: HTTPFields = [:]) throws {
        let head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path, headerFields: fields)
        try channel.writeInbound(HTTPRequestPart.head(head))
    }

    func body(_ text: String) throws { try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: text))) }
    func end() throws { try channel.writeInbound(HTTPRequestPart.end(nil)) }

    func post(_ path: String = HaltPaths.all[0], _ text: String? = nil) throws {
        try head(path)
        if let text { try body(text) }
        try end()
    }

    /// The next answer: its status and body.
    func answer(seconds: Double = 10) throws -> (status: Int, body: JSON?)? {
        let until = Date().addingTimeInterval(seconds)
        var status: Int?
        var bytes: [UInt8] = []
        while Date() < until {
            // The scribe has no thread here: an embedded loop knows only the test's.
            _ = scribe.writeWaiting()
            channel.embeddedEventLoop.run()
            while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
                switch part {
                case .head(let head): status = head.status.code
                case .body(let buffer): bytes += buffer.readableBytesView
                case .end: return status.map { ($0, JSON(bytes: bytes)) }
                }
            }
            Clock.sleep(milliseconds: 1)
        }
        return nil
    }

    /// What went on to the server behind.
    func passed() throws -> [HTTPRequestPart] {
        var parts: [HTTPRequestPart] = []
        while let part = try channel.readInbound(as: HTTPRequestPart.self) { parts.append(part) }
        return parts
    }
}
