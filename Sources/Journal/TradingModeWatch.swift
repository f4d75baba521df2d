import GRDB
import Glibc
import KillSwitch

/// The kill switch in the desk's database: one row of `system_config` in `journal.sqlite`, which any program that may write the
/// file can set, such as the `sqlite3` command:
///
///     UPDATE system_config SET value = 'halt'  WHERE key = 'trading_mode';   -- halts: a latch, lifted by a resume only
///     UPDATE system_config SET value = 'paper' WHERE key = 'trading_mode';   -- restricts to paper, while it stands there
///     UPDATE system_config SET value = 'live'  WHERE key = 'trading_mode';   -- says nothing; permits nothing
///     DELETE FROM system_config; DROP TABLE system_config;                   -- halt: unknown means halted
///     SELECT value, updated_at FROM system_config WHERE key = 'trading_mode';
///     SELECT * FROM system_config_log;                                       -- every change
///
/// Any other value halts, and so does the same value written once more. The row is there from the start, so that an UPDATE
/// finds it. A resume sets aside what it finds there and writes what holds (`Journal.append(resumed:tradingMode:id:)`).
///
/// Invariants (TradingModeTests): a halt that was written is reported, even when it was taken back before the next look, or
/// while nobody watched; what cannot be read is reported and permits nothing; the writer is never blocked.
public final class TradingModeWatch: Sendable {
    /// What the row says.
    public enum Word: Sendable, Equatable {
        /// To halt: `halt`, or anything that nobody knows.
        case halt
        /// To restrict to paper.
        case paper
        /// Nothing: `live`.
        case nothing
    }

    /// A look at the row, or a change of it.
    public struct Reading: Sendable, Equatable {
        /// What it says.
        public var word: Word
        /// The value as it was written, at most 64 characters of it; in parentheses: what is not there any more.
        public var value: String
        /// When it was changed, by the clock of who changed it; empty: not known.
        public var changedAt: String
        /// A resume wrote it.
        var isOwn = false

        init(word: Word, value: String, changedAt: String) {
            self.word = word
            self.value = value
            self.changedAt = changedAt
        }
    }

    /// What the callback is told.
    public enum Report: Sendable, Equatable {
        /// The row says this now; at the first look, and whenever it changed.
        case reading(Reading)
        /// It cannot be read, for so many milliseconds: nobody can halt the desk through it. Until it can, what held
        /// before holds.
        case unreadable(String, forMs: UInt64)
    }

    private struct State {
        var isStopping = false
        var isEnded = false
    }

    private let directory: String
    private let file: JournalFile
    private let everyMs: UInt64
    private let patienceMs: UInt64
    private let report: @Sendable (Report) -> Void
    private let monitor = Monitor(State())

    /// Creates a watch.
    ///
    /// - Parameters:
    ///   - directory: the state directory's path.
    ///   - everyMs: the time between two looks, in milliseconds.
    ///   - patienceMs: for how long it may be unreadable before that is reported, and again after each further such
    ///     time, in milliseconds.
    ///   - report: called on the watch's own thread.
    public init(
        directory: String,
        everyMs: UInt64 = 250,
        patienceMs: UInt64 = 2_000,
        report: @escaping @Sendable (Report) -> Void
    ) {
        var file = JournalFile(directory: directory)
        file.busyMs = 100
        self.directory = directory
        self.file = file
        self.everyMs = everyMs
        self.patienceMs = patienceMs
        self.report = report
    }

    /// Starts the thread.
    ///
    /// - Returns: whether the system had one to give.
    public func start() -> Bool {
        let started = ThreadStart.detached { [self] in run() }
        if !started { monitor.with { $0.isEnded = true } }
        return started
    }

    /// Ends the thread; no report comes after it. Not to be called from the callback.
    public func stop() {
        monitor.change { $0.isStopping = true }
        _ = monitor.wait(milliseconds: 5_000) { $0.isEnded ? true : nil }
    }

    /// What a value of the row asks for. Case and spaces around it do not matter; what nobody knows halts.
    public static func word(for value: String) -> Word {
        switch value.lowercased().trimmed {
        case "live": .nothing
        case "paper": .paper
        default: .halt
        }
    }

    private func run() {
        var kept = TradingModeLook.kept(in: directory)
        var look = TradingModeLook(file: file, after: kept)
        var unreadableSinceMs: UInt64?
        var nextReportMs: UInt64 = 0
        while !monitor.with({ $0.isStopping }) {
            let nowMs = Clock.boottime() / 1_000_000
            do {
                for reading in try look.changes() { report(.reading(reading)) }
                // After they were reported: who dies in between reports them again.
                if let place = look.place, place != kept {
                    TradingModeLook.keep(place, in: directory)
                    kept = place
                }
                unreadableSinceMs = nil
            } catch {
                let since = unreadableSinceMs ?? nowMs
                if unreadableSinceMs == nil {
                    unreadableSinceMs = nowMs
                    nextReportMs = nowMs + patienceMs
                }
                if nowMs >= nextReportMs {
                    nextReportMs = nowMs + patienceMs
                    report(.unreadable(error.message, forMs: nowMs - since))
                }
            }
            _ = monitor.wait(milliseconds: everyMs) { $0.isStopping ? true : nil }
        }
        monitor.change { $0.isEnded = true }
    }
}

extension String {
    fileprivate var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
