import Desk
import KillSwitch

extension Routes {
    /// The kill switch: its status, its halts, its resume.
    static let switchRoutes: [Route] =
        [
            Route(
                method: "GET",
                path: "/api/emergency/kill-switch/status",
                right: .reader,
                summary: "The kill switch: mode, latches, gates, history",
                shape: .init(answer: [
                    ("is_active", "boolean"), ("kill_file_exists", "boolean"), ("kill_file_path", "string"),
                    ("recent_history", "array"), ("activation_count", "integer"), ("mode", "string"),
                    ("generation", "integer"), ("latches", "array"), ("gates", "object"),
                ]),
                answer: { _, world, _ throws(APIRefusal) in APIAnswer(status(world)) }
            )
        ]
        + HaltPaths.all.map { path in
            Route(
                method: "POST",
                path: path,
                right: .anybody,
                summary: "Halts all trading, or one scope; whatever body comes with it",
                shape: .init(
                    body: [
                        ("reason", "string", false), ("source", "string", false), ("user_id", "string", false),
                        ("scope", "string", false),
                    ],
                    answer: [
                        ("success", "boolean"), ("message", "string"), ("reason", "string"), ("source", "string"),
                        ("is_active", "boolean"), ("user_id", "string"), ("id", "string"), ("mode", "string"),
                        ("scope", "string"), ("generation", "integer"), ("durable", "boolean"), ("gates", "object"),
                        ("cancels", "object"), ("note", "string"),
                    ],
                    statuses: [500]
                ),
                // `HaltHandler` stands before this. If ever it does not, a halt is still a halt.
                answer: { request, _, call throws(APIRefusal) in
                    let (body, asker) = (HaltBody(request.body), Asker(request, call))
                    let report = call.desk.killSwitch.halt(
                        HaltRequest(
                            scope: body.scope,
                            reason: body.reason,
                            source: .api,
                            op: asker.name(body.user),
                            from: asker.place(source: body.source, body.user)
                        )
                    )
                    call.desk.switchChanged()
                    return HaltAnswer(
                        body: body,
                        isTaken: report.taken,
                        isDurable: report.durable,
                        isActive: report.onPage,
                        generation: report.state.generation,
                        gates: nil,
                        id: report.id,
                        coversAll: report.coversAll
                    ).answer
                }
            )
        }
        + [
            Route(
                method: "POST",
                path: "/api/emergency/kill-switch/deactivate",
                right: .bearer(.resume),
                summary: "Resumes: reason, preflight, answers and overrides; uses the token up",
                shape: .init(
                    body: [
                        ("reason", "string", false), ("mode", "string", false), ("scope", "string", false),
                        ("confirm", "array", false), ("overrides", "object", false), ("approve", "string", false),
                    ],
                    answer: [
                        ("success", "boolean"), ("message", "string"), ("is_active", "boolean"), ("mode", "string"),
                        ("generation", "integer"),
                    ],
                    isAlsoAccepted: true,
                    statuses: [400, 409]
                ),
                answer: { request, world, call throws(APIRefusal) in try Resuming.answer(request, world, call) }
            )
        ]

    /// What the runbooks read of the switch, and all of `estop status --json`.
    static func status(_ world: APIWorld) -> JSON {
        let seen = world.seen
        let stopFile = seen.stopFiles.first?.path ?? "\(world.directory)/EMERGENCY_STOP"
        let changes = seen.fold.history.filter { $0.change != .note }
        // A reason that was given afterwards stands in the place of the one that the halt had.
        let given = Dictionary(
            seen.fold.history.filter { $0.kind == .reason }.map { ($0.about ?? "", $0.reason) },
            uniquingKeysWith: { $1 }
        )
        var members: [JSON.Member] = [
            .init("is_active", .bool(world.isHalted || !seen.stopFiles.isEmpty)),
            .init("kill_file_exists", .bool(!seen.stopFiles.isEmpty)),
            .init("kill_file_path", .string(stopFile)),
            .init(
                "recent_history",
                .array(
                    changes.suffix(10).map { record in
                        .of([
                            "action": .string(record.change == .halt ? "activated" : "deactivated"),
                            "timestamp": .string(record.at), "reason": .string(given[record.id] ?? record.reason),
                            "source": .string(record.source.rawValue), "operator": .string(record.op),
                            "asked_by": .text(record.askedBy),
                            "scope": .string(record.scope.description), "mode": .string(record.mode.name),
                            "id": .string(record.id),
                        ])
                    }
                )
            ),
            // Of a log of which only the end was read, nobody has counted them.
            .init(
                "activation_count",
                seen.fold.isCut
                    ? .null : .number(changes.reduce(0) { $0 + ($1.change == .halt ? max(1, $1.count ?? 1) : 0) })
            ),
        ]
        if case .object(let rest) = seen.statusJSON(desk: world.name) {
            members += rest.filter { $0.key != "history" }
        }
        return .object(members)
    }
}
