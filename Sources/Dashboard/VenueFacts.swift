import SafetyEngine

/// All that is known of one venue's account: whether it is reached, what a halt left there, what it holds and whether that
/// adds up.
enum VenueFacts {
    static func of(_ venue: Venue, _ scene: Scene) -> [Fact] {
        let answered = venue.lastReplyAgeMs.map { "\(Age.calm(scene.aged($0))) ago" } ?? "never"
        let takes = venue.latencyMs.map { ", within \($0) ms" } ?? ""
        var facts = [
            Fact("venue", "\(venue.name), account \(venue.account)"),
            Fact("state", venue.state.rawValue, VenuesPane.role(venue.state)),
            Fact("answered", answered + takes, venue.lastReplyAgeMs == nil ? .warning : .dialog),
        ]
        if !venue.note.isEmpty { facts.append(Fact("note", venue.note, venue.state == .disconnected ? .bad : .notice)) }
        facts.append(
            Fact(
                "open orders",
                (venue.openOrders.map { "\($0)" } ?? "it has not said") + listed(venue.books?.ordersAgeMs, scene),
                venue.openOrders == nil ? .warning : .dialog
            )
        )
        if let cancelled = venue.cancelled {
            facts.append(
                Fact(
                    "gone since halt",
                    "\(cancelled) of \(venue.toCancel)",
                    cancelled < venue.toCancel ? .warning : .good
                )
            )
        }
        return facts + (venue.books.map { books($0, scene) } ?? [])
    }

    private static func listed(_ age: UInt64?, _ scene: Scene) -> String {
        age.map { ", listed \(Age.calm(scene.aged($0))) ago" } ?? ""
    }

    private static func books(_ books: Venue.Books, _ scene: Scene) -> [Fact] {
        let unpriced = books.unpriced > 0 ? ", \(books.unpriced) UNPRICED" : ""
        func money(_ amount: Decimal?) -> String {
            amount.map { "\(Figures.money($0)) \(books.currency)" } ?? "unknown"
        }
        var facts = [
            Fact(
                "positions",
                (books.positions.map { "\($0) held" } ?? "it has not said") + unpriced
                    + listed(books.positionsAgeMs, scene),
                books.unpriced > 0 || books.positions == nil ? .warning : .dialog
            ), Fact("balance", money(books.balance), books.balance == nil ? .warning : .dialog),
            Fact("equity", money(books.equity), books.equity == nil ? .warning : .dialog), feed(books, scene),
        ]
        if books.differences.isEmpty {
            facts.append(
                books.notCompared.isEmpty
                    ? Fact("books", "agree: balance and positions make the venue's total", .good)
                    : Fact("books", "no difference found; \(books.notCompared)")
            )
        }
        for (index, difference) in books.differences.enumerated() {
            facts.append(Fact(index == 0 ? "DIFFER" : "", difference, .bad))
        }
        return facts
    }

    private static func feed(_ books: Venue.Books, _ scene: Scene) -> Fact {
        guard let age = books.feedAgeMs.map({ scene.aged($0) }) else { return Fact("prices", "none from this venue") }
        let isStale = books.feedLimitMs > 0 && age > books.feedLimitMs
        let word = isStale ? "STALE: the newest is" : "the newest is"
        return Fact("prices", "\(word) \(Age.calm(age)) old", isStale ? .bad : .dialog)
    }
}
