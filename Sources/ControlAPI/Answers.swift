import Journal
import KillSwitch
import SafetyEngine

extension JSON {
    /// An object of pairs.
    static func of(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .object(members.map { .init($0.key, $0.value) })
    }

    /// Digits as they are, never through floating point; nil: null.
    static func exact(_ value: Decimal?) -> JSON { value.map { .decimal($0.description) } ?? .null }

    /// Digits in a string, for what other programs must not round; nil: null.
    static func digits(_ value: Decimal?) -> JSON { value.map { .string($0.description) } ?? .null }
}

/// The audit on the wire.
enum AuditJSON {
    static func of(_ record: AuditRecord) -> JSON {
        .of([
            "id": .number(record.seq), "at": .string(Clock.text(milliseconds: record.entry.wallMs)),
            "who": .string(record.entry.who), "type": .string(record.entry.what),
            "details": JSON(bytes: record.entry.body) ?? .null,
        ])
    }
}

extension Order {
    var json: JSON {
        .of([
            "client_id": .string(clientID), "venue_id": .string(venueID), "venue": .string(venue),
            "account": .string(account), "strategy": .string(strategy), "symbol": .string(symbol),
            "side": .string(side.rawValue), "quantity": .digits(quantity), "filled": .digits(filled),
            "price": .digits(price), "state": .string(state.rawValue), "age_ms": .number(ageMs),
            "note": .string(note),
        ])
    }
}

extension Position {
    var json: JSON {
        let metadata = metadata(wallMs: Clock.wallMilliseconds())
        return .of([
            "venue": .string(venue), "account": .string(account), "symbol": .string(symbol),
            "side": .string(side.rawValue), "quantity": .digits(quantity), "entry_price": .digits(entryPrice),
            "price": .digits(price), "price_age_ms": price == nil ? .null : .number(priceAgeMs),
            "last_price": .digits(lastPrice), "last_price_age_ms": .number(lastPriceAgeMs), "value": .digits(value),
            "size_usd": .digits(value), "profit": .digits(profit), "held_ms": .number(heldMs), "note": .string(note),
            "source": .text(metadata.source), "adoption_status": .text(metadata.adoptionStatus),
            "tracked": .bool(metadata.isTracked), "entry_time": .text(metadata.entryTime),
        ])
    }
}

extension Alert {
    var json: JSON {
        .of([
            "id": .string(id), "level": .string(level.word), "rule": .string(rule), "subject": .string(subject),
            "text": .string(text), "age_ms": .number(ageMs), "count": .number(count),
            "acknowledged_by": .text(acknowledgedBy), "policy": .string(policy),
        ])
    }
}

extension Supervisor {
    var json: JSON {
        .of([
            "name": .string(name), "health": .string(health.rawValue), "interval_ms": .number(intervalMs),
            "last_beat_age_ms": .number(lastBeatAgeMs), "missed": .number(missed), "restarts": .number(restarts),
            "note": .string(note),
        ])
    }
}

extension Venue {
    var json: JSON {
        .of([
            "name": .string(name), "account": .string(account), "status": .string(state.rawValue.lowercased()),
            "connected": .bool(state == .connected), "open_orders": .number(openOrders),
            "open_orders_age_ms": .number(streams.orders.ageMs),
            "open_orders_problem": .text(streams.orders.problem(of: "orders")),
            "last_reply_age_ms": .number(lastReplyAgeMs), "latency_ms": .number(latencyMs), "note": .string(note),
            // No venue tells it, and no event has a place for it: nothing is known.
            "rate_limit": .null,
        ])
    }
}

extension EngineView.Breaker {
    var json: JSON {
        .of([
            "name": .string(name), "state": .string(isTripped ? "tripped" : isEnabled ? "armed" : "disabled"),
            "tripped": .bool(isTripped), "enabled": .bool(isEnabled), "value": .digits(value),
            "limit": .digits(limit), "subject": .string(subject), "tripped_age_ms": .number(trippedAgeMs),
            "note": .string(note),
        ])
    }
}

extension EngineView {
    /// Money: each figure is of now or null, and `money_problem` and `exposure_problem` say why.
    var moneyJSON: JSON {
        .of([
            "currency": .string(money.currency), "equity": .digits(money.equity),
            "equity_age_ms": .number(money.equityAgeMs), "last_equity": .digits(money.last?.equity),
            "day_opening": .digits(money.dayOpening), "day_profit": .digits(money.dayProfit),
            "week_profit": .digits(money.weekProfit), "drawdown_percent": .digits(money.drawdownPercent),
            "realised": .digits(money.realised), "unrealised": .digits(money.unrealised), "fees": .digits(money.fees),
            "gross": .digits(money.gross), "net": .digits(money.net), "gross_at_least": .digits(money.grossAtLeast),
            "unpriced": positionListing.isKnown ? .number(money.unpriced) : .null,
            "money_problem": .text(money.problem.isEmpty ? nil : money.problem),
            "exposure_problem": .text(money.exposureProblem.isEmpty ? nil : money.exposureProblem),
        ])
    }
}

extension APIWorld {
    /// The engine, where an answer is about nothing else.
    func engine() throws(APIRefusal) -> EngineView {
        guard let view else {
            throw APIRefusal(503, "engine_down", "the engine does not run: \(engineProblem ?? "it is starting")")
        }
        return view
    }

    /// Members that say how old an answer is.
    var age: [JSON.Member] {
        [
            .init("at", .string(Clock.text(milliseconds: wallMs))),
            .init("age_ms", .number(view?.evaluationAgeMs)), .init("problem", .text(engineProblem)),
        ]
    }

    /// How many rows a page may have, and from which on.
    static let limits = 1...1_000
    static let offsets = 0...100_000

    /// A list in pages: `limit` and `offset`, the whole number in `total`.
    static func page(
        _ rows: [JSON],
        _ request: APIRequest
    ) throws(APIRefusal) -> (
        rows: [JSON], members: [JSON.Member]
    ) {
        let limit = try request.number("limit", default: 100, limits)
        let offset = try request.number("offset", default: 0, offsets)
        let shown = Array(rows.dropFirst(offset).prefix(limit))
        let next: Int? = offset + shown.count < rows.count ? offset + shown.count : nil
        return (
            shown,
            [
                .init("total", .number(rows.count)), .init("limit", .number(limit)), .init("offset", .number(offset)),
                .init("next_offset", .number(next)),
            ]
        )
    }
}
