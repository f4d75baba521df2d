import Desk
import HTTPTypes
import HummingbirdCore
import KillSwitch
import NIOCore
import NIOHTTPTypes
import Settings

/// What stands behind the halts: takes a request off its connection, has it answered on a thread that may wait, and
/// writes the answer.
struct Responder: Sendable {
    let api: ControlAPI
    let threads: WorkThreads
    let streams: StreamHub
    /// Who is on the other side, where it is `estop.sock`.
    var peer: Peer?

    func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let began = Clock.boottime()
        let origin = Origin(
            request.head,
            channel.remoteAddress,
            peer,
            owner: api.desk.killSwitch.directory.owner,
            isProxied: api.settings.isBehindTLS
        )
        let (path, query) = APIRequest.split(request.head.path ?? "/")
        var asked = APIRequest(method: request.head.method.rawValue, path: path, query: query)
        asked.token = origin.token
        asked.host = request.head.authority.map { HostNames.name($0) }
        asked.origin = request.head.headerFields[.origin]
        asked.from = origin.description
        asked.peer = peer
        let answer: APIAnswer
        var route = "unknown"
        if let refusal = try await read(request, &asked) {
            answer = APIAnswer(refusing: refusal)
        } else {
            let (call, api) = (asked, api)
            let given = await threads.run { api.answer(call, isLocal: origin.isLocal, mayRestrict: origin.mayHalt) }
            if let given {
                (answer, route) = given
            } else {
                let why = "the host has too much to answer: try again. Halting is not affected"
                answer = APIAnswer(
                    refusing: APIRefusal(503, "busy", why, headers: [.init(name: "Retry-After", value: "1")])
                )
            }
        }
        api.meter.add(
            RequestMeter.Key(method: RequestMeter.known(asked.method), path: route, status: answer.status),
            microseconds: (Clock.boottime() - began) / 1_000
        )
        if request.head.method == .head { return try await writer.writeResponse(answer.head) }
        if answer.status == 200, answer.contentType == StreamHub.contentType {
            let last = HTTPField.Name("Last-Event-ID").flatMap { request.head.headerFields[$0] }.flatMap { UInt64($0) }
            let hub = asked.query["view"] == "screen" ? streams.screens ?? streams : streams
            return try await hub.serve(writer, channel, after: last, answer.head)
        }
        try await writer.write(
            response: answer.head,
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }

    /// Reads the body; a refusal when it is too long.
    private func read(_ request: Request, _ asked: inout APIRequest) async throws -> APIRefusal? {
        let most = api.settings.longestBody
        // What is left of the body is not read: the connection ends.
        let refusal = APIRefusal(
            413,
            "body_too_long",
            "the body is longer than \(most) bytes: send less at once",
            headers: [.init(name: "Connection", value: "close")]
        )
        if let text = request.head.headerFields[.contentLength], let length = Int(text), length > most {
            return refusal
        }
        for try await part in request.body {
            guard asked.body.count + part.readableBytes <= most else { return refusal }
            asked.body.append(contentsOf: part.readableBytesView)
        }
        return nil
    }
}

extension APIAnswer {
    /// Its head.
    var head: HTTPResponse {
        var fields = HTTPFields()
        fields[.contentType] = contentType
        fields[.cacheControl] = "no-store"
        fields[.xContentTypeOptions] = "nosniff"
        if contentType != StreamHub.contentType { fields[.contentLength] = String(body.count) }
        for header in headers {
            if let name = HTTPField.Name(header.name) { fields[name] = header.value }
        }
        return HTTPResponse(status: HTTPResponse.Status(code: status), headerFields: fields)
    }
}

extension RequestMeter {
    /// A method that is worth a count of its own.
    static func known(_ method: String) -> String {
        ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"].contains(method) ? method : "other"
    }
}
