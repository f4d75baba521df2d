public import Console
import Glibc
import KillSwitch
public import SafetyEngine
import Synchronization

/// Sees that estop.toml changed, or is asked to look (SIGHUP), reads it, and hands over what came of it.
///
/// The file may be written in place, replaced by a rename, removed, made unreadable, or be a link whose end changes:
/// inotify on the directories tells most of it at once, and a look every `pollMs` the rest. It is read once it has been
/// quiet for `quietMs`, so that half a file is not what is read.
///
/// Invariants (SettingsTests/ConfigurationWatchTests): what runs only ever changes to a configuration that was read as a
/// whole; a file that is gone or refused changes nothing; whoever asks is answered.
public final class ConfigurationWatch: Sendable {
    /// What came of a change or of being asked.
    public enum Outcome: Sendable, Equatable {
        /// Read and right: this runs now.
        case changed(Change)
        /// Asked for, read and right, and the same as what runs.
        case same
        /// Refused: what ran goes on.
        case refused(ConfigurationRefusal)
    }

    /// A configuration that took another's place.
    public struct Change: Sendable, Equatable {
        /// What was read.
        public let reading: ConfigurationReading
        /// What the engine goes on with: `reading.desk`, but for what takes effect only when the host starts.
        public let live: DeskConfiguration
        /// What changed, for the journal: `[cap] most: 8 -> 6`.
        public let differences: [String]
        /// What differs from what the host started with, and waits for its next start.
        public let atNextStart: [String]
    }

    /// Where a configuration is looked for.
    public struct Place: Sendable {
        /// The value of `--config`.
        public var named: String?
        /// The state directory.
        public var state: String
        /// ESTOP_CONFIG, XDG_CONFIG_HOME, HOME, MAX_POSITIONS_ALLOWED.
        public var environment: Environment
        /// The rules that the engine has by itself.
        public var builtIn: [Rule]

        /// Creates a place.
        public init(
            named: String?,
            state: String,
            environment: Environment = .process,
            builtIn: [Rule] = Rule.defaults
        ) {
            self.named = named
            self.state = state
            self.environment = environment
            self.builtIn = builtIn
        }
    }

    private struct Waiting {
        var isAsked = false
        var isStopped = false
    }

    private let place: Place
    private let files: ConfigurationFiles
    private let quietMs: UInt64
    private let pollMs: UInt64
    private let started: ConfigurationReading
    private let tell: @Sendable (Outcome) -> Void
    private let waiting = Mutex(Waiting())
    private let wire = Wire()
    private let thread = Mutex<pthread_t?>(nil)

    /// Creates a watch; `start` begins it.
    ///
    /// - Parameters:
    ///   - place: Where the configuration is looked for.
    ///   - running: What the host started with.
    ///   - quietMs: How long the file has to be still before it is read.
    ///   - pollMs: How often it is looked at besides.
    ///   - tell: Gets every outcome, on the watch's own thread.
    public init(
        _ place: Place,
        running: ConfigurationReading,
        quietMs: UInt64 = 100,
        pollMs: UInt64 = 1_000,
        tell: @escaping @Sendable (Outcome) -> Void
    ) {
        self.place = place
        self.quietMs = quietMs
        self.pollMs = pollMs
        self.tell = tell
        started = running
        files = ConfigurationFiles(
            Configuration.files(named: place.named, state: place.state, environment: place.environment)
        )
    }

    /// Starts looking. What the file is now counts as seen only if it is what runs: the first look reads it.
    public func start() {
        let begun = ThreadStart.joinable { [self] in run() }
        thread.withLock { $0 = begun }
    }

    /// Reads the file now, changed or not, and answers in every case. Never blocks; not for signal handlers.
    public func ask() {
        waiting.withLock { $0.isAsked = true }
        wire.pull()
    }

    /// Ends; no outcome is told after it returned. Not to be called from `tell`.
    public func stop() {
        waiting.withLock { $0.isStopped = true }
        wire.pull()
        let begun = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let begun { pthread_join(begun, nil) }
    }

    // MARK: - The thread

    private func run() {
        let watch = files.watch()
        defer { if watch.descriptor >= 0 { close(watch.descriptor) } }
        var running = started
        // Nothing is known about what happened between the reading and the watch.
        var seen: [ConfigurationFiles.Mark]?
        while true {
            if seen != nil { sleep(watch.descriptor, pollMs) }
            if waiting.withLock({ $0.isStopped }) { return }
            var marks = files.marks()
            if marks != seen { settle(watch.descriptor, &marks) }
            let isAsked = waiting.withLock { waiting in
                defer { waiting.isAsked = false }
                return waiting.isAsked
            }
            if waiting.withLock({ $0.isStopped }) { return }
            guard isAsked || marks != seen else { continue }
            let outcome = look(&running, isAsked: isAsked)
            // A change during the reading shows at the next look.
            seen = marks
            if let outcome { tell(outcome) }
        }
    }

    /// Waits until the files have been still for so long, at most ten times that: a file that is written to without end
    /// is read all the same.
    private func settle(_ descriptor: Int32, _ marks: inout [ConfigurationFiles.Mark]) {
        for _ in 0..<10 {
            sleep(descriptor, quietMs, always: true)
            if waiting.withLock({ $0.isStopped }) { return }
            let now = files.marks()
            if now == marks { return }
            marks = now
        }
    }

    /// Sleeps until something happens, or with `always` for so long whatever happens (but for the end).
    private func sleep(_ descriptor: Int32, _ milliseconds: UInt64, always: Bool = false) {
        var ready = [
            pollfd(fd: wire.readable, events: Int16(POLLIN), revents: 0),
            pollfd(fd: always ? -1 : descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&ready, nfds_t(ready.count), Int32(clamping: milliseconds))
        wire.rest()
        var bytes = [UInt8](repeating: 0, count: 4096)
        if descriptor >= 0 { while read(descriptor, &bytes, bytes.count) > 0 {} }
    }

    private func look(_ running: inout ConfigurationReading, isAsked: Bool) -> Outcome? {
        let reading: ConfigurationReading
        do {
            reading = try DeskConfiguration.load(
                named: place.named,
                state: place.state,
                environment: place.environment,
                builtIn: place.builtIn
            )
        } catch {
            return .refused(error)
        }
        if let file = running.file, reading.file == nil {
            // Defaults are not what anybody meant by removing, or half replacing, the file of a desk that runs.
            let gone = ConfigurationError(
                file: file,
                "the file is gone, and what it said holds: put it back, or restart"
            )
            return .refused(ConfigurationRefusal([gone]))
        }
        if running.desk.engine.isPaper != reading.desk.engine.isPaper {
            let (was, now) = running.desk.engine.isPaper ? ("paper", "real") : ("real", "paper")
            let why = ConfigurationError(
                file: reading.file,
                "[desk] paper makes the \(was) desk that runs a \(now) one, which no reload does: stop its host first"
                    + (now == "paper" ? ", then: estop desk convert REASON" : "")
            )
            return .refused(ConfigurationRefusal([why]))
        }
        let differences = running.differences(to: reading)
        guard !differences.isEmpty else {
            running = reading
            return isAsked ? .same : nil
        }
        running = reading
        return .changed(
            Change(
                reading: reading,
                live: started.live(reading),
                differences: differences,
                atNextStart: started.differencesAtStart(to: reading)
            )
        )
    }
}
