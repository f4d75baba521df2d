/// Requests to one venue in the last hour, counted in buckets of `bucketMs`: errors and latencies over a window.
///
/// A window counts whole buckets: it looks back up to one bucket longer than asked. Latencies are counted in steps of at
/// most a tenth, and of each step the longest is kept: what is reported is a latency that there was, never below the true
/// one, and at most 10 % (or 1 ms) above.
public struct RequestWindow: Sendable, Equatable, Codable {
    /// The length of a bucket, in milliseconds.
    public static let bucketMs: UInt64 = 5_000
    /// How far back it remembers, in milliseconds.
    public static let mostMs: UInt64 = 3_600_000

    /// How many were ever counted: tells one sample from the next.
    public internal(set) var version: UInt64 = 0
    /// The last error in its venue's words; empty: none.
    public internal(set) var lastError = ""
    private var buckets: [Bucket] = []

    /// Creates an empty window.
    public init() {}

    private struct Bucket: Sendable, Equatable, Codable {
        var number: UInt64
        var count = 0
        var errors = 0
        /// How many took how long, by steps; few steps occur within one bucket.
        var latencies: [Latency] = []
    }

    private struct Latency: Sendable, Equatable, Codable {
        var upToMs: UInt64
        var count: Int
        /// The longest of them.
        var mostMs: UInt64
    }

    /// Takes what became of one request.
    mutating func take(_ result: APIResult, at atMs: UInt64) {
        version &+= 1
        let number = atMs / RequestWindow.bucketMs
        if buckets.last.map({ $0.number < number }) ?? true {
            let first = number - min(number, RequestWindow.mostMs / RequestWindow.bucketMs)
            let old = buckets.prefix { $0.number < first }.count
            if old > 0 { buckets.removeFirst(old) }
            buckets.append(Bucket(number: number))
        }
        let last = buckets.count - 1
        buckets[last].count += 1
        if !result.isSuccess {
            buckets[last].errors += 1
            lastError = result.error
        }
        guard let latencyMs = result.latencyMs else { return }
        let upToMs = RequestWindow.step(latencyMs)
        if let place = buckets[last].latencies.firstIndex(where: { $0.upToMs == upToMs }) {
            buckets[last].latencies[place].count += 1
            buckets[last].latencies[place].mostMs = max(buckets[last].latencies[place].mostMs, latencyMs)
        } else {
            buckets[last].latencies.append(Latency(upToMs: upToMs, count: 1, mostMs: latencyMs))
        }
    }

    /// Requests in the window.
    public func count(overMs: UInt64, at atMs: UInt64) -> Int {
        window(overMs, atMs).reduce(0) { $0 + $1.count }
    }

    /// Failed requests in the window, in percent; nil: there were none at all.
    public func errorPercent(overMs: UInt64, at atMs: UInt64) -> Decimal? {
        var (count, errors) = (0, 0)
        for bucket in window(overMs, atMs) {
            count += bucket.count
            errors += bucket.errors
        }
        return Decimal.percent(Decimal(errors), of: Decimal(count))
    }

    /// The latency that 95 % of the window's requests did not exceed, in milliseconds; nil: none said how long it took.
    public func latencyP95Ms(overMs: UInt64, at atMs: UInt64) -> UInt64? {
        var steps: [UInt64: (count: Int, mostMs: UInt64)] = [:]
        var total = 0
        for bucket in window(overMs, atMs) {
            for latency in bucket.latencies {
                let step = steps[latency.upToMs] ?? (0, 0)
                steps[latency.upToMs] = (step.count + latency.count, max(step.mostMs, latency.mostMs))
                total += latency.count
            }
        }
        // The smallest step that at least 95 % are at or under.
        let needed = (total * 95 + 99) / 100
        var sum = 0
        for upToMs in steps.keys.sorted() {
            guard let step = steps[upToMs] else { continue }
            sum += step.count
            if sum >= needed { return step.mostMs }
        }
        return nil
    }

    private func window(_ overMs: UInt64, _ atMs: UInt64) -> ArraySlice<Bucket> {
        let first = elapsed(from: overMs, to: atMs) / RequestWindow.bucketMs
        let old = buckets.reversed().prefix { $0.number >= first }.count
        return buckets.suffix(old)
    }

