import Desk
import KillSwitch

/// openapi.json, made from the table of routes.
enum OpenAPI {
    static func document(_ routes: [Route]) -> JSON {
        var paths: [JSON.Member] = []
        var named: [String] = []
        for route in routes where !named.contains(route.path) {
            named.append(route.path)
            let here = routes.filter { $0.path == route.path }
            paths.append(.init(route.path, .object(here.map { .init($0.method.lowercased(), operation($0)) })))
        }
        return .of([
            "openapi": .string("3.1.0"),
            "info": .of([
                "title": .string("estop"), "version": .string("1"),
                "description": .string("The emergency stop of a trading desk. Halting needs no token on this machine."),
            ]),
            "paths": .object(paths),
            "components": .of([
                "securitySchemes": .of([
                    "bearer": .of([
                        "type": .string("http"), "scheme": .string("bearer"), "bearerFormat": .string("JWT"),
                    ])
                ]),
                "schemas": .of([
                    "Error": .of([
                        "type": .string("object"), "required": .array([.string("error")]),
                        "properties": .of([
                            "error": .of([
                                "type": .string("object"),
                                "required": .array([.string("code"), .string("message")]),
                                "properties": .of(["code": type("string"), "message": type("string")]),
                            ])
                        ]),
                    ])
                ]),
            ]),
        ])
    }

    private static func type(_ name: String) -> JSON { .of(["type": .string(name)]) }

    /// A name in an answer may be null where nothing is known.
    private static func known(_ name: String) -> JSON {
        .of(["type": .array([.string(name), .string("null")])])
    }

    private static func operation(_ route: Route) -> JSON {
        var members: [JSON.Member] = [
            .init("summary", .string(route.summary)), .init("operationId", .string(name(route))),
        ]
        let query: [JSON] = route.shape.query.map {
            .of(["name": .string($0.name), "in": .string("query"), "schema": bounded($0.name, $0.type)])
        }
        let open: [JSON] = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            .of([
                "name": .string(String($0.dropFirst().dropLast())), "in": .string("path"), "required": .bool(true),
                "schema": .of(["type": .string("string"), "minLength": .number(1)]),
            ])
        }
        if !(query + open).isEmpty { members.append(.init("parameters", .array(query + open))) }
        if !route.shape.body.isEmpty { members.append(.init("requestBody", body(route))) }
        if route.right == .bearer(.sendEvents) { members.append(.init("requestBody", events)) }
        let bearer: JSON = .of(["bearer": .array([])])
        // On this machine whoever reads, halts or restricts needs no token: `{}` says that it can be left out.
        let isOptional = if case .bearer = route.right { false } else { true }
        members.append(.init("security", .array(isOptional ? [.object([]), bearer] : [bearer])))
        members.append(.init("responses", responses(route)))
        return .object(members)
    }

    private static func name(_ route: Route) -> String {
        route.method.lowercased() + route.path.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    private static func body(_ route: Route) -> JSON {
        let needed = route.shape.body.filter(\.isNeeded)
        let properties: [JSON.Member] = route.shape.body.map { .init($0.name, member($0.type, isNeeded: $0.isNeeded)) }
        var schema: [JSON.Member] = [.init("type", .string("object")), .init("properties", .object(properties))]
        if !needed.isEmpty { schema.append(.init("required", .array(needed.map { .string($0.name) }))) }
        if route.refusesUnknownNames { schema.append(.init("additionalProperties", .bool(false))) }
        if HaltPaths.contains(route.path) {
            // Every body at all halts: what can be read of it is used.
            schema = [
                .init("description", .string("reason, source, user_id, scope: what can be read of them is used")),
                .init("examples", .array([.of(["reason": .string("why"), "source": .string("MANUAL")])])),
            ]
        }
        return .of([
            "required": .bool(!needed.isEmpty),
            "content": .of(["application/json": .of(["schema": .object(schema)])]),
        ])
    }

    /// What comes in is described by a schema of its own.
    private static let events: JSON = .of([
        "required": .bool(true), "description": .string("events as `estop ingest --schema` describes them, one a line"),
        "content": .of([
            "application/x-ndjson": .of(["schema": type("string")]),
            "application/json": .of(["schema": type("object")]),
        ]),
    ])

    private static func member(_ name: String, isNeeded: Bool) -> JSON {
        switch name {
        case "array": .of(["type": .string("array"), "items": type("string")])
        // Digits in a string are kept as they are written.
        case "decimal": .of(["type": .array([.string("number"), .string("string")])])
        // What has to be said is not blank.
        case "string" where isNeeded: .of(["type": .string("string"), "pattern": .string("\\S")])
        default: type(name)
        }
    }

    private static func bounded(_ name: String, _ kind: String) -> JSON {
        guard kind == "integer" else { return type(kind) }
        let range = name == "limit" ? APIWorld.limits : APIWorld.offsets
        return .of([
            "type": .string(kind), "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
        ])
    }

    /// Whether 503 is told by the same answer as 200: the desk does not work, for these reasons.
    private static func tellsHealth(_ route: Route) -> Bool { route.shape.answer.contains { $0.name == "healthy" } }

    private static func responses(_ route: Route) -> JSON {
        let object: JSON = .of([
            "type": .string("object"),
            "properties": .object(route.shape.answer.map { .init($0.name, known($0.type)) }),
        ])
        let isJSON = route.shape.contentType == "application/json"
        let schema: JSON =
            !isJSON
            ? type("string")
            : route.shape.isList ? .of(["type": .string("array"), "items": object]) : object
        var members: [JSON.Member] = [
            .init(
                "200",
                .of([
                    "description": .string("done"),
                    "content": .object([.init(route.shape.contentType, .of(["schema": schema]))]),
                ])
            )
        ]
        if route.shape.isAlsoAccepted {
            members.append(
                .init(
                    "202",
                    .of([
                        "description": .string("asked: another operator has to confirm it within 5 minutes"),
                        "content": .of([
                            "application/json": .of([
                                "schema": .of([
                                    "type": .string("object"),
                                    "properties": .of([
                                        "success": type("boolean"), "message": type("string"),
                                        "approve": type("string"),
                                        "expires_in_ms": type("integer"), "expires_at": type("string"),
                                        "waiting": type("object"),
                                    ]),
                                ])
                            ])
                        ]),
                    ])
                )
            )
        }
        let statuses = Set(route.shape.statuses).union([401, 403, 408, 413, 503])
        for status in statuses.sorted() {
            // What is under way, or done in part, is told by the same answer as what is done.
            let isUnderWay = status < 300
            let error: JSON =
                isUnderWay || status == 503 && tellsHealth(route)
                    || status == 500 && HaltPaths.contains(route.path)
                ? object : .of(["$ref": .string("#/components/schemas/Error")])
            members.append(
                .init(
                    String(status),
                    .of([
                        "description": .string(isUnderWay ? "under way, or done in part" : "not done, and why"),
                        "content": .of(["application/json": .of(["schema": error])]),
                    ])
                )
            )
        }
        return .object(members)
    }
}
