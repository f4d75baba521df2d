public import KillSwitch

extension ActionOutcome {
    /// What answers and commands give to programs.
    ///
    /// - Parameters:
    ///   - done: what is said where it is done and made no request.
    ///   - waitedMs: how long was waited.
    public func json(done: String, waitedMs: UInt64) -> JSON {
        var members: [JSON.Member] = [
            .init("success", .bool(isDone)), .init("action", .string(action)),
            .init("message", .string(headline(done: done, waitedMs: waitedMs))),
            .init(
                "requests",
                .array(
                    requests.map { request in
                        .object([
                            .init("what", .string(request.what)),
                            .init("subject", .string(request.subject.description)),
                            .init("state", .string(request.state.rawValue)), .init("reason", .string(request.text)),
                            .init("number", request.number == 0 ? .null : .number(request.number)),
                        ])
                    }
                )
            ),
        ]
        if !accounts.isEmpty {
            members.append(.init("accounts", .array(accounts.map { Self.json($0) })))
            // The runbook's five names for one account stand at the top, too (FEATURES row C7).
            if accounts.count == 1, case .object(let fields) = accounts[0].result.json {
                members += fields.filter {
                    ["status", "current_count", "max_allowed", "excess", "sold"].contains($0.key)
                }
            }
        }
        return .object(members)
    }

    private static func json(_ account: Account) -> JSON {
        guard case .object(let fields) = account.result.json else { return .null }
        return .object([.init("account", .string(account.account))] + fields)
    }
}
