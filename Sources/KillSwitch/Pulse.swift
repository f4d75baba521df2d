internal import CEstop

/// The host's hand on the page: it beats, and halts instead of beating when it had stopped.
///
/// Owned by one thread.
public final class Pulse {
    private let killSwitch: KillSwitch
    private var page: HaltPage?

    /// What one beat found.
    public enum Beat: Sendable, Equatable {
        /// Beaten; the page's word then.
        case beaten(Word)
        /// The last beat was older than the limit while the page permitted: halt (`watchdog`) instead.
        case late(milliseconds: UInt64)
        /// There is no page to beat on.
        case noPage(String)
    }

    /// Takes hold of the page.
    public init(_ killSwitch: KillSwitch) {
        self.killSwitch = killSwitch
        attach()
    }

    private func attach() {
        page = HaltPage.map(killSwitch.directory, writable: true).page
        // The configuration says the limit; a page that says another was made under an older one, or is damaged.
        if let page, page.deadMan != killSwitch.settings.deadMan { page.setDeadMan(killSwitch.settings.deadMan) }
    }

    /// The page's word now; nil without a page.
    public var word: Word? { page?.word }

    /// One beat. A stalled or suspended host never revives trading: the last beat is read before the new one.
    public func beat() -> Beat {
        if let page, page.replacement(in: killSwitch.directory) != nil {
            // Whoever maps the orphan is halted by it.
            _ = page.halt(to: .halted)
            attach()
        } else if page == nil {
            attach()
        }
        guard let page else { return .noPage("halt.page is missing or cannot be trusted") }
        let now = Clock.boottime()
        let last = page.beat
        let limit = killSwitch.settings.deadMan
        if limit > 0, page.word.mode.permitsAnything, last > now ? last - now > 1_000_000_000 : now - last > limit {
            return .late(milliseconds: now > last ? (now - last) / 1_000_000 : 0)
        }
        page.setBeat(now)
        return .beaten(page.word)
    }

    /// Beats without looking: once the page is halted for being late.
    public func beatAfterHalt() { page?.setBeat(Clock.boottime()) }

    /// How often to beat: every fifth of the limit, at least once a second.
    public static func interval(limit: UInt64) -> UInt64 { limit == 0 ? 1_000_000_000 : min(limit / 5, 1_000_000_000) }
}
