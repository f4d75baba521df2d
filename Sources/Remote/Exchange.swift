import CCurl
import KillSwitch

/// One request.
struct Asked: Sendable, Equatable {
    var method = "GET"
    /// The path with its query.
    var path: String
    var headers: [String] = []
    var body: [UInt8] = []
    /// Until a connection stands, in milliseconds.
    var connectMs: UInt64 = 5_000
    /// For all of it, in milliseconds; 0: no limit.
    var totalMs: UInt64 = 10_000
    /// Not over a kept connection.
    var isFresh = false

    static func post(_ path: String, _ json: JSON) -> Asked {
        Asked(method: "POST", path: path, headers: ["Content-Type: application/json"], body: json.bytes)
    }
}

/// Kept connections to one place. One thread; not `Sendable` on purpose.
final class Connections {
    /// One request that is under way.
    final class Transfer {
        fileprivate let pointer: OpaquePointer
        fileprivate init(_ pointer: OpaquePointer) { self.pointer = pointer }
    }

    private static let isReady: Bool = estop_curl_begin() == 0
    private static let mostWaiting = 64 << 20

    private let link: OpaquePointer?
    private let address: RemoteAddress
    private let authorityFile: String?

    init(_ address: RemoteAddress, authorityFile: String?) {
        self.address = address
        self.authorityFile = authorityFile
        link = Connections.isReady ? estop_link_open() : nil
    }

    deinit { estop_link_close(link) }

    /// Begins a request; nil: the system has no memory for it.
    func start(_ asked: Asked, token: String?) -> Transfer? {
        guard let link else { return nil }
        let headers = asked.headers + (token.map { ["Authorization: Bearer \($0)"] } ?? [])
        var pointers: [UnsafeMutablePointer<CChar>?] = headers.map { $0.withCString { Connections.copy($0) } }
        defer { for pointer in pointers { pointer?.deallocate() } }
        guard !pointers.contains(where: { $0 == nil }) else { return nil }
        pointers.append(nil)
        let started = (address.base + asked.path).withCString { url in
            asked.method.withCString { method in
                asked.body.withUnsafeBytes { body in
                    pointers.withUnsafeBufferPointer { headers in
                        func start(_ authority: UnsafePointer<CChar>?) -> OpaquePointer? {
                            var request = estop_link_request()
                            request.url = url
                            request.headers = headers.baseAddress
                            request.method = method
                            request.body = body.baseAddress
                            request.length = body.count
                            request.ca_file = authority
                            request.connect_ms = asked.connectMs
                            request.total_ms = asked.totalMs
                            request.most = Connections.mostWaiting
                            request.fresh = asked.isFresh ? 1 : 0
                            return estop_link_start(link, &request)
                        }
                        return authorityFile.map { $0.withCString { start($0) } } ?? start(nil)
                    }
                }
            }
        }
        return started.map { Transfer($0) }
    }

    private static func copy(_ text: UnsafePointer<CChar>) -> UnsafeMutablePointer<CChar>? {
        var length = 0
        while text[length] != 0 { length += 1 }
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: length + 1)
        copy.initialize(from: text, count: length + 1)
        return copy
    }

    /// Goes on with what is under way, until something happens, the wire is pulled or so long.
    func drive(_ wire: Wire?, milliseconds: UInt64) {
        guard let link else { return Clock.sleep(milliseconds: min(milliseconds, 1_000)) }
        _ = estop_link_drive(link, wire?.readable ?? -1, milliseconds)
    }

    /// The status and media type of an answer, as far as they came; and how it ended, if it has.
    func look(_ transfer: Transfer) -> (status: Int, type: String, ended: Ended?, connects: Int) {
        var state = estop_link_state()
        estop_transfer_look(transfer.pointer, &state)
        let kind: Ended.Kind =
            switch Int(state.end) {
            case estop_link_complete: .complete
            case estop_link_certificate: .certificate
            case estop_link_timed_out: .timedOut
            case estop_link_not_found: .notFound
            case estop_link_too_large: .tooLarge
            default: .failed
            }
        let end = Ended(kind: kind, status: Int(state.status), error: Connections.text(state.error))
        return (
            Int(state.status), Connections.text(state.type), state.ended != 0 ? end : nil, Int(state.connects)
        )
    }

    /// Takes what came.
    func take(_ transfer: Transfer) -> [UInt8] {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = estop_transfer_take(transfer.pointer, &bytes, bytes.count)
            if count == 0 { return all }
            all += bytes[..<count]
        }
    }

    /// Ends a request, under way or not.
    func end(_ transfer: Transfer) {
        guard let link else { return }
        estop_transfer_end(link, transfer.pointer)
    }

    /// Asks and waits for the answer.
    func ask(_ asked: Asked, token: String?) -> (ended: Ended, body: [UInt8]) {
        guard let transfer = start(asked, token: token) else {
            return (Ended(kind: .failed, status: 0, error: "no memory, or libcurl cannot be used"), [])
        }
        defer { end(transfer) }
        var body: [UInt8] = []
        while true {
            drive(nil, milliseconds: 1_000)
            body += take(transfer)
            if let ended = look(transfer).ended { return (ended, body) }
        }
    }

    private static func text<Bytes>(_ bytes: Bytes) -> String {
        let raw = withUnsafeBytes(of: bytes) { Array($0.prefix { $0 != 0 }) }
        // Words of a stranger: nothing of them may do anything to a terminal.
        return String(
            String.UnicodeScalarView(
                String(decoding: raw, as: UTF8.self).unicodeScalars.filter {
                    $0.value >= 0x20 && $0.value != 0x7f && !(0x80..<0xa0).contains($0.value)
                }
            )
        )
    }
}
