import KillSwitch

/// What an answer to a halt means.
enum HaltReply {
    /// The path by which halts are asked for.
    static let path = "/api/emergency/kill-switch/activate"

    /// A halt as it is sent.
    static func asked(reason: String, operatorName: String, limitMs: UInt64, isFresh: Bool) -> Asked {
        var asked = Asked.post(
            path,
            .object([
                .init("reason", .string(reason)), .init("source", .string("dashboard")),
                .init("user_id", .string(operatorName)),
            ])
        )
        asked.connectMs = limitMs
        asked.totalMs = limitMs
        asked.isFresh = isFresh
        return asked
    }

    /// What came back.
    static func answer(_ ended: Ended, _ body: [UInt8], place: String) -> HaltOrder.Answer {
        guard ended.status > 0 else { return .failed(LinkProblem.of(ended, place: place)) }
        if let json = JSON(bytes: body), json["success"] == .bool(false), let message = json["message"]?.string {
            return .failed("\(place): \(message)")
        }
        guard ended.status == 200 else { return .failed(LinkProblem.of(status: ended.status, body, place: place)) }
        // Only estop's own word counts: any web server can say 200.
        guard let json = JSON(bytes: body), json["success"] == .bool(true), json["is_active"] == .bool(true),
            let id = json["id"]?.string, let generation = json["generation"]?.integer.flatMap({ UInt32(exactly: $0) })
        else { return .failed("\(place) answered, but not as estop confirms a halt") }
        if json["durable"] == .bool(true) { return .confirmed(id: id, generation: generation) }
        return .onPage(id: id, problem: "halted there, and not on its disk yet")
    }
}
