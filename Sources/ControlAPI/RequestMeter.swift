import Synchronization

/// How many requests there were and how long they took.
final class RequestMeter: Sendable {
    /// Upper bounds of the histogram, in microseconds.
    static let bounds: [UInt64] = [
        500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    ]

    /// One histogram.
    struct Histogram: Sendable, Equatable {
        var buckets = [UInt64](repeating: 0, count: RequestMeter.bounds.count)
        var count: UInt64 = 0
        var sumMicroseconds: UInt64 = 0

        mutating func add(_ microseconds: UInt64) {
            count &+= 1
            sumMicroseconds &+= microseconds
            for index in buckets.indices where microseconds <= RequestMeter.bounds[index] { buckets[index] &+= 1 }
        }
    }

    /// What is counted apart.
    struct Key: Sendable, Hashable {
        var method: String
        /// The route's path as it is written in the table, never what was asked.
        var path: String
        var status: Int
    }

    /// All of it.
    struct Reading: Sendable {
        var requests: [(key: Key, histogram: Histogram)] = []
        var halts = Histogram()
        /// Halts whose record was not on disk when they were answered.
        var haltsNotDurable: UInt64 = 0
        var droppedReaders: UInt64 = 0
    }

    private let dropped = Atomic<UInt64>(0)
    private let notDurable = Atomic<UInt64>(0)
    private let counts = Mutex<(requests: [Key: Histogram], halts: Histogram)>(([:], Histogram()))

    func add(_ key: Key, microseconds: UInt64) {
        counts.withLock { $0.requests[key, default: Histogram()].add(microseconds) }
    }

    /// A halt: from its request to the answer that its record is on disk, or that it is not.
    func addHalt(microseconds: UInt64, isDurable: Bool) {
        guard isDurable else {
            notDurable.add(1, ordering: .relaxed)
            return
        }
        counts.withLock { $0.halts.add(microseconds) }
    }

    /// A reader of the stream was too slow.
    func addDroppedReader() { dropped.add(1, ordering: .relaxed) }

    var reading: Reading {
        counts.withLock { counts in
            let sorted = counts.requests.sorted {
                ($0.key.path, $0.key.method, $0.key.status) < ($1.key.path, $1.key.method, $1.key.status)
            }
            return Reading(
                requests: sorted.map { ($0.key, $0.value) },
                halts: counts.halts,
                haltsNotDurable: notDurable.load(ordering: .relaxed),
                droppedReaders: dropped.load(ordering: .relaxed)
            )
        }
    }
}
