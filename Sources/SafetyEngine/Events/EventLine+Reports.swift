extension EventLine {
    static func order(_ fields: EventLineFields, _ line: Span<UInt8>) throws(Refusal) -> OrderReport {
        let (clientID, venueID) = try names(fields, line)
        return OrderReport(
            clientID: clientID,
            venueID: venueID,
            symbol: try fields.neededName(.symbol, line),
            side: try fields.needed(.side, try fields.word(.side, line)),
            quantity: try fields.needed(.quantity, try fields.quantity(.quantity, line)),
            filled: try fields.quantity(.filled, line) ?? Decimal(0),
            price: try fields.quantity(.price, line),
            currency: try fields.name(.currency, line),
            reduceOnly: try fields.flag(.reduceOnly, line) ?? false,
            state: try fields.needed(.state, try fields.orderState(line)),
            note: try fields.text(.note, line)
        )
    }

    static func fill(_ fields: EventLineFields, _ line: Span<UInt8>) throws(Refusal) -> FillReport {
        let (clientID, venueID) = try names(fields, line)
        return FillReport(
            fillID: try fields.name(.fillID, line),
            clientID: clientID,
            venueID: venueID,
            symbol: try fields.neededName(.symbol, line),
            side: try fields.needed(.side, try fields.word(.side, line)),
            quantity: try fields.needed(.quantity, try fields.quantity(.quantity, line)),
            price: try fields.needed(.price, try fields.quantity(.price, line)),
            currency: try fields.name(.currency, line),
            fee: try fields.decimal(.fee, line)
        )
    }

    /// An order is known by its desk's name or by its venue's: without either it is nobody's.
    private static func names(
        _ fields: EventLineFields,
        _ line: Span<UInt8>
    ) throws(Refusal) -> (clientID: String, venueID: String) {
        let clientID = try fields.name(.clientID, line)
        let venueID = try fields.name(.venueID, line)
        guard !clientID.isEmpty || !venueID.isEmpty else {
            throw Refusal(.clientID, "is missing: name the order by client_id, venue_id or both")
        }
        return (clientID, venueID)
    }

    static func position(_ fields: EventLineFields, _ line: Span<UInt8>) throws(Refusal) -> PositionReport {
        PositionReport(
            symbol: try fields.neededName(.symbol, line),
            side: try fields.word(.side, line) ?? .long,
            quantity: try fields.needed(.quantity, try fields.quantity(.quantity, line)),
            entryPrice: try fields.quantity(.entryPrice, line),
            currency: try fields.name(.currency, line),
            openedMs: try fields.time(.openedAt, line),
            isSellable: try fields.flag(.sellable, line) ?? true,
            note: try fields.text(.note, line)
        )
    }

    /// `null` is a price too: the venue was asked and has none. Only leaving it out is a mistake.
    static func price(_ fields: EventLineFields, _ line: Span<UInt8>) throws(Refusal) -> PriceReport {
        let symbol = try fields.neededName(.symbol, line)
        guard fields[.price].kind != .absent else {
            throw Refusal(.price, "is missing: write a decimal, or null where the venue has none")
        }
        return PriceReport(
            symbol: symbol,
            price: try fields.quantity(.price, line),
            currency: try fields.name(.currency, line)
        )
    }

    static func heartbeat(_ fields: EventLineFields, _ line: Span<UInt8>) throws(Refusal) -> Heartbeat {
        let name = try fields.neededName(.name, line)
        guard name != Roster.engineName else {
            throw Refusal(.name, "\"\(name)\" is the engine's own name: choose another")
        }
        return Heartbeat(
            name: name,
            intervalMs: try fields.whole(.intervalMs, line, most: mostMs) ?? 0,
            pid: UInt32(try fields.whole(.pid, line, most: UInt64(UInt32.max)) ?? 0)
        )
    }
}
