import Desk
import KillSwitch
import SafetyEngine

/// Events over HTTP: the same lines, refusals and back-pressure as on `estop.sock`.
enum Ingest {
    /// How long a sender is made to wait for room, in milliseconds.
    static let patienceMs: Int32 = 5_000

    static func answer(_ request: APIRequest, _ call: APICall) throws(APIRefusal) -> APIAnswer {
        let host = try Routes.host(call)
        let (events, refusals) = read(request.body, desk: host.deskName)
        try check(events, call.claims)
        guard !events.isEmpty || !refusals.isEmpty else {
            throw APIRefusal(400, "no_events", "the body has no event: send one JSON object, or one a line")
        }
        var taken = 0
        for start in stride(from: 0, to: events.count, by: 4_096) {
            let batch = Array(events[start..<min(events.count, start + 4_096)])
            let offer = offer(batch, host)
            guard offer == .taken else {
                let isBusy = offer == .noRoom
                throw APIRefusal(
                    503,
                    isBusy ? "busy" : "engine_down",
                    "the engine \(isBusy ? "has no room now" : "is stopping"): send the events from number \(taken + 1) on again",
                    details: [.init("taken", .number(taken))],
                    headers: [.init(name: "Retry-After", value: "1")]
                )
            }
            taken += batch.count
        }
        if !refusals.isEmpty {
            host.refused(refusals.count, from: call.claims.map { "http:\($0.operatorName)" } ?? request.from)
        }
        let isDurable = taken > 0 && host.reachesDisk(withinMs: 5_000)
        var members: [JSON.Member] = [
            .init("taken", .number(taken)),
            .init(
                "refused",
                .array(refusals.map { .of(["line": .number($0.line), "why": .string($0.why)]) })
            ),
            .init("durable", .bool(isDurable)),
        ]
        guard events.isEmpty else { return APIAnswer(.object(members)) }
        // An error like every other, with what is wrong line by line beside it.
        let error: JSON = .of([
            "code": .string("no_event_taken"), "message": .string("no line of the body is an event"),
        ])
        members.insert(.init("error", error), at: 0)
        return APIAnswer(400, .object(members))
    }

    /// Nobody speaks as a venue but with a token for that venue: a venue's word is the proof.
    static func check(_ events: [(event: Event, line: [UInt8])], _ claims: BearerClaims?) throws(APIRefusal) {
        let venues = claims?.venues ?? []
        for (event, line) in events where event.origin.source.kind == .venue {
            let about = [event.origin.source.name, JSON(bytes: line)?["venue"]?.string ?? event.origin.source.name]
            guard let other = about.first(where: { !venues.contains($0) }) else { continue }
            throw APIRefusal(
                403,
                "venue_not_allowed",
                "this token may not speak as venue:\(other.prefix(64)), and nothing of the request was taken: send it as "
                    + "bot:NAME, or issue a token for it (estop token issue --role feed --scope venue=NAME)"
            )
        }
    }

    /// Events and what is wrong with the other lines.
    static func read(
        _ body: [UInt8],
        desk: String = ""
    ) -> (
        events: [(event: Event, line: [UInt8])], refusals: [(line: Int, why: String)]
    ) {
        var events: [(event: Event, line: [UInt8])] = []
        var refusals: [(line: Int, why: String)] = []
        for (number, text) in lines(body) {
            do {
                var rows = EventLine.RowRefusals()
                let event = try EventLine.parse(text.span, &rows)
                try EventLine.admit(event, to: desk)
                switch event.origin.source.kind {
                case .bot, .venue:
                    events.append((event, Array(text)))
                    refusals += rows.first.map {
                        (number, "\($0) (the other rows count; the list is not complete)")
                    }
                case .operator, .host: refusals.append((number, "source has to be bot:NAME or venue:NAME"))
                }
            } catch {
                refusals.append((number, error.description))
            }
        }
        return (events, refusals)
    }

    /// One object over several lines is one event; else each line is.
    private static func lines(_ body: [UInt8]) -> [(Int, ArraySlice<UInt8>)] {
        if JSON(bytes: body) != nil {
            // Newlines within an object are only white space.
            return [(1, ArraySlice(body.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }))]
        }
        return body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap {
            let line = $1.last == UInt8(ascii: "\r") ? $1.dropLast() : $1
            return line.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? nil : ($0 + 1, line)
        }
    }

    private static func offer(_ batch: [(event: Event, line: [UInt8])], _ host: DeskHost) -> EventOffer {
        let room = Wire()
        let first = host.ingest(batch, whenEmptied: { room.pull() })
        guard first == .noRoom, room.wait(milliseconds: patienceMs) else { return first }
        return host.ingest(batch, whenEmptied: {})
    }
}
