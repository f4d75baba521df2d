import KillSwitch
import SafetyEngine
import Seeds

/// One halt of a desk from one seed: orders on their way that land late, listings that are slow, stop or lack rows, accounts that
/// nobody lists. It knows what is true, and compares it with what the engine proves at every moment.
///
/// Invariants: verified is never said while an order that can add exposure is open or on its way (but for one that was placed
/// past the gate, until a listing shows it); verified is reached once everything is gone and listed; what nobody lists is never
/// verified.
struct HaltWorld {
    /// What is done wrong on purpose, so that the checks are seen to find it.
    enum Fault: Sendable {
        /// Nothing.
        case none
        /// The desk waits for no order to settle.
        case noSettling
        /// The feed says that it asked when it received.
        case liesAboutAsking
        /// Whoever asks what is proved takes one empty listing for a proof.
        case oneListing
    }

    private struct Account {
        var name: String
        var isListed = true
        /// Between two listings.
        var everyMs: Int
        /// Whether its listings say when they were asked for.
        var states: Bool
        var silentFromMs = 0
        var silentUntilMs = 0
        var nextMs: Int
        var sent: [Sent] = []
    }

    private struct Sent {
        var id: String
        var landsMs: Int
        var goneMs: Int
        var isReducing = false
        var isPastGate = false
    }

    private struct Delivery {
        var atMs: Int
        var account: Int
        var askedMs: Int
        var ids: [String]
        var reducing: Set<String>
        var isPartial = false
    }

    /// How long an accepted order may take to be listed, at most.
    private static let settleMs = 1_000

    private var random: SeededRandom
    private let seed: UInt64
    private let fault: Fault
    private var engine: Engine
    private var accounts: [Account] = []
    private var deliveries: [Delivery] = []
    private var nowMs = 0
    private let haltMs = 2_000
    private let stopMs: Int
    private let endMs = 40_000
    private let wall: Int64 = 1_800_000_000_000
    private let desk: UInt64 = 1_000_000
    /// What was seen, so that a test knows that it happened.
    private(set) var seen: Set<String> = []

    /// Makes a world.
    init(seed: UInt64, fault: Fault = .none) {
        self.seed = seed
        self.fault = fault
        random = SeededRandom(seed: seed &+ 77)
        stopMs = haltMs + random.of(0...3_000)
        var settings = EngineSettings()
        settings.isPaper = false
        settings.venueSilentMs = 10_000
        settings.settleMs = fault == .noSettling ? 0 : UInt64(HaltWorld.settleMs)
        engine = Engine(settings: settings)
        let count = random.of(1...3)
        for number in 0..<count {
            var account = Account(
                name: "a\(number)",
                everyMs: random.of(100...1_500),
                states: random.chance(600),
                nextMs: random.of(0...1_000)
            )
            // What does not say when it was asked for has to come within the settling time.
            if number > 0, random.chance(150) { account.isListed = false }
            if random.chance(300) {
                account.silentFromMs = random.of(0...6_000)
                account.silentUntilMs = account.silentFromMs + random.of(1_000...15_000)
            }
            accounts.append(account)
        }
        // Until it acknowledges, a bot sends; the last one may land when the settling time is almost over.
        for number in accounts.indices {
            for order in 0..<random.of(0...4) {
                let sentMs = random.one(of: [random.of(0...stopMs), max(0, stopMs - random.of(0...5))])
                let lands = sentMs + random.one(of: [random.of(1...200), random.of(700...HaltWorld.settleMs - 20)])
                accounts[number].sent.append(
                    Sent(
                        id: "o\(number)-\(order)",
                        landsMs: lands,
                        goneMs: max(lands, haltMs) + random.of(1...6_000),
                        isReducing: random.chance(150)
                    )
                )
            }
            if random.chance(120) {
                let lands = random.of(12_000...16_000)
                let order = Sent(id: "past-\(number)", landsMs: lands, goneMs: lands + 5_000, isPastGate: true)
                accounts[number].sent.append(order)
            }
        }
    }

    /// Runs it to its end, or to the first invariant that does not hold.
    mutating func run() throws(Finding) {
        apply(Event(host, .host(.started(engine.settings))))
        while nowMs < endMs {
            nowMs += 10
            if nowMs == haltMs { tell(stoppedMs: nil) }
            if nowMs >= stopMs, nowMs - 10 < stopMs { tell(stoppedMs: nowMs) }
            ask()
            deliver()
            // Five times as often as the engine evaluates; oftener takes minutes and finds nothing more.
            guard nowMs % 50 == 0 else { continue }
            _ = engine.advance(to: receipt)
            if nowMs >= haltMs { try check() }
        }
        try end()
    }

    private var host: Event.Origin { Event.Origin(source: Event.Source(.host, "desk")) }

    private var receipt: Receipt { Receipt(atMs: desk + UInt64(nowMs), wallMs: wall + Int64(nowMs)) }

