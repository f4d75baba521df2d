internal import CEstop
import Glibc

/// The gate that a bot asks before each order.
///
/// A check costs a few nanoseconds and neither blocks nor allocates. One gate per thread that sends orders: a gate is
/// not `Sendable`. Anything uncertain refuses; `why` says what.
///
/// ```swift
/// let gate = try Gate(name: "grid-btc", scope: "venue=paper")
/// if gate.permits() { sendOrder() }
/// ```
public final class Gate {
    private let gate: OpaquePointer

    /// Opens a gate as a bot.
    ///
    /// - Parameters:
    ///   - state: the desk's state directory; nil: `ESTOP_STATE`, else the default one.
    ///   - name: what people see, 1 to 64 bytes.
    ///   - scope: what the bot trades, such as `venue=paper,strategy=grid`.
    ///   - interval: within which the bot promises to call `beat()`; zero: no promise.
    /// - Throws: `SwitchError` when an argument is wrong, the table of gates is full, or the directory cannot be opened
    ///   or is on a network file system. Not when there is no page: such a gate refuses, and finds the page later.
    public init(state: String? = nil, name: String, scope: String = "", interval: Duration = .zero) throws(SwitchError)
    {
        var opened: OpaquePointer?
        let (seconds, attoseconds) = interval.components
        let nanoseconds =
            UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000).partialValue
            + UInt64(clamping: attoseconds / 1_000_000_000)
        let result = estop_open(&opened, state, name, scope, nanoseconds)
        guard result == 0, let opened else { throw Gate.failure() }
        gate = opened
    }

    /// Opens a gate that only reads: it is not listed and acknowledges nothing.
    ///
    /// - Throws: as the other one, but never for a full table.
    public init(reading state: String?, scope: String = "") throws(SwitchError) {
        var opened: OpaquePointer?
        guard estop_open_reader(&opened, state, scope) == 0, let opened else { throw Gate.failure() }
        gate = opened
    }

    private static func failure() -> SwitchError {
        let kept = errno
        let message = String(cString: estop_error())
        return SwitchError(
            kept == EREMOTE ? .network : kept == EINVAL ? .input : kept == EAGAIN ? .inUse : .noDirectory,
            message
        )
    }

    deinit { estop_close(gate) }

    /// Whether this bot may send an order now. Acknowledges what it saw.
    public func permits() -> Bool { estop_permits(gate) != 0 }

    /// Whether this bot may send an order that shrinks an absolute position without flipping its sign. Acknowledges too.
    public func permitsReducing() -> Bool { estop_permits_reducing(gate) != 0 }

    /// The page's word; zero (unknown) when the page cannot be trusted. Does not acknowledge.
    public var word: Word { Word(rawValue: estop_state(gate)) }

    /// The mode that holds for this gate: page, scoped halts, environment, stop file and dead-man limit together.
    public var mode: Mode { Mode(rawValue: UInt8(truncatingIfNeeded: estop_effective(gate).rawValue)) ?? .unknown }

    /// Why the gate last refused; empty when it permitted.
    public var why: String { String(cString: estop_why(gate)) }

    /// Records that the bot is alive, and looks once more whether the page is still the desk's.
    ///
    /// - Returns: false while the gate has no slot.
    @discardableResult
    public func beat() -> Bool { estop_beat(gate) == 0 }

    /// Takes the acknowledgement back, for whoever acknowledges on behalf of something that moves again. The next check
    /// acknowledges anew.
    public func withdraw() { estop_withdraw(gate) }

    /// Sleeps until the word differs from `seen`, at most `timeout`; blocks this thread.
    ///
    /// - Returns: the word then.
    public func wait(from seen: Word, timeout: Duration) -> Word {
        let (seconds, attoseconds) = timeout.components
        let milliseconds = min(seconds, 86400) * 1000 + attoseconds / 1_000_000_000_000_000
        return Word(rawValue: estop_wait(gate, seen.rawValue, Int32(clamping: milliseconds)))
    }
}
