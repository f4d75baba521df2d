extension EventLinePlace {
    /// The milliseconds since 1970 of an RFC 3339 time: `2026-11-21T09:00:00.123Z`, `2026-11-21T10:00:00+01:00`; nil for
    /// anything else, a day that no calendar has, and whatever lies before 1970. Finer than milliseconds is cut.
    func time(_ line: Span<UInt8>) -> Int64? {
        guard isPlain, range.count <= 40 else { return nil }
        var reader = Reader(at: Int(start), end: Int(end))
        guard let year = reader.number(4, line), reader.take("-", line), let month = reader.number(2, line),
            reader.take("-", line), let day = reader.number(2, line), reader.take("T", line),
            let hour = reader.number(2, line), reader.take(":", line), let minute = reader.number(2, line),
            reader.take(":", line), let second = reader.number(2, line)
        else { return nil }
        // A leap second is the first one of the next minute: no clock here has a name for it.
        guard year >= 1970, (1...12).contains(month), day >= 1, day <= EventLinePlace.days(month, year), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        guard let fraction = reader.fraction(line), let offset = reader.offset(line), reader.isAtEnd else { return nil }
        let days = EventLinePlace.daysSince1970(year, month, day)
        let milliseconds = (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1_000 + fraction
        return milliseconds >= 0 ? milliseconds : nil
    }

    private static func days(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// By the algorithm of Howard Hinnant ("chrono-Compatible Low-Level Date Algorithms", days_from_civil): years begin in
    /// March, so that the leap day is their last. For years from 1970 on.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private struct Reader {
        var at: Int
        let end: Int

        var isAtEnd: Bool { at == end }

        mutating func number(_ digits: Int, _ line: Span<UInt8>) -> Int64? {
            guard at + digits <= end else { return nil }
            var value: Int64 = 0
            for place in at..<at + digits {
                let digit = line[place] &- 0x30
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            at += digits
            return value
        }

        mutating func take(_ letter: Unicode.Scalar, _ line: Span<UInt8>) -> Bool {
            guard at < end, UInt32(line[at]) == letter.value else { return false }
            at += 1
            return true
        }

        /// Milliseconds of `.123456789`; 0 where there is none; nil for a point without 1 to 9 digits.
        mutating func fraction(_ line: Span<UInt8>) -> Int64? {
            guard take(".", line) else { return 0 }
            var value: Int64 = 0
            var unit: Int64 = 100
            let start = at
            while at < end, line[at] &- 0x30 < 10 {
                value += Int64(line[at] &- 0x30) * unit
                unit /= 10
                at += 1
            }
            return (1...9).contains(at - start) ? value : nil
        }

        /// Minutes east of UTC of `Z` or `+01:00`.
        mutating func offset(_ line: Span<UInt8>) -> Int64? {
            if take("Z", line) { return 0 }
            let isEast = take("+", line)
            guard isEast || take("-", line), let hours = number(2, line), take(":", line),
                let minutes = number(2, line),
                hours < 24, minutes < 60
            else { return nil }
            return (hours * 60 + minutes) * (isEast ? 1 : -1)
        }
    }
}
