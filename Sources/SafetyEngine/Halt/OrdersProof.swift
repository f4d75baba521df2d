/// What is proved of the orders of one halt: the answer that screens, commands, HTTP, the record and the checks before a resume
/// all give.
public struct OrdersProof: Sendable, Equatable, Codable {
    /// What it comes to.
    public enum Standing: String, Sendable, Codable, CaseIterable {
        /// Every account proved that nothing is left that can add exposure.
        case gone
        /// Some are open.
        case open
        /// Nobody can say yet: listings are still to come.
        case waiting
        /// Nobody lists the orders of some account: never verified.
        case unlisted
        /// The same, of a desk that is meant to work so (`[venues] orders = "not watched"`).
        case notWatched = "not_watched"
    }

    /// One account.
    public struct Account: Sendable, Equatable, Codable {
        /// What is known of it.
        public enum State: String, Sendable, Codable {
            /// Two complete listings since show nothing.
            case proved
            /// Orders are open.
            case open
            /// It lists, and has not proved it yet.
            case waiting
            /// It has not listed its orders for too long.
            case silent
            /// It never listed them.
            case unlisted
        }

        /// The venue; empty: not known.
        public var venue: String
        /// The account; empty: not known.
        public var account: String
        /// What is known of it.
        public var state: State
        /// Orders that can add exposure and are open there.
        public var open = 0
        /// Some of their names.
        public var names: [String] = []
        /// Orders that appeared there after the halt had stopped everything.
        public var new = 0
        /// Strategies that are known to have sent them.
        public var bots: [String] = []
        /// Milliseconds since it listed its orders last; nil: it did not since the halt.
        public var listedAgeMs: UInt64?

        /// Its name, for people.
        public var name: String {
            venue.isEmpty ? "account \(account)" : account.isEmpty ? venue : "\(venue)/\(account)"
        }
    }

    /// The halt's record's id.
    public var id: String
    /// What the halt covers.
    public var scope: String
    /// The page's generation after it.
    public var generation: UInt32
    /// Milliseconds since the engine knows of it.
    public var ageMs: UInt64
    /// Milliseconds from then until its orders were gone; nil: they are not.
    public var goneAfterMs: UInt64?
    /// Orders that were open then.
    public var found: Int
    /// What it comes to.
    public var standing: Standing
    /// Whether every gate that the halt covers was seen to have stopped.
    public var isStopped: Bool
    /// Every account that the desk knows of.
    public var accounts: [Account]
    /// Names of orders that only bots speak of: no venue ever listed them.
    public var claimed: [String]

    /// Orders that can add exposure and are open.
    public var open: Int { accounts.reduce(0) { $0 + $1.open } }

    /// Orders that appeared after the halt had stopped everything.
    public var new: Int { accounts.reduce(0) { $0 + $1.new } }

    private static let mostNamed = 3
    /// Of a scope that names nothing that is there, perhaps because it is misspelt.
    private static let nothingCovered = "no account that is known is covered by it"

    /// What can be said of them after `orders: `.
    ///
    /// - Parameter reached: venues where a halt cancels; nil: not known.
    public func text(reached: Set<String>? = nil) -> String {
        var text = standingText(reached)
        let places = accounts.filter { $0.new > 0 }
        if !places.isEmpty {
            let counts = places.map { account in
                let bots = account.bots.isEmpty ? "" : " (\(OrdersProof.list(account.bots)))"
                return "\(account.new) new order\(account.new == 1 ? "" : "s") at \(account.venue)\(bots)"
            }
            text += "; \(counts.joined(separator: ", ")) since the halt: something does not ask its gate"
        }
        if !claimed.isEmpty {
            let (plural, object) = claimed.count == 1 ? ("", "it") : ("s", "them")
            let names = OrdersProof.list(claimed)
            text += "; \(claimed.count) order\(plural) that only a bot speaks of (\(names)): "
            text += standing == .gone ? "no venue lists \(object)" : "no venue has confirmed or denied \(object) yet"
        }
        return text
    }

    private func standingText(_ reached: Set<String>?) -> String {
        func manual(_ venue: String) -> String { reached.map { $0.contains(venue) ? "" : ", no adapter" } ?? "" }
        let open = accounts.filter { $0.open > 0 }
        switch standing {
        case .gone:
            return "gone at \(Set(accounts.map(\.venue)).sorted().joined(separator: ", "))"
        case .open:
            let parts = Set(open.map(\.venue)).sorted().map { venue in
                let here = open.filter { $0.venue == venue }
                let count = here.reduce(0) { $0 + $1.open }
                let names = here.flatMap(\.names).prefix(OrdersProof.mostNamed)
                let more = count > names.count ? " and \(count - names.count) more" : ""
                let list = "client id\(count == 1 ? "" : "s") \(names.joined(separator: ", "))\(more)"
                return "\(count) at \(venue) (\(list))\(manual(venue))"
            }
            return "NOT gone: \(parts.joined(separator: "; "))"
        case .waiting:
            let late = accounts.filter { $0.state == .waiting || $0.state == .silent }
            guard !late.isEmpty || scope != "global" else {
                return "NOT verified yet: the paper venue has not listed its orders"
            }
            guard !late.isEmpty else { return "NOT verified: \(OrdersProof.nothingCovered)" }
            if !isStopped { return "NOT verified yet: a listing counts from when every gate has acknowledged" }
            let names = late.prefix(OrdersProof.mostNamed).map { account in
                let silent =
                    account.state == .silent
                    ? account.listedAgeMs.map { " (silent for \(ElapsedText.of($0)))" } ?? " (silent)" : ""
                return account.name + silent + manual(account.venue)
            }
            let more = late.count > names.count ? " and \(late.count - names.count) more" : ""
            return "NOT verified yet: no two listings of open orders since from \(names.joined(separator: ", "))\(more)"
        case .unlisted, .notWatched:
            let unlisted = accounts.filter { $0.state == .unlisted }.map(\.name)
            let nobody = scope == "global" ? "no venue is known to this desk" : OrdersProof.nothingCovered
            let who = unlisted.isEmpty ? nobody : "nobody lists \(OrdersProof.list(unlisted))"
            return standing == .unlisted ? "NOT verified: \(who)" : "not watched, as configured: \(who)"
        }
    }

    static func list(_ names: [String]) -> String {
        names.count > mostNamed
            ? "\(names.prefix(mostNamed).joined(separator: ", ")) and \(names.count - mostNamed) more"
            : names.joined(separator: ", ")
    }
}
