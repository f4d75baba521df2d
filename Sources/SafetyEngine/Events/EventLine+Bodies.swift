extension EventLine {
    /// The event that a line's fields say.
    static func event(
        _ fields: EventLineFields,
        _ line: Span<UInt8>,
        _ rows: inout RowRefusals
    ) throws(Refusal) -> Event {
        let version = try fields.needed(.v, try fields.whole(.v, line, most: .max))
        guard version == EventLine.version else {
            throw Refusal(.v, "is \(version): this desk reads version \(EventLine.version)")
        }
        let kind: EventLineKind = try fields.needed(.type, try fields.word(.type, line))
        try fields.check(kind.keys, kind, line)
        let origin = Event.Origin(
            desk: try fields.name(.desk, line),
            venue: try fields.part(.venue, line, most: mostVenueBytes),
            account: try fields.part(.account, line, most: mostAccountBytes),
            strategy: try fields.part(.strategy, line, most: mostAccountBytes),
            source: try source(fields, line)
        )
        var event = Event(
            origin,
            try body(kind, fields, line, &rows),
            id: try fields.name(.id, line),
            happenedMs: try fields.time(.at, line),
            askedMs: try fields.time(.askedAt, line)
        )
        event.refusedRows = Int(try fields.whole(.refusedRows, line, most: mostCount) ?? 0) + rows.count
        return event
    }

    /// `bot:grid-1` or `venue:kraken`.
    private static func source(_ fields: EventLineFields, _ line: Span<UInt8>) throws(Refusal) -> Event.Source {
        // The longest kind with its colon besides the name.
        let text = try fields.name(.source, line, most: mostNameBytes + 6)
        guard fields.has(.source) else { return try fields.needed(.source, nil) }
        let kinds: [Event.Source.Kind] = [.bot, .venue]
        for kind in kinds where text.utf8.starts(with: kind.rawValue.utf8) {
            let rest = text.utf8.dropFirst(kind.rawValue.utf8.count)
            guard rest.first == UInt8(ascii: ":"), rest.count >= 2, rest.count <= mostNameBytes + 1 else { break }
            return Event.Source(kind, String(Substring(rest.dropFirst())))
        }
        throw Refusal(
            .source,
            "must be \"bot:NAME\" or \"venue:NAME\", NAME of 1 to \(mostNameBytes) bytes, not \(shown(text))"
        )
    }

    private static func body(
        _ kind: EventLineKind,
        _ fields: EventLineFields,
        _ line: Span<UInt8>,
        _ rows: inout RowRefusals
    ) throws(Refusal) -> Event.Body {
        switch kind {
        case .order: return .order(try order(fields, line))
        case .openOrders: return .openOrders(try list(.orders, .order, fields, line, &rows, order))
        case .fill: return .fill(try fill(fields, line))
        case .position: return .position(try position(fields, line))
        case .positions: return .positions(try list(.positions, .position, fields, line, &rows, position))
        case .balance:
            return .balance(
                BalanceReport(
                    currency: try fields.name(.currency, line),
                    total: try fields.needed(.total, try fields.decimal(.total, line)),
                    free: try fields.decimal(.free, line),
                    equity: try fields.decimal(.equity, line)
                )
            )
        case .transfer:
            return .transfer(
                TransferReport(
                    transferID: try fields.name(.transferID, line),
                    amount: try fields.needed(.amount, try fields.decimal(.amount, line)),
                    currency: try fields.name(.currency, line)
                )
            )
        case .price: return .price(try price(fields, line))
        case .heartbeat: return .heartbeat(try heartbeat(fields, line))
        case .metric:
            return .metric(
                MetricReport(
                    name: try fields.neededName(.name, line),
                    subject: try fields.name(.subject, line),
                    value: try fields.needed(.value, try fields.decimal(.value, line))
                )
            )
        case .apiResult:
            return .apiResult(
                APIResult(
                    endpoint: try fields.neededName(.endpoint, line),
                    isSuccess: try fields.needed(.ok, try fields.flag(.ok, line)),
                    latencyMs: try fields.whole(.latencyMs, line, most: mostMs),
                    error: try fields.text(.error, line)
                )
            )
        case .accounts:
            return .accounts(
                AccountCounts(active: try count(.active, fields, line), total: try count(.total, fields, line))
            )
        case .trade:
            return .trade(
                TradeReport(
                    tradeID: try fields.name(.tradeID, line),
                    symbol: try fields.neededName(.symbol, line),
                    profit: try fields.needed(.profit, try fields.decimal(.profit, line)),
                    currency: try fields.name(.currency, line)
                )
            )
        case .signals: return .signals(count: try count(.count, fields, line))
        case .venue:
            return .venue(
                VenueReport(
                    state: try fields.needed(.state, try fields.word(.state, line)),
                    latencyMs: try fields.whole(.latencyMs, line, most: mostMs),
                    note: try fields.text(.note, line)
                )
            )
        }
    }

    private static func count(
        _ key: EventLineKey,
        _ fields: EventLineFields,
        _ line: Span<UInt8>
    ) throws(Refusal) -> Int {
        Int(try fields.needed(key, try fields.whole(key, line, most: mostCount)))
    }

    /// The elements of a list of reports. One that cannot be read is refused by itself.
    private static func list<Report>(
        _ key: EventLineKey,
        _ kind: EventLineKind,
        _ fields: EventLineFields,
        _ line: Span<UInt8>,
        _ rows: inout RowRefusals,
        _ read: (EventLineFields, Span<UInt8>) throws(Refusal) -> Report
    ) throws(Refusal) -> [Report] {
        let place = fields[key]
        guard fields.has(key) else { return try fields.needed(key, nil) }
        guard place.kind == .array else { throw Refusal(key, "must be a list, not \(fields.shown(place, line))") }
        var reports: [Report] = []
        var scanner = EventLineScanner(at: Int(place.start) + 1)
        scanner.skipSpace(line)
        var number = 0
        while !scanner.take(UInt8(ascii: "]"), line) {
            let start = scanner.at
            do throws(Refusal) {
                guard start < line.count, line[start] == UInt8(ascii: "{") else {
                    throw Refusal("must be an object with the keys of \"\(kind.rawValue)\"")
                }
                let element = try scanner.object(line)
                try element.check(kind.elementKeys, kind, line)
                reports.append(try read(element, line))
            } catch {
                rows.add(error.within(key, number))
                // The list was valid JSON as a whole: its next element begins after this one.
                scanner = EventLineScanner(at: start)
                _ = try scanner.value(line, depth: 1)
            }
            number += 1
            scanner.skipSpace(line)
            _ = scanner.take(UInt8(ascii: ","), line)
            scanner.skipSpace(line)
        }
        return reports
    }
}