    /// The end of the step that a latency lies in: to 100 ms each 1 to 5 ms, then the same a power of ten higher.
    static func step(_ latencyMs: UInt64) -> UInt64 {
        guard latencyMs > 10 else { return latencyMs }
        var unit: UInt64 = 1
        while latencyMs > unit * 100, unit < 100_000 { unit *= 10 }
        let width = latencyMs <= unit * 20 ? unit : latencyMs <= unit * 50 ? unit * 2 : unit * 5
        guard latencyMs <= unit * 100 else { return unit * 100 }
        return (latencyMs + width - 1) / width * width
    }
}

/// Signals of strategies in the last day, counted in buckets of `bucketMs`. A window counts whole buckets: it looks back
/// up to one bucket longer than asked.
public struct SignalWindow: Sendable, Equatable, Codable {
    /// The length of a bucket, in milliseconds.
    public static let bucketMs: UInt64 = 60_000
    /// How far back it remembers, in milliseconds.
    public static let mostMs: UInt64 = 86_400_000

    /// When the first one came, in desk time; nil: none ever did, and then no rule counts them.
    public internal(set) var firstMs: UInt64?
    private var buckets: [Bucket] = []

    /// Creates an empty window.
    public init() {}

    private struct Bucket: Sendable, Equatable, Codable {
        var number: UInt64
        var count: Int
    }

    /// Takes so many signals; false: a negative number, which is not counted.
    mutating func take(_ count: Int, at atMs: UInt64) -> Bool {
        guard count >= 0 else { return false }
        guard count > 0 else { return true }
        if firstMs == nil { firstMs = atMs }
        let number = atMs / SignalWindow.bucketMs
        if buckets.last.map({ $0.number < number }) ?? true {
            let first = number - min(number, SignalWindow.mostMs / SignalWindow.bucketMs)
            let old = buckets.prefix { $0.number < first }.count
            if old > 0 { buckets.removeFirst(old) }
            buckets.append(Bucket(number: number, count: 0))
        }
        let last = buckets.count - 1
        let (sum, overflow) = buckets[last].count.addingReportingOverflow(count)
        buckets[last].count = overflow ? .max : sum
        return true
    }

    /// Signals an hour, over the window or (if that is shorter) since the first one; nil: none ever came.
    public func perHour(overMs: UInt64, at atMs: UInt64) -> Decimal? {
        guard let firstMs else { return nil }
        let first = elapsed(from: overMs, to: atMs) / SignalWindow.bucketMs
        var count = Decimal(0)
        for bucket in buckets.reversed().prefix(while: { $0.number >= first }) {
            count = count.adding(Decimal(bucket.count)) ?? count
        }
        let span = max(SignalWindow.bucketMs, min(overMs, elapsed(from: firstMs, to: atMs)))
        guard let milliseconds = Decimal(digits: Int128(span), scale: 0) else { return nil }
        return count.multiplied(by: Decimal(3_600_000))?.divided(by: milliseconds, places: 4)
    }
}

extension AccountResults {
    /// Most outcomes that are remembered.
    public static let mostRecent = 200

    /// Takes a closed trade. One that brought nothing is neither a win nor a loss: it ends a row of losses.
    mutating func take(profit: Decimal, at atMs: UInt64) {
        version &+= 1
        lossesInARow = profit.isNegative ? lossesInARow + 1 : 0
        if recent.count >= AccountResults.mostRecent {
            recent.removeFirst(recent.count - AccountResults.mostRecent + 1)
        }
        recent.append(Outcome(atMs: atMs, isWin: profit > Decimal(0)))
    }

    /// Closed trades in the window, of the last 200.
    public func count(overMs: UInt64, at atMs: UInt64) -> Int {
        recent.reversed().prefix { elapsed(from: $0.atMs, to: atMs) <= overMs }.count
    }

    /// Winning trades of those closed in the window (of the last 200), in percent; nil: none was closed.
    public func winPercent(overMs: UInt64, at atMs: UInt64) -> Decimal? {
        let window = recent.reversed().prefix { elapsed(from: $0.atMs, to: atMs) <= overMs }
        return Decimal.percent(Decimal(window.reduce(0) { $0 + ($1.isWin ? 1 : 0) }), of: Decimal(window.count))
    }
}
