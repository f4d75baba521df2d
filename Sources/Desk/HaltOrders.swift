public import KillSwitch
import SafetyEngine
import Synchronization
import Venues

/// What became of the orders of a halt in force, in one sentence for people and as JSON for programs: what commands and the HTTP
/// interface say is what the engine proved (`OrdersProof`).
///
/// Invariants (DeskTests/HaltOrdersTests): `gone` is true only when the engine proved it; what is not gone is named with its
/// venue, and a venue that a halt cannot reach with `no adapter`.
struct HaltOrders: Sendable, Equatable {
    /// What is proved; nil: this halt was not looked at yet.
    var proof: OrdersProof?
    /// Whether everything is proved, gates and record too.
    var isVerified = false
    /// Why venues did not take a demand.
    var problems: [String] = []
    /// Venues where a halt cancels.
    var reached: Set<String> = []
    /// Open orders, for their names.
    var open: [Order] = []

    /// Orders that are listed at most.
    private static let mostListed = 20

    /// What can be said of them after `orders: `.
    var text: String {
        guard let proof else { return "the host has not looked at this halt yet" }
        let problem = proof.standing == .gone || problems.isEmpty ? "" : " (\(problems.joined(separator: "; ")))"
        return proof.text(reached: reached) + problem
    }

    /// `{"gone":..., "verified":..., "standing":..., "scope":..., "generation":..., "found":..., "left":..., "new":...,
    /// "settling":..., "done_after_ms":..., "text":..., "orders":[...]}`.
    var json: JSON {
        // Listings come, and the next ones will do: whoever waits can go on.
        let isSettling =
            proof.map { proof in
                proof.standing == .waiting && proof.accounts.allSatisfy { $0.state != .silent && $0.listedAgeMs != nil }
            } ?? true
        return .object([
            .init("gone", proof.map { .bool($0.standing == .gone) } ?? .null), .init("verified", .bool(isVerified)),
            .init("standing", .text(proof?.standing.rawValue)), .init("scope", .text(proof?.scope)),
            .init("generation", .number(proof?.generation ?? 0)),
            .init("found", .number(proof?.found)), .init("left", .number(proof?.open)),
            .init("new", .number(proof?.new)), .init("settling", .bool(isSettling)),
            .init("done_after_ms", .number(proof?.goneAfterMs)), .init("text", .string(text)),
            .init(
                "orders",
                .array(
                    (proof?.standing == .gone ? [] : open).prefix(HaltOrders.mostListed).map { order in
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

/// What the host finds out about the halts in force, one look after the other, and tells the engine.
struct HaltStanding: Sendable {
    /// The halts as they were told to the engine; nil: none were, so that what it remembers may be of another host.
    private(set) var told: [HostEvent.Halt]?
    /// What is known of each.
    private(set) var verdicts: [HaltVerdict] = []

    /// Looks at the gates.
    ///
    /// - Returns: the halts in force, where something about them changed.
    mutating func look(_ seen: Observation, atMs: UInt64) -> [HostEvent.Halt]? {
        let hasForgotten = seen.latches.contains { latch in
            latch.source == .watchdog && DeskHost.forgets.contains { latch.reason.hasPrefix($0) }
        }
        let halts = seen.haltsInForce.map { halt -> HostEvent.Halt in
            let before = told?.first { $0.scope == halt.scope.description && $0.period == halt.period }
            let isStopped = seen.gatesProblem == nil && seen.waitingGates(of: halt).isEmpty
            let scopes = seen.gates(of: halt).map(\.scope).filter { !$0.isEmpty }
            var traded = before?.traded ?? []
            // Which accounts count is told by those that were open at the halt.
            if before == nil { for scope in scopes where !traded.contains(scope) { traded.append(scope) } }
            return HostEvent.Halt(
                id: halt.id,
                scope: halt.scope.description,
                generation: halt.state.generation,
                period: halt.period,
                stoppedMs: before?.stoppedMs ?? (isStopped ? atMs : nil),
                traded: traded,
                hasForgotten: hasForgotten ? true : nil
            )
        }
        guard halts != told else { return nil }
        told = halts
        return halts
    }

    /// Decides about each halt.
    mutating func judge(_ seen: Observation, _ proofs: [OrdersProof]) {
        verdicts = seen.haltsInForce.compactMap { halt in
            // Of a halt that the engine does not know yet nothing is known, and nothing said before is wrong.
            guard let orders = proofs.first(where: { $0.id == halt.id }) else { return nil }
            let proof = HaltProof(
                isRecorded: seen.fold.reachesWord,
                gatesProblem: seen.gatesProblem,
                gates: (seen.gates(of: halt).count, seen.waitingGates(of: halt).map(\.name)),
                orders: orders
            )
            return HaltVerdict(id: halt.id, isVerified: proof.isVerified, text: proof.text)
        }
    }
}

extension DeskHost {
    /// What is known now of the orders of each halt in force. Asks nobody and does not wait.
    var haltOrders: [HaltOrders] {
        let (view, problems) = (loop.latest, parts.cancels.withLock { $0.problems })
        let reached = Set(parts.adapters.withLock { $0.map(\.name) })
        let verdicts = parts.halts.withLock { $0.verdicts }
        return view.halts.map { proof in
            HaltOrders(
                proof: proof,
                isVerified: verdicts.contains { $0.id == proof.id && $0.isVerified },
                problems: problems,
                reached: reached,
                open: view.orders
            )
        }
    }

    /// What is known now of a halt's orders, for programs; says so where the host has not looked at this halt yet.
    ///
    /// - Parameter generation: the page's after the halt.
    public func ordersOfHalt(_ generation: UInt32) -> JSON {
        let known = haltOrders.first { orders in
            orders.proof.map { $0.generation >= generation && ($0.scope == "global" || $0.generation == generation) }
                ?? false
        }
        return (known ?? HaltOrders()).json
    }

    /// What is known of the halts in force; of one that is not among them nothing is.
    var verdicts: [HaltVerdict] { parts.halts.withLock { $0.verdicts } }
}