    private mutating func apply(_ event: Event) { _ = engine.apply(event, at: receipt) }

    private mutating func tell(stoppedMs: Int?) {
        let halt = HostEvent.Halt(
            id: "h",
            generation: 3,
            period: 2,
            stoppedMs: stoppedMs.map { desk + UInt64($0) },
            traded: accounts.map { "venue=v,account=\($0.name)" }
        )
        apply(Event(host, .host(.halts([halt]))))
    }

    /// A feed asks its venue: what is open at that moment is what will be said.
    private mutating func ask() {
        for number in accounts.indices where accounts[number].isListed && nowMs >= accounts[number].nextMs {
            let account = accounts[number]
            accounts[number].nextMs = nowMs + account.everyMs
            if nowMs >= account.silentFromMs, nowMs < account.silentUntilMs {
                seen.insert("silence")
                continue
            }
            let open = account.sent.filter { $0.landsMs <= nowMs && nowMs < $0.goneMs }
            let latency = account.states ? random.one(of: [30, 200, 1_800]) : random.of(10...HaltWorld.settleMs - 50)
            var delivery = Delivery(
                atMs: nowMs + latency,
                account: number,
                askedMs: nowMs,
                ids: open.map(\.id),
                reducing: Set(open.filter(\.isReducing).map(\.id))
            )
            // At the end each listing is whole: what takes the proof back then would leave no time to reach it again.
            if nowMs < endMs - 8_000, random.chance(80) {
                delivery.isPartial = true
                if !delivery.ids.isEmpty { delivery.ids.removeLast() }
                seen.insert("partial listings")
            }
            deliveries.append(delivery)
        }
    }

    private mutating func deliver() {
        let due = deliveries.filter { $0.atMs <= nowMs }
        deliveries.removeAll { $0.atMs <= nowMs }
        for delivery in due {
            let account = accounts[delivery.account]
            let reports = delivery.ids.map { id in
                OrderReport(
                    clientID: id,
                    venueID: "",
                    symbol: "BTC/USD",
                    side: .buy,
                    quantity: Decimal(1),
                    price: Decimal(9),
                    reduceOnly: delivery.reducing.contains(id),
                    state: .acknowledged
                )
            }
            let asked = fault == .liesAboutAsking ? delivery.atMs : delivery.askedMs
            let origin = Event.Origin(venue: "v", account: account.name, source: Event.Source(.venue, "v"))
            let says = account.states || fault == .liesAboutAsking
            var event = Event(origin, .openOrders(reports), askedMs: says ? wall + Int64(asked) : nil)
            // As the reader of lines gives it: a row that cannot be read is not there, and is counted.
            event.refusedRows = delivery.isPartial ? 1 : 0
            apply(event)
        }
    }

    private var isProved: Bool {
        guard let proof = engine.ordersProof(of: .global, at: receipt.atMs) else { return false }
        if fault == .oneListing {
            return proof.open == 0 && proof.accounts.allSatisfy { $0.listedAgeMs != nil }
        }
        return proof.standing == .gone
    }

    /// What is true now against what is proved.
    private mutating func check() throws(Finding) {
        guard isProved else { return }
        seen.insert("verified")
        if accounts.contains(where: { !$0.isListed }) {
            throw Finding(.verifiedIsProved, "seed \(seed): verified, and nobody lists one account")
        }
        for account in accounts {
            for order in account.sent where !order.isReducing && !order.isPastGate {
                // Sent before everything stopped: it is on its way or open until it is gone.
                guard nowMs < order.goneMs else { continue }
                throw Finding(
                    .verifiedIsProved,
                    "seed \(seed): verified at \(nowMs), \(order.id) is open from \(order.landsMs) to \(order.goneMs) "
                        + "(halted at \(haltMs), stopped at \(stopMs))"
                )
            }
        }
    }

    /// Everything is gone and has been listed again and again.
    private mutating func end() throws(Finding) {
        let isListed = accounts.allSatisfy(\.isListed)
        if isListed, !isProved {
            let text = engine.ordersProof(of: .global, at: receipt.atMs)?.text() ?? "nothing is known"
            throw Finding(.verifiedIsReached, "seed \(seed): \(text)")
        }
        if !isListed { seen.insert("accounts that nobody lists") }
        let past = accounts.filter { $0.isListed && $0.sent.contains(where: \.isPastGate) }
        guard !past.isEmpty else { return }
        let isSilent = past.contains { $0.silentUntilMs > 11_000 }
        let alerts = engine.view(at: receipt.atMs).alerts.filter { $0.rule == "ORDER_AFTER_HALT" }
        if !alerts.isEmpty { seen.insert("orders past the gate") }
        if alerts.count < past.count, !isSilent {
            throw Finding(.newOrdersAreTold, "seed \(seed): \(alerts.count) alerts of \(past.count) accounts")
        }
    }
}
