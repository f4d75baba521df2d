public import SafetyEngine

/// One run of a host: what ties the desk's own time to the machine's clock.
public struct Session: Sendable, Equatable {
    /// The machine's boot (`/proc/sys/kernel/random/boot_id`).
    public var bootID: String
    /// The machine's clock (CLOCK_BOOTTIME) when it began, in milliseconds.
    public var bootMs: UInt64
    /// The desk's time and the wall clock then.
    public var receipt: Receipt

    /// Creates a session.
    public init(bootID: String, bootMs: UInt64, receipt: Receipt) {
        self.bootID = bootID
        self.bootMs = bootMs
        self.receipt = receipt
    }

    /// The desk's time now, when this is the last session that was journaled.
    ///
    /// In the same boot of the machine it is counted by the machine's clock, exactly. After a reboot that clock began anew: the
    /// wall clock says how long the desk was away, as far as it went forward. It never goes back.
    ///
    /// - Parameters:
    ///   - bootID: the boot now.
    ///   - bootMs: the machine's clock now, in milliseconds.
    ///   - wallMs: the wall clock now, in milliseconds since 1970.
    ///   - last: the last receipt in the journal.
    /// - Returns: milliseconds of the desk's time, never less than the last receipt's.
    public func deskTime(bootID: String, bootMs: UInt64, wallMs: Int64, after last: Receipt) -> UInt64 {
        if bootID == self.bootID && bootMs >= self.bootMs {
            let (now, overflow) = receipt.atMs.addingReportingOverflow(bootMs - self.bootMs)
            return max(last.atMs, overflow ? last.atMs : now)
        }
        let (away, overflow) = wallMs.subtractingReportingOverflow(last.wallMs)
        let (now, overflows) = last.atMs.addingReportingOverflow(overflow ? 0 : UInt64(max(0, away)))
        return overflows ? last.atMs : now
    }
}
