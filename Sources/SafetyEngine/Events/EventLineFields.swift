/// Where the values of one object's keys lie, and what they say.
struct EventLineFields {
    typealias Refusal = EventLine.Refusal

    /// By the keys' numbers, of which there are at most 64.
    private var places = InlineArray<64, EventLinePlace>(repeating: EventLinePlace())
    /// The keys that are there.
    private(set) var present: UInt64 = 0
    /// The first key that is none of ours.
    private var unknown: EventLinePlace?

    init() {}

    subscript(key: EventLineKey) -> EventLinePlace { places[Int(key.rawValue)] }

    /// Whether it is there, and not null.
    func has(_ key: EventLineKey) -> Bool { self[key].kind.rawValue > EventLinePlace.Kind.null.rawValue }

    /// Takes one key with its value.
    mutating func put(_ key: EventLinePlace, _ value: EventLinePlace, _ line: Span<UInt8>) throws(Refusal) {
        var words = EventLineKeyTable.Words()
        if key.isPlain {
            if key.range.count <= 16 { for place in key.range { words.append(line[place]) } }
        } else {
            let text = try key.text(line)
            if text.utf8.count <= 16 { for byte in text.utf8 { words.append(byte) } }
        }
        guard words.count > 0, let known = EventLineKeyTable.shared.key(words) else {
            let isSendersOwn =
                key.range.count >= 2 && line[Int(key.start)] == UInt8(ascii: "x")
                && line[Int(key.start) + 1] == UInt8(ascii: "_")
            if !isSendersOwn, unknown == nil { unknown = key }
            return
        }
        guard present & known.bit == 0 else { throw Refusal(known, "is there twice: write it once") }
        present |= known.bit
        places[Int(known.rawValue)] = value
    }

    /// Refuses keys that do not belong here.
    func check(_ allowed: EventLineKeys, _ kind: EventLineKind, _ line: Span<UInt8>) throws(Refusal) {
        if let unknown {
            let word = try unknown.text(line)
            var text = "unknown key \(EventLine.shown(word))"
            if let key = EventLineKey.meant(by: word), allowed.contains(key) {
                text += ": did you mean \"\(key.name)\"?"
            } else if let near = EventLineSpelling.nearest(to: word, among: allowed.list.map(\.name)) {
                text += ": did you mean \"\(near)\"?"
            } else {
                text += ": keys of your own begin with x_"
            }
            throw Refusal(text)
        }
        let strange = present & ~allowed.bits
        guard strange != 0 else { return }
        for key in EventLineKey.allCases where strange & key.bit != 0 {
            throw Refusal(
                key,
                "does not belong to \"\(kind.rawValue)\": leave it out, or write it as x_\(key.name)"
            )
        }
    }

    /// What has to be there.
    func needed<Value>(_ key: EventLineKey, _ value: Value?) throws(Refusal) -> Value {
        guard let value else { throw Refusal(key, "is missing: write \"\(key.name)\":\(key.example)") }
        return value
    }

    /// A name: bounded, and nothing in it that moves or hides text. Empty: not there.
    func name(
        _ key: EventLineKey,
        _ line: Span<UInt8>,
        most: Int = EventLine.mostNameBytes
    ) throws(Refusal) -> String {
        let text = try string(key, line)
        guard text.utf8.count <= most else { throw tooLong(key, text, most) }
        if !self[key].isPlain {
            for scalar in text.unicodeScalars where EventLine.isHidden(scalar) {
                throw Refusal(key, "a name without control or invisible characters is needed: \(EventLine.shown(text))")
            }
        }
        return text
    }

    /// A name that has to be there.
    func neededName(_ key: EventLineKey, _ line: Span<UInt8>) throws(Refusal) -> String {
        let text = try name(key, line)
        guard !text.isEmpty else {
            guard has(key) else { return try needed(key, nil) }
            throw Refusal(key, "is empty: write a name, such as \(key.example)")
        }
        return text
    }

    /// A name that identities and the scopes of halts are made of: those join them with `/` and `,`.
    func part(_ key: EventLineKey, _ line: Span<UInt8>, most: Int) throws(Refusal) -> String {
        let text = try name(key, line, most: most)
        for byte in text.utf8 where byte == UInt8(ascii: "/") || byte == UInt8(ascii: ",") {
            throw Refusal(key, "a name without '/' and ',' is needed: \(EventLine.shown(text))")
        }
        return text
    }

