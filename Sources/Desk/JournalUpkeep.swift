import Journal
import KillSwitch
import SafetyEngine
import Settings

/// When the journal is looked after: what is too old or too much goes, and a damaged page is found before it is needed.
///
/// Invariant (DeskTests/JournalUpkeepTests): due a moment after the start, then every few seconds: what is to be bounded is
/// bounded all the time, and a look that finds nothing to remove costs next to nothing.
struct JournalUpkeep: Sendable, Equatable {
    /// After the start, so that a start is nothing but a start, in milliseconds.
    static let firstMs: UInt64 = 5_000
    /// Between two times, in milliseconds.
    static let everyMs: UInt64 = 5_000

    private var nextMs: UInt64?

    /// Whether it is due now; if so, the next time is counted from now.
    mutating func isDue(atMs: UInt64) -> Bool {
        guard let next = nextMs else {
            nextMs = atMs &+ JournalUpkeep.firstMs
            return false
        }
        guard atMs >= next else { return false }
        nextMs = atMs &+ JournalUpkeep.everyMs
        return true
    }

    /// Looks at every page, on a thread of its own: it takes as long as reading the file. Halts when one is damaged: an
    /// engine may have begun from what is not there any more, and the next start would.
    static func lookForDamage(_ journal: Journal, _ killSwitch: KillSwitch, told: @escaping @Sendable (String) -> Void)
    {
        _ = ThreadStart.detached {
            guard let reader = try? journal.reader(), let found = try? reader.damage() else { return }
            let words = "the journal is damaged (\(found)): restore a backup of it, or move it away and start again"
            _ = killSwitch.halt(HaltRequest(reason: words, source: .watchdog))
            told(words)
        }
    }
}

extension Retention {
    /// What the configuration keeps.
    init(_ settings: DeskConfiguration.Journal) {
        self.init(keepMs: settings.keepMs, mostBytes: Int64(clamping: settings.mostBytes))
    }
}
