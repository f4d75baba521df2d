public import KillSwitch

extension Engine {
    /// Takes the halts in force as the host sees them.
    mutating func take(_ told: [HostEvent.Halt], at atMs: UInt64) {
        halts = told.map { halt in
            guard var watch = halts.first(where: { $0.isSame(as: halt) }) else {
                return HaltWatch(halt, at: atMs, book)
            }
            let stoppedMs = watch.halt.stoppedMs ?? halt.stoppedMs
            let traded = watch.halt.traded + halt.traded.filter { !watch.halt.traded.contains($0) }
            watch.halt = halt
            // Who was stopped by the first of several halts sent nothing since.
            watch.halt.stoppedMs = stoppedMs
            watch.halt.traded = traded
            return watch
        }
    }

    /// Notes since when the orders of each halt are gone.
    mutating func settleHalts(at atMs: UInt64) {
        for place in halts.indices {
            let isGone = ordersProof(halts[place], at: atMs).standing == .gone
            if !isGone { halts[place].goneMs = nil } else if halts[place].goneMs == nil { halts[place].goneMs = atMs }
        }
    }

    /// What is proved of the orders of a scope; nil: no halt that covers it was told.
    public func ordersProof(of scope: Scope, at atMs: UInt64) -> OrdersProof? {
        let watch = halts.first { $0.scope.isGlobal } ?? halts.first { $0.scope == scope }
        return watch.map { ordersProof($0, at: atMs) }
    }

    /// What is proved of the orders of a halt.
    func ordersProof(_ watch: HaltWatch, at atMs: UInt64) -> OrdersProof {
        let scope = watch.scope
        let (claims, claimed) = claims(scope)
        var accounts = known(watch, scope).map { key in account(key, watch, claims[key], at: atMs) }
        if watch.halt.hasForgotten ?? false, !settings.isPaper {
            let what = "accounts that only the lost journal knew"
            accounts.append(OrdersProof.Account(venue: what, account: "", state: .unlisted))
        }
        let isUnlisted = accounts.contains { $0.state == .unlisted } || (accounts.isEmpty && !settings.isPaper)
        let standing: OrdersProof.Standing =
            if accounts.contains(where: { $0.state == .open }) {
                .open
            } else if isUnlisted, !settings.ordersAreNotWatched {
                .unlisted
            } else if accounts.isEmpty && settings.isPaper
                || accounts.contains(where: { $0.state == .waiting || $0.state == .silent })
            {
                .waiting
            } else {
                isUnlisted ? .notWatched : .gone
            }
        return OrdersProof(
            id: watch.halt.id,
            scope: watch.halt.scope,
            generation: watch.halt.generation,
            ageMs: atMs.since(watch.sinceMs),
            goneAfterMs: standing == .gone ? watch.goneMs.map { $0.since(watch.sinceMs) } : nil,
            found: watch.found,
            standing: standing,
            isStopped: watch.halt.stoppedMs != nil,
            accounts: accounts,
            claimed: claimed
        )
    }

    /// Venues of which no account is known: those that only said how they are reached, and those of the configuration that
    /// never reported. Whatever is open there, nobody lists it.
    ///
    /// - Parameter configured: the names of the configuration that count.
    func venuesWithoutAccount(_ scope: Scope, configured: [String]) -> [String] {
        var names: [String] = []
        for name in book.reached.keys + configured.sorted() where scope.values[.venue].map({ $0 == name }) ?? true {
            guard !names.contains(name), !book.venues.keys.contains(where: { $0.venue == name }) else { continue }
            names.append(name)
        }
        return names
    }

