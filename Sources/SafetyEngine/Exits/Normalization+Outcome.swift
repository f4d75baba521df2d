extension Normalization {
    /// What a run would do to what an engine knows.
    ///
    /// - Parameters:
    ///   - account: only this one, `venue/account` or `account`; nil: all.
    ///   - most: how many positions each may hold instead of its cap.
    public static func plan(
        _ engine: Engine,
        at atMs: UInt64,
        account: String? = nil,
        most: Int? = nil
    ) -> Normalization {
        var settings = engine.settings
        if let most {
            settings.cap.most = most
            settings.cap.mostForUsers = most
            settings.cap.mostByAccount = [:]
        }
        var run = plan(
            book: engine.book,
            valuation: engine.book.valuation(at: atMs, engine.settings),
            dust: engine.dust,
            exits: engine.exits,
            at: atMs,
            settings: settings
        )
        if let account { run.keep { $0.description == account || $0.account == account } }
        return run
    }

    /// What has to be ordered: the caps of the accounts that hold too many and whose venue is heard, one by one, as an
    /// operator enforces them.
    public var orders: [OperatorAction.Change] {
        accounts.filter { $0.isHeard && !$0.plan.closes.isEmpty }.map {
            .enforceCap(account: $0.account.description, most: nil)
        }
    }

    /// Positions of the run that are held still, and whose close was not refused: what there is to wait for.
    public func waiting(in engine: Engine) -> Int {
        goes(in: engine).count { key in
            guard case .refused = engine.exits.proposals[ExitProposal.id(.positionCap, key)]?.progress.phase else {
                return true
            }
            return false
        }
    }

    /// Takes over what became of the run: a position that is held still was not sold, whatever was answered.
    public mutating func settle(in engine: Engine) {
        for key in goes(in: engine) {
            let progress = engine.exits.proposals[ExitProposal.id(.positionCap, key)]?.progress
            switch progress?.phase {
            case .accepted: refuse(key, "its venue took the order and holds it still")
            case let phase?:
                let words = progress?.words(retries: engine.settings.orders.retries) ?? ""
                refuse(key, phase == .proposed ? "not ordered" : words)
            case nil: refuse(key, "nothing closes it any more")
            }
        }
    }

    private func goes(in engine: Engine) -> [PositionKey] {
        accounts.flatMap(\.removed).map(\.position).filter { engine.book.positions[$0]?.isHeld ?? false }
    }
}
