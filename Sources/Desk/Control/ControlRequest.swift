import FoundationEssentials
public import KillSwitch
public import SafetyEngine

/// What a program on this machine may ask of the host over `estop.sock`: one JSON object a line, told from an event by its
/// first key, `ask`.
public enum ControlRequest: Sendable, Equatable {
    /// The engine's view, once.
    case view
    /// Open alerts alone, or resolved ones.
    case alerts(isHistory: Bool)
    /// The engine's view now, on every change, and once a second.
    case watch
    /// What became of this connection's events so far, once they are on disk.
    case flush
    /// Whether the engine takes events now, and what was taken of this connection's so far; does not wait for the disk.
    case received
    /// A summary for people.
    case summary
    /// Whether the desk works, in parts: what a look at the whole view would tell, in a short answer.
    case health
    /// The checks before a resume that the engine makes (`EngineChecks` of the kill switch asks for them).
    case preflight(mode: Mode, scope: Scope)
    /// What the engine's whole state comes to, and the desk's time then: to compare a replay with.
    case digest
    /// What became of the orders of the halt in force (`KillSwitch.ordersOfHalt` asks for it).
    case cancels
    /// How many exits are due, and whether they are off (`KillSwitch.exitsOfHalt` asks for it).
    case exits
    /// Takes over what of the configuration was held back because it loosens a limit.
    case confirmConfiguration(operatorName: String, reason: String, passphrase: String)
    /// Halt; needs neither an engine nor a right.
    case halt(scope: Scope, reason: String)
    /// An operator's action, and how long its requests to venues may take until it is answered.
    case act(OperatorAction, passphrase: String, waitMs: UInt64)
    /// What the cap would close, of an account (nil: of all), at most so many held (nil: its own cap).
    case capPlan(account: String?, most: Int?)
    /// Has venues (nil: all that are reached) list their orders and positions afresh.
    case reconnect(venue: String?, operatorName: String, reason: String, passphrase: String)
    /// Restarts what a supervisor watches, by its configured command.
    case restart(supervisor: String, operatorName: String, reason: String, passphrase: String)
    /// The report of a normalization; carried out unless it is a dry run.
    case normalize(operatorName: String, reason: String, passphrase: String, isDryRun: Bool)

    /// How long an action is waited for unless somebody says otherwise, in milliseconds.
    public static let waitMs: UInt64 = 5_000
    /// The longest that it can be waited for, in milliseconds.
    public static let mostWaitMs: UInt64 = 3_600_000

    /// Why a line is no request.
    public struct Refusal: Error, Sendable, Equatable {
        /// What is wrong and what to write instead.
        public let message: String
    }

    /// What can be asked.
    private static let asks = [
        "view", "alerts", "watch", "flush", "received", "summary", "health", "preflight", "digest", "cancels", "halt",
        "act", "cap_plan", "normalize", "reconnect", "restart", "exits", "confirm_configuration",
    ]

    /// What a request begins with.
    static let beginning = Array("{\"ask\"".utf8)

    /// Reads a line that begins as a request does.
    init(_ line: some Collection<UInt8>) throws(Refusal) {
        guard let object = JSON(bytes: line), let word = object["ask"]?.string else {
            throw Refusal(message: "this is no JSON object with one \"ask\"")
        }
        let name = object["operator"]?.string ?? ""
        let reason = object["reason"]?.string ?? ""
        let passphrase = object["passphrase"]?.string ?? ""
        switch word {
        case "view": self = .view
        case "alerts":
            let isHistory = if case .bool(let value)? = object["history"] { value } else { false }
            self = .alerts(isHistory: isHistory)
        case "watch": self = .watch
        case "flush": self = .flush
        case "received": self = .received
        case "summary": self = .summary
        case "health": self = .health
        case "preflight":
            guard let mode = object["mode"]?.string.flatMap({ Mode(name: $0) }) else {
                throw Refusal(message: "\"preflight\" needs a \"mode\"")
            }
            guard let scope = try? Scope(object["scope"]?.string ?? "") else {
                throw Refusal(message: "the \"scope\" of \"preflight\" is not understood")
            }
            self = .preflight(mode: mode, scope: scope)
        case "cap_plan":
            let most = object["most"]?.integer.map { Int(clamping: max(0, $0)) }
            self = .capPlan(account: object["account"]?.string, most: most)
        case "digest": self = .digest
        case "cancels": self = .cancels
        case "exits": self = .exits
        case "confirm_configuration":
            self = .confirmConfiguration(operatorName: name, reason: reason, passphrase: passphrase)
        case "halt":
            // As over HTTP: whatever else it says, it halts.
            let body = HaltBody(line)
            self = .halt(scope: body.scope, reason: body.reason)
        case "reconnect":
            self = .reconnect(
                venue: object["venue"]?.string,
                operatorName: name,
                reason: reason,
                passphrase: passphrase
            )
        case "restart":
            guard let supervisor = object["supervisor"]?.string else {
                throw Refusal(message: "\"restart\" needs a \"supervisor\"")
            }
            self = .restart(supervisor: supervisor, operatorName: name, reason: reason, passphrase: passphrase)
        case "normalize":
            let isDryRun = if case .bool(let value)? = object["dry_run"] { value } else { true }
            self = .normalize(operatorName: name, reason: reason, passphrase: passphrase, isDryRun: isDryRun)
        case "act":
            guard let change = object["change"] else { throw Refusal(message: "\"act\" needs a \"change\"") }
            guard let decoded = ControlRequest.change(change) else {
                throw Refusal(message: "the \"change\" of \"act\" is not understood")
            }
            let waitMs = object["wait_ms"]?.integer.map { UInt64(clamping: $0) } ?? ControlRequest.waitMs
            self = .act(
                OperatorAction(name: name, reason: reason, change: decoded),
                passphrase: passphrase,
                waitMs: min(waitMs, ControlRequest.mostWaitMs)
            )
        default:
            throw Refusal(
                message: "\"\(word.prefix(40))\" cannot be asked: \(Self.asks.joined(separator: ", "))"
            )
        }
    }

