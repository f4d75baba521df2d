import Desk
import KillSwitch

/// What became of a halt that was asked for over HTTP.
struct HaltAnswer: Sendable, Equatable {
    /// What was asked.
    var body: HaltBody
    /// On the page, or left as a stop file.
    var isTaken: Bool
    /// Whether its record is on disk.
    var isDurable: Bool
    /// Whether the page refuses.
    var isActive: Bool
    /// The page's generation after it.
    var generation: UInt32
    /// Gates that are open, and those of them that have acknowledged.
    var gates: (open: Int, acknowledged: Int)?
    /// The halt's id.
    var id: String
    /// What is known now of the orders that it found; nil: nobody knows.
    var orders: JSON?
    /// Whether everything was halted before the body was there.
    var isAheadOfBody = false
    /// Whether the reason that came later is on disk too.
    var isExplained = true
    /// Whether the page halted everything: that was asked for, or it could not take the scope.
    var coversAll = false

    static func == (left: HaltAnswer, right: HaltAnswer) -> Bool {
        left.body == right.body && left.isTaken == right.isTaken && left.isDurable == right.isDurable
            && left.id == right.id && left.isActive == right.isActive && left.generation == right.generation
            && left.coversAll == right.coversAll
            && left.isAheadOfBody == right.isAheadOfBody && left.isExplained == right.isExplained
    }

    /// What was halted.
    var scope: Scope { isAheadOfBody || coversAll ? .global : body.scope }

    /// What somebody has to know whose halt is not the one that was asked for; nil: it is.
    var note: String? {
        guard isAheadOfBody else {
            if let problem = body.problem { return "\(problem): all trading was halted" }
            guard coversAll, !body.scope.isGlobal else { return nil }
            return "the page could not take the scope \(body.scope) (too long, or no entry was free): "
                + "all trading was halted"
        }
        let narrower = body.scope.isGlobal ? "" : ", though the body asks for \(body.scope) only"
        return "the body did not come with the head: all trading was halted without waiting for it\(narrower)"
            + (isExplained ? "" : ". Its reason could not be recorded")
    }

    /// What the runbooks read, and what is known besides.
    var answer: APIAnswer {
        let what = scope.isGlobal ? "all trading" : "\(scope)"
        let message =
            !isTaken
            ? "NOT HALTED: neither the page nor a stop file could be written. Stop the bots by hand"
            : isDurable
                ? "kill switch activated: \(what) is halted"
                : "kill switch activated: \(what) is halted; the record is not on disk yet and is tried again"
        return APIAnswer(
            isTaken ? 200 : 500,
            .object([
                .init("success", .bool(isTaken)), .init("message", .string(message)),
                .init("reason", .string(body.reason)), .init("source", .string(body.source ?? "API")),
                .init("is_active", .bool(isActive)), .init("user_id", .text(body.user)),
                .init("id", .string(id)), .init("mode", .string(scope.isGlobal ? "halted" : "restricted")),
                .init("scope", .string(scope.description)),
                .init("generation", .number(generation)), .init("durable", .bool(isDurable)),
                .init(
                    "gates",
                    gates.map { gates in
                        .object([
                            .init("open", .number(gates.open)), .init("acknowledged", .number(gates.acknowledged)),
                        ])
                    } ?? .null
                ),
                .init("cancels", orders ?? .null), .init("note", .text(note)),
            ])
        )
    }
}