    /// Free text: tabs and newlines may be in it, but no other control characters.
    func text(_ key: EventLineKey, _ line: Span<UInt8>) throws(Refusal) -> String {
        let text = try string(key, line)
        guard text.utf8.count <= EventLine.mostTextBytes else { throw tooLong(key, text, EventLine.mostTextBytes) }
        if !self[key].isPlain {
            for scalar in text.unicodeScalars where scalar.properties.generalCategory == .control {
                guard scalar == "\n" || scalar == "\t" || scalar == "\r" else {
                    throw Refusal(key, "a text without control characters is needed: \(EventLine.shown(text))")
                }
            }
        }
        return text
    }

    private func string(_ key: EventLineKey, _ line: Span<UInt8>) throws(Refusal) -> String {
        let place = self[key]
        switch place.kind {
        case .absent, .null: return ""
        case .string: return try place.text(line)
        default: throw Refusal(key, "must be a string, such as \(key.example), not \(shown(place, line))")
        }
    }

    private func tooLong(_ key: EventLineKey, _ text: String, _ most: Int) -> Refusal {
        Refusal(key, "has \(text.utf8.count) bytes: at most \(most) are taken")
    }

    /// A number, exactly as written.
    func decimal(_ key: EventLineKey, _ line: Span<UInt8>) throws(Refusal) -> Decimal? {
        let place = self[key]
        switch place.kind {
        case .absent, .null: return nil
        case .number, .string: break
        default: throw Refusal(key, "must be a decimal, such as \(key.example), not \(shown(place, line))")
        }
        switch place.number(line) {
        case .exact(let number): return number
        case .malformed:
            throw Refusal(key, "must be a decimal, such as \(key.example), not \(shown(place, line))")
        case .tooLong:
            throw Refusal(
                key,
                "has more digits than are kept exactly (38, 30 of them behind the point): \(shown(place, line))"
            )
        }
    }

    /// A quantity or a price: never negative.
    func quantity(_ key: EventLineKey, _ line: Span<UInt8>) throws(Refusal) -> Decimal? {
        guard let number = try decimal(key, line) else { return nil }
        // "-0" is nothing, as programs write it that compute with floating point.
        guard !number.isNegative else {
            throw Refusal(key, "must not be negative: \(shown(self[key], line))")
        }
        return number
    }

    /// A whole number from 0 to `most`.
    func whole(_ key: EventLineKey, _ line: Span<UInt8>, most: UInt64) throws(Refusal) -> UInt64? {
        let place = self[key]
        switch place.kind {
        case .absent, .null: return nil
        case .number:
            // 5000, but 5000.0 and 5e3 as well: to JSON they are the same number.
            if case .exact(let number) = place.number(line), !number.isNegative {
                var (digits, scale) = (number.digits, number.scale)
                while scale > 0, digits % 10 == 0 {
                    digits /= 10
                    scale -= 1
                }
                if scale == 0, digits <= Int128(most) { return UInt64(digits) }
            }
            fallthrough
        default:
            throw Refusal(
                key,
                "must be a whole number from 0 to \(most), such as \(key.example), not \(shown(place, line))"
            )
        }
    }

    /// true or false.
    func flag(_ key: EventLineKey, _ line: Span<UInt8>) throws(Refusal) -> Bool? {
        switch self[key].kind {
        case .absent, .null: nil
        case .yes: true
        case .no: false
        default: throw Refusal(key, "must be true or false, not \(shown(self[key], line))")
        }
    }

    /// A time, in milliseconds since 1970.
    func time(_ key: EventLineKey, _ line: Span<UInt8>) throws(Refusal) -> Int64? {
        let place = self[key]
        switch place.kind {
        case .absent, .null: return nil
        case .string: if let milliseconds = place.time(line) { return milliseconds }
        default: break
        }
        throw Refusal(
            key,
            "must be a time since 1970 with Z or an offset, such as \(key.example), not \(shown(place, line))"
        )
    }

    /// One of a few words.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: EventLineKey,
        _ line: Span<UInt8>
    ) throws(Refusal) -> Word? where Word.RawValue == String {
        let place = self[key]
        if place.kind == .absent || place.kind == .null { return nil }
        if place.kind == .string {
            let text = try place.text(line)
            if let word = Word(rawValue: text) { return word }
        }
        let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw Refusal(key, "must be one of \(words), not \(shown(place, line))")
    }

    /// How far an order has come: in our words, or in those of ccxt, which most bots use.
    func orderState(_ line: Span<UInt8>) throws(Refusal) -> Order.State? {
        let place = self[.state]
        if place.kind == .string, let state = Order.State(ccxt: try place.text(line)) { return state }
        return try word(.state, line)
    }

    /// A value for people. A string is in quotes, and so is anything else: it may be anything.
    func shown(_ place: EventLinePlace, _ line: Span<UInt8>) -> String {
        switch place.kind {
        case .array: "a list"
        case .object: "an object"
        default: EventLine.shown(line, Int(place.start), Int(place.end))
        }
    }
}