    /// A change as it stands in a request; nil: it is none.
    public static func change(_ json: JSON) -> OperatorAction.Change? {
        try? JSONDecoder().decode(OperatorAction.Change.self, from: Data(json.bytes))
    }

    /// A change as it stands in a request.
    public static func json(of change: OperatorAction.Change) -> JSON {
        (try? JSONEncoder().encode(change)).flatMap { JSON(bytes: $0) } ?? .null
    }

    /// The request as a line.
    public var line: String {
        func object(_ ask: String, _ members: [JSON.Member] = []) -> String {
            JSON.object([.init("ask", .string(ask))] + members).line
        }
        switch self {
        case .view: return object("view")
        case .alerts(let isHistory): return object("alerts", [.init("history", .bool(isHistory))])
        case .watch: return object("watch")
        case .flush: return object("flush")
        case .received: return object("received")
        case .summary: return object("summary")
        case .health: return object("health")
        case .preflight(let mode, let scope):
            return object(
                "preflight",
                [.init("mode", .string(mode.name)), .init("scope", .string(scope.description))]
            )
        case .capPlan(let account, let most):
            return object(
                "cap_plan",
                [.init("account", .text(account)), .init("most", most.map { .number($0) } ?? .null)]
            )
        case .digest: return object("digest")
        case .cancels: return object("cancels")
        case .exits: return object("exits")
        case .confirmConfiguration(let name, let reason, let passphrase):
            return object(
                "confirm_configuration",
                [
                    .init("operator", .string(name)), .init("reason", .string(reason)),
                    .init("passphrase", .string(passphrase)),
                ]
            )
        case .halt(let scope, let reason):
            return object("halt", [.init("scope", .string(scope.description)), .init("reason", .string(reason))])
        case .reconnect(let venue, let name, let reason, let passphrase):
            return object(
                "reconnect",
                [
                    .init("venue", .text(venue)), .init("operator", .string(name)), .init("reason", .string(reason)),
                    .init("passphrase", .string(passphrase)),
                ]
            )
        case .restart(let supervisor, let name, let reason, let passphrase):
            return object(
                "restart",
                [
                    .init("supervisor", .string(supervisor)), .init("operator", .string(name)),
                    .init("reason", .string(reason)), .init("passphrase", .string(passphrase)),
                ]
            )
        case .normalize(let name, let reason, let passphrase, let isDryRun):
            return object(
                "normalize",
                [
                    .init("dry_run", .bool(isDryRun)), .init("operator", .string(name)),
                    .init("reason", .string(reason)), .init("passphrase", .string(passphrase)),
                ]
            )
        case .act(let action, let passphrase, let waitMs):
            let change = ControlRequest.json(of: action.change)
            return object(
                "act",
                [
                    .init("operator", .string(action.name)), .init("reason", .string(action.reason)),
                    .init("passphrase", .string(passphrase)), .init("wait_ms", .number(waitMs)),
                    .init("change", change),
                ]
            )
        }
    }
}

/// The engine's view on the wire.
public enum ViewLine {
    private struct Envelope: Decodable { var view: EngineView }

    /// `{"view":...}`.
    public static func text(of view: EngineView) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let body = (try? encoder.encode(view)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
        return "{\"view\":\(body)}"
    }

    /// The view of such a line; nil: it is none.
    public static func view(of line: some Collection<UInt8>) -> EngineView? {
        try? JSONDecoder().decode(Envelope.self, from: Data(line)).view
    }
}

/// What became of an operator's action, on the wire.
public enum OutcomeLine {
    private struct Envelope: Codable { var outcome: ActionOutcome }

    /// `{"outcome":...}`.
    public static func text(of outcome: ActionOutcome) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let body = (try? encoder.encode(Envelope(outcome: outcome))).map { String(decoding: $0, as: UTF8.self) }
        return body ?? "{\"error\":\"the outcome cannot be written\"}"
    }

    /// The outcome of such a line; nil: it is none.
    public static func outcome(of line: some Collection<UInt8>) -> ActionOutcome? {
        try? JSONDecoder().decode(Envelope.self, from: Data(line)).outcome
    }
}
