/// How soon something is tried again.
///
/// Invariants (RemoteTests/PaceTests): never less than the first wait nor more than the last; a success begins anew.
struct Pace: Sendable, Equatable {
    /// The wait after the first failure, in milliseconds.
    let firstMs: UInt64
    /// The longest wait, in milliseconds.
    let lastMs: UInt64
    /// Failures in a row.
    private(set) var failures = 0

    init(firstMs: UInt64, lastMs: UInt64) {
        self.firstMs = firstMs
        self.lastMs = lastMs
    }

    /// Takes note of a failure: how long to wait now, in milliseconds.
    mutating func failed() -> UInt64 {
        let wait = firstMs << UInt64(min(failures, 16))
        failures += 1
        return min(lastMs, wait)
    }

    /// Takes note of a success.
    mutating func succeeded() { failures = 0 }

    /// Of the stream.
    static let stream = Pace(firstMs: 250, lastMs: 5_000)
    /// Of a halt.
    static let halt = Pace(firstMs: 100, lastMs: 1_000)
}
