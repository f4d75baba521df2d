// Everything in this file is deleted at the merge: the book, the roster, the exits and the list of dust bring these
// themselves, under the same names.

extension Roster {
    func lateness(
        at atMs: UInt64,
        _ settings: EngineSettings
    ) -> [(name: String, percent: Int, isDead: Bool, feeds: String, ageMs: UInt64)] { [] }
}

extension DustList {
    func contains(_ position: PositionKey) -> Bool { false }
}

extension EngineSettings.Cap {
    func most(for account: AccountKey) -> Int {
        if let own = mostByAccount[account.description] ?? mostByAccount[account.account] { return own }
        let isUser = userAccounts.contains(account.description) || userAccounts.contains(account.account)
        return isUser ? mostForUsers : most
    }
}