    /// Every account that the desk knows of: configured at a venue, reported by one, named by a bot, or by the scope of a gate.
    private func known(_ watch: HaltWatch, _ scope: Scope) -> [AccountKey] {
        var keys = Ledger<AccountKey, Bool>()
        for key in book.venues.keys where scope.concerns(key) { keys[key] = true }
        for key in watch.accounts.keys { keys[key] = true }
        for place in book.orders.indices where book.orders.values[place].isOpen {
            let key = AccountKey(venue: book.orders.keys[place].venue, account: book.orders.keys[place].account)
            if !key.venue.isEmpty, scope.concerns(key) { keys[key] = true }
        }
        // A paper desk's orders are in its own venue, whatever else bots say of a real one.
        if !settings.isPaper {
            for place in book.positions.indices {
                guard let claimed = book.positions.values[place].claimed, claimed != Decimal(0) else { continue }
                let key = book.positions.keys[place].accountKey
                if !key.venue.isEmpty, scope.concerns(key) { keys[key] = true }
            }
        }
        // A word about a venue as a whole names no account of it; a list of orders, or an order, does.
        let named = Set(keys.keys.filter { !$0.account.isEmpty }.map(\.venue))
        keys.keep { key, _ in
            !key.account.isEmpty || !named.contains(key.venue) || book.venues[key]?.ordersListedMs != nil
                || watch.accounts[key].map { !$0.open.isEmpty || $0.newCount > 0 } ?? false
                || openBefore(key, scope).count > 0
        }
        if scope.values[.account] == nil {
            for name in venuesWithoutAccount(scope, configured: Array(settings.settleByVenue.keys)) {
                let key = AccountKey(venue: name, account: "")
                if !keys.keys.contains(where: { $0.venue == name }) { keys[key] = true }
            }
        }
        for text in watch.halt.traded {
            guard let traded = try? Scope(text) else { continue }
            let (venue, account) = (traded.values[.venue], traded.values[.account])
            guard venue != nil || account != nil, scope.covers(traded) else { continue }
            let isKnown = keys.keys.contains { key in
                (venue.map { $0 == key.venue } ?? true) && (account.map { $0 == key.account } ?? true)
            }
            if !isKnown { keys[AccountKey(venue: venue ?? "", account: account ?? "")] = true }
        }
        return keys.keys
    }

    private func account(
        _ key: AccountKey,
        _ watch: HaltWatch,
        _ claimMs: UInt64?,
        at atMs: UInt64
    ) -> OrdersProof.Account {
        var account = OrdersProof.Account(venue: key.venue, account: key.account, state: .unlisted)
        let (venue, seen) = (book.venues[key], watch.accounts[key])
        account.listedAgeMs = (seen?.listedMs).map { atMs.since($0) }
        if let seen {
            account.open = seen.open.count
            account.names = seen.open.prefix(3).map { name(of: $0, key) }
            account.new = seen.newCount
            account.bots = seen.bots
        }
        if account.open > 0 {
            account.state = .open
        } else if seen?.listedMs == nil, venue?.ordersListedMs == nil {
            // What its venue said of single orders before the halt is all that is known of it.
            let before = openBefore(key, watch.scope)
            account.open = before.count
            account.names = before.names
            account.state = before.count > 0 ? .open : .unlisted
        } else if venue?.isSilent ?? false
            || account.listedAgeMs.map({ $0 > min(settings.venueSilentMs, settings.streams.ordersMs) }) ?? false
        {
            account.state = .silent
        } else if let seen, let pair = seen.pair, watch.isAfterStop(pair, settings.settleMs(of: key.venue)),
            claimMs.map({ pair.begunMs > $0 + settings.settleMs(of: key.venue) }) ?? true
        {
            account.state = .proved
        } else {
            let before = seen?.listedMs == nil ? openBefore(key, watch.scope) : (count: 0, names: [])
            account.open = before.count
            account.names = before.names
            account.state = before.count > 0 ? .open : .waiting
        }
        return account
    }

    /// Orders that their venue called open before the halt, as long as nothing was listed since.
    private func openBefore(_ key: AccountKey, _ scope: Scope) -> (count: Int, names: [String]) {
        var (count, names) = (0, [String]())
        for place in book.orders.indices where book.orders.values[place].isOpen && book.orders.values[place].isProven {
            let (name, order) = (book.orders.keys[place], book.orders.values[place])
            guard name.venue == key.venue, name.account == key.account, !order.isReduceOnly, scope.concerns(name, order)
            else { continue }
            count += 1
            if names.count < 3 { names.append(name.clientID.hasPrefix("@") ? order.venueID : name.clientID) }
        }
        return (count, names)
    }

    /// The desk's own name for an order that its venue listed by another one.
    private func name(of venueID: String, _ key: AccountKey) -> String {
        book.clientIDs[OrderKey(venue: key.venue, account: key.account, clientID: venueID)] ?? venueID
    }

    /// Orders that only bots speak of: when the last of each account was first spoken of, and their names.
    private func claims(_ scope: Scope) -> (lastMs: [AccountKey: UInt64], names: [String]) {
        var (lastMs, names) = ([AccountKey: UInt64](), [String]())
        for place in book.orders.indices where book.orders.values[place].isOpen && !book.orders.values[place].isProven {
            let (name, order) = (book.orders.keys[place], book.orders.values[place])
            // What was made and not sent is nowhere.
            guard order.state != .new, !order.isReduceOnly, scope.concerns(name, order) else { continue }
            let key = AccountKey(venue: name.venue, account: name.account)
            lastMs[key] = max(lastMs[key] ?? 0, order.sinceMs)
            names.append(name.clientID)
        }
        return (lastMs, names)
    }
}
