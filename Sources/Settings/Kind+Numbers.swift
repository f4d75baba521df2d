import Console
import SafetyEngine

/// Times as a configuration has them: those of the command line, and days (`90d`).
enum TimeText {
    static let day: UInt64 = 86_400_000

    static func milliseconds(_ text: String) -> UInt64? {
        guard text.hasSuffix("d") else { return DurationText.milliseconds(text) }
        return DurationText.milliseconds(text.dropLast() + "h").flatMap { hours in
            let (product, overflow) = hours.multipliedReportingOverflow(by: 24)
            // What follows counts in nanoseconds too.
            return overflow || product > UInt64(Int64.max) / 1_000_000 ? nil : product
        }
    }

    static func text(_ milliseconds: UInt64) -> String {
        if milliseconds >= 2 * day, milliseconds % day == 0 { return "\(milliseconds / day)d" }
        return DurationText.text(milliseconds: milliseconds)
    }
}

/// Sizes: `500MB`, `2GB`, `64KiB`, `1000B`.
enum SizeText {
    private static let units: [(name: String, bytes: UInt64)] = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000),
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    static func bytes(_ text: String) -> UInt64? {
        let digits = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty, let number = UInt64(Substring(digits)) else { return nil }
        let name = text.dropFirst(digits.count)
        guard let unit = units.first(where: { $0.name == name || $0.name == "kB" && name == "KB" }) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : product
    }

    static func text(_ bytes: UInt64) -> String {
        for unit in units where bytes >= unit.bytes && bytes % unit.bytes == 0 {
            return "\(bytes / unit.bytes)\(unit.name)"
        }
        return "\(bytes)B"
    }
}

/// Numbers as they may be written: bare, or in quotes.
enum Numbers {
    static func decimal(_ value: TOML.Value) -> Decimal? {
        switch value {
        case .integer(let number): Decimal(digits: Int128(number), scale: 0)
        case .decimal(let text), .string(let text): Decimal(text)
        default: nil
        }
    }
}

extension Kind where Value == UInt64 {
    /// A time in milliseconds.
    ///
    /// - Parameter zero: what "0" means; nil: it is refused, unless the range has it.
    static func time(_ range: ClosedRange<UInt64>, zero: String? = nil) -> Kind {
        let unit = "a time from \(TimeText.text(range.lowerBound)) to \(TimeText.text(range.upperBound))"
        return Kind(
            unit: unit + (zero.map { ", or \"0\": \($0)" } ?? ""),
            read: { value in
                guard case .string(let text) = value, let time = TimeText.milliseconds(text) else { return nil }
                return range.contains(time) || time == 0 && zero != nil ? time : nil
            },
            write: { TOMLText.string(TimeText.text($0)) }
        )
    }

    /// A size in bytes.
    static func size(_ range: ClosedRange<UInt64>) -> Kind {
        Kind(
            unit: "a size from \(SizeText.text(range.lowerBound)) to \(SizeText.text(range.upperBound))",
            read: { value in
                guard case .string(let text) = value, let size = SizeText.bytes(text) else { return nil }
                return range.contains(size) ? size : nil
            },
            write: { TOMLText.string(SizeText.text($0)) }
        )
    }

    /// A whole number that is no count of anything.
    static func whole(_ range: ClosedRange<UInt64>) -> Kind {
        Kind(
            unit: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { value in
                guard case .integer(let number) = value, let whole = UInt64(exactly: number) else { return nil }
                return range.contains(whole) ? whole : nil
            },
            write: { String($0) }
        )
    }
}

extension Kind where Value == Int {
    /// So many of something.
    static func count(_ range: ClosedRange<Int>, of things: String = "") -> Kind {
        let unit = things.isEmpty ? "a whole number" : "a number of \(things)"
        return Kind(
            unit: "\(unit) from \(range.lowerBound) to \(range.upperBound)",
            read: { value in
                guard case .integer(let number) = value, let count = Int(exactly: number) else { return nil }
                return range.contains(count) ? count : nil
            },
            write: { String($0) }
        )
    }

    /// A percentage without a fraction.
    static func wholePercent(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            unit: "a whole percentage from \(range.lowerBound) to \(range.upperBound)",
            read: { value in
                guard case .integer(let number) = Percentages.bare(value), let count = Int(exactly: number) else {
                    return nil
                }
                return range.contains(count) ? count : nil
            },
            write: { String($0) }
        )
    }

    /// A size in bytes.
    static func bytes(_ range: ClosedRange<Int>) -> Kind {
        let size = Kind<UInt64>.size(UInt64(range.lowerBound)...UInt64(range.upperBound))
        return Kind(
            unit: size.unit,
            read: { size.read($0).flatMap { Int(exactly: $0) } },
            write: { size.write(UInt64($0)) }
        )
    }

    /// A time of the day, in minutes after midnight.
    static var timeOfDay: Kind {
        Kind(
            unit: "a time of the day in UTC, from 00:00 to 23:59",
            read: { value in
                guard case .string(let text) = value, text.utf8.count == 5, text.dropFirst(2).first == ":",
                    let hour = Int(text.prefix(2)), let minute = Int(text.suffix(2)), (0..<24).contains(hour),
                    (0..<60).contains(minute), !text.contains("+"), !text.contains("-")
                else { return nil }
                return hour * 60 + minute
            },
            write: { minutes in
                func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
                return TOMLText.string("\(two(minutes / 60)):\(two(minutes % 60))")
            }
        )
    }
}

/// Percentages may bear their sign: `"2.5%"`.
enum Percentages {
    static func bare(_ value: TOML.Value) -> TOML.Value {
        guard case .string(let text) = value, text.hasSuffix("%") else { return value }
        let number = text.dropLast().last == " " ? text.dropLast(2) : text.dropLast()
        return Int64(number).map { .integer($0) } ?? .string(String(number))
    }
}

extension Kind where Value == Decimal {
    private static func exact(
        _ unit: String,
        _ range: ClosedRange<Decimal>,
        _ bare: @escaping @Sendable (TOML.Value) -> TOML.Value = { $0 }
    ) -> Kind {
        Kind(
            unit: "\(unit) from \(range.lowerBound) to \(range.upperBound)",
            read: { value in Numbers.decimal(bare(value)).flatMap { range.contains($0) ? $0 : nil } },
            write: { $0.description }
        )
    }

    /// Percent: 30 is 30 %.
    static func percent(_ range: ClosedRange<Decimal>) -> Kind { exact("a percentage", range, Percentages.bare) }

    /// An amount in the desk's base currency.
    static func money(_ range: ClosedRange<Decimal>) -> Kind { exact("an amount in the desk's currency", range) }

    /// A number of anything.
    static func number(_ range: ClosedRange<Decimal>) -> Kind { exact("a number", range) }

    /// A time in seconds, written as a time.
    static func seconds(_ range: ClosedRange<UInt64>) -> Kind {
        let time = Kind<UInt64>.time(range)
        return Kind(
            unit: time.unit,
            read: { value in
                time.read(value).flatMap { milliseconds in
                    milliseconds % 1_000 == 0
                        ? Decimal(digits: Int128(milliseconds / 1_000), scale: 0)
                        : Decimal(digits: Int128(milliseconds), scale: 3)
                }
            },
            write: { seconds in
                let exact = seconds.multiplied(by: Decimal(1_000))?.rounded(to: 0)
                return time.write(exact.flatMap { UInt64(exactly: $0.digits) } ?? 0)
            }
        )
    }
}
