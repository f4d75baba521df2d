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
        .of([
            "venue": .string(venue), "account": .string(account), "symbol": .string(symbol),
            "side": .string(side.rawValue), "quantity": .digits(quantity), "entry_price": .digits(entryPrice),
            "price": .digits(price), "price_age_ms": .number(priceAgeMs), "value": .digits(value),
            "profit": .digits(profit), "held_ms": .number(heldMs), "note": .string(note),
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

extension EngineView.Money {
    var json: JSON {
        .of([
            "currency": .string(currency), "equity": .digits(equity), "equity_age_ms": .number(equityAgeMs),
            "day_opening": .digits(dayOpening), "day_profit": .digits(dayProfit), "week_profit": .digits(weekProfit),
            "drawdown_percent": .digits(drawdownPercent), "realised": .digits(realised),
            "unrealised": .digits(unrealised), "fees": .digits(fees), "gross": .digits(gross), "net": .digits(net),
            "unpriced": .number(unpriced),
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
