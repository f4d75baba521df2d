public import KillSwitch
import SafetyEngine
import Synchronization
import Venues

/// What became of the orders of the halt in force, in one sentence for people and as JSON for programs: the one thing that
/// commands, the HTTP interface and the record of a verified halt go by.
///
/// Invariants (DeskTests/HaltOrdersTests): `gone` is true only when nothing is open by what was seen after the halt; what is
/// not gone is named with its venue, and a venue that a halt cannot reach with `no adapter`.
struct HaltOrders: Sendable, Equatable {
    /// Whether they are gone; nil: the halt was not looked at yet.
    var isGone: Bool?
    /// The page's generation that was looked at.
    var generation: UInt32
    /// What can be said of them after `orders: `.
    var text: String
    private var cancels: EngineView.Cancels?
    private var open: [Order] = []

    /// Orders that are named at most, of each venue.
    private static let mostNamed = 3
    /// Orders that are listed at most.
    private static let mostListed = 20

    /// Creates it.
    ///
    /// - Parameters:
    ///   - view: what the engine sees.
    ///   - reached: venues with an adapter.
    ///   - atMs: the desk's time.
    init(_ cancels: HaltCancels, _ view: EngineView, reached: Set<String>, atMs: UInt64) {
        generation = cancels.generation
        guard cancels.haltedAtMs != nil else {
            text = "the host has not looked at this halt yet"
            return
        }
        self.cancels = cancels.shown(atMs: atMs)
        isGone = cancels.isDone
        let venues = Set(view.venues.map(\.name)).sorted()
        if cancels.isDone {
            text = venues.isEmpty ? "none: no venue is known to this desk" : "gone at \(venues.joined(separator: ", "))"
            return
        }
        let left = view.orders
        open = left
        func manual(_ venue: String) -> String { reached.contains(venue) ? "" : ", no adapter" }
        var parts = Set(left.map(\.venue)).sorted().map { venue -> String in
            let here = left.filter { $0.venue == venue }
            let names = here.prefix(HaltOrders.mostNamed).map { $0.clientID.isEmpty ? $0.venueID : $0.clientID }
            let more = here.count > names.count ? " and \(here.count - names.count) more" : ""
            let list = "client id\(here.count == 1 ? "" : "s") \(names.joined(separator: ", "))\(more)"
            return "\(here.count) at \(venue) (\(list))\(manual(venue))"
        }
        let unlisted = view.openOrders - left.count
        if unlisted > 0 { parts.append("\(unlisted) more") }
        let problem = cancels.problems.isEmpty ? "" : " (\(cancels.problems.joined(separator: "; ")))"
        if !parts.isEmpty {
            text = "NOT gone: \(parts.joined(separator: "; "))\(problem)"
        } else if cancels.silent.isEmpty {
            text = "NOT known to be gone: no venue has spoken since\(problem)"
        } else {
            let silent = cancels.silent.prefix(HaltOrders.mostNamed).map { account in
                account + manual(String(account.prefix { $0 != "/" }))
            }
            let more = cancels.silent.count > silent.count ? "; \(cancels.silent.count - silent.count) more" : ""
            text = "NOT known to be gone: no list since from \(silent.joined(separator: "; "))\(more)\(problem)"
        }
    }

    /// `{"gone":..., "generation":..., "found":..., "left":..., "done_after_ms":..., "text":..., "orders":[...]}`.
    var json: JSON {
        .object([
            .init("gone", isGone.map { .bool($0) } ?? .null), .init("generation", .number(generation)),
            .init("found", .number(cancels?.found)), .init("left", .number(cancels?.left)),
            .init("done_after_ms", .number(cancels?.doneAfterMs)), .init("text", .string(text)),
            .init(
                "orders",
                .array(
                    open.prefix(HaltOrders.mostListed).map { order in
                        .object([
                            .init("venue", .string(order.venue)), .init("account", .string(order.account)),
                            .init("client_id", .string(order.clientID)), .init("venue_id", .string(order.venueID)),
                            .init("symbol", .string(order.symbol)), .init("state", .string(order.state.rawValue)),
                        ])
                    }
                )
            ),
        ])
    }
}

extension DeskHost {
    /// What is known now of the orders of the halt in force. Asks nobody and does not wait.
    var haltOrders: HaltOrders {
        let (cancels, view) = (parts.cancels.withLock { $0 }, loop.latest)
        let reached = Set(parts.adapters.withLock { $0.map(\.name) })
        return HaltOrders(cancels, view, reached: reached, atMs: time.now().atMs)
    }

    /// The same, for programs; says so where it is not about this halt yet.
    ///
    /// - Parameter generation: the page's after the halt.
    public func ordersOfHalt(_ generation: UInt32) -> JSON {
        var orders = haltOrders
        if orders.generation < generation {
            orders.isGone = nil
            orders.text = "the host has not looked at this halt yet"
        }
        return orders.json
    }

    /// Whether the orders of the halts until this word are gone.
    func ordersAreGone(_ word: Word) -> Bool { parts.cancels.withLock { $0.isDone(with: word.generation) } }
}
