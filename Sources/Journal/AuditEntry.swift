import SafetyEngine

/// Something for the audit: who did what, and when.
///
/// Operator actions, starts and changes of the configuration, and the engine's orders to halt come into it by
/// themselves, with their event or decision; resumes and halts by hand are added by the host, with the record's words.
public struct AuditEntry: Sendable, Equatable {
    /// When, in the desk's own time: milliseconds.
    public var atMs: UInt64
    /// When by the wall clock: milliseconds since 1970, UTC.
    public var wallMs: Int64
    /// Who: `operator:alice`, `rule:DAILY_DRAWDOWN`, `host:desk`.
    public var who: String
    /// What, in one word: `halt`, `resume`, `configuration`, `reset_breaker`, `add_dust`, ...
    public var what: String
    /// The particulars, as JSON.
    public var body: [UInt8]

    /// Creates an entry.
    public init(atMs: UInt64, wallMs: Int64, who: String, what: String, body: [UInt8]) {
        self.atMs = atMs
        self.wallMs = wallMs
        self.who = who
        self.what = what
        self.body = body
    }

    /// What an event brings to the audit; nil: nothing.
    init?(_ event: Event, _ receipt: Receipt) {
        let what: String
        switch event.body {
        case .operatorAction(let action): what = action.change.word
        case .host(.started): what = "start"
        case .host(.settings): what = "configuration"
        default: return nil
        }
        self.init(
            atMs: receipt.atMs,
            wallMs: receipt.wallMs,
            who: event.origin.source.description,
            what: what,
            body: AuditEntry.bytes(of: event)
        )
    }

    /// What a decision brings to the audit; nil: nothing.
    init?(_ decision: Decision, _ receipt: Receipt) {
        guard case .halt(let order) = decision else { return nil }
        self.init(
            atMs: receipt.atMs,
            wallMs: receipt.wallMs,
            who: "rule:\(order.rule)",
            what: "halt",
            body: (try? StoredJSON.bytes(of: order)) ?? []
        )
    }

    private static func bytes(of event: Event) -> [UInt8] {
        switch event.body {
        case .operatorAction(let action): (try? StoredJSON.bytes(of: action)) ?? []
        case .host(.started(let settings)), .host(.settings(let settings)):
            (try? StoredJSON.bytes(of: settings)) ?? []
        default: []
        }
    }
}
