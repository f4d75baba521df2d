import Glibc

/// What the keeper of a supervised bot does next, as a value: events in, actions out, no clock and no process.
///
/// Invariants (RunSupervisionTests):
/// - a halt's first action is the signal to the bot;
/// - while refused, the gate acknowledges only when nothing of the bot runs: it is gone, or was observed stopped (or
///   `--on-halt none` says that nothing has to be true);
/// - once it is ending it ends: no resume brings it back, and what does not go is killed;
/// - the exit comes after the last descendant.
struct Supervision: Equatable, Sendable {
    /// What a halt does to the bot: the words of `--on-halt`.
    enum Policy: String, Sendable, CaseIterable {
        /// SIGTERM, after the grace time SIGKILL.
        case stop
        /// SIGSTOP, until trading is permitted again.
        case pause
        /// Nothing: the bot asks the gate itself.
        case none
    }

    /// What happened.
    enum Event: Equatable, Sendable {
        /// Whether the gate permits anything now; on every change and beat.
        case permission(Bool)
        /// The bot's process was stopped by this signal.
        case stopped(by: Int32)
        /// The bot's process goes on after a SIGCONT, ours or somebody else's.
        case continued
        /// The bot's process ended, with the exit status that a shell would give it; whether nothing of it is left.
        case ended(status: Int32, alone: Bool)
        /// The last descendant is gone.
        case gone
        /// Every descendant was seen stopped.
        case allStopped
        /// A descendant of a bot that was seen stopped runs again.
        case stirred
        /// A signal that is to be passed on; whether the terminal sent it (to a whole process group, that is).
        case signal(Int32, fromTerminal: Bool)
        /// The guard, the process that people see as `estop run`, was killed.
        case abandoned
        /// Time has passed.
        case time
    }

    /// What is to be done, in this order.
    enum Action: Equatable, Sendable {
        /// Send it to every descendant, the bot's process group first.
        case signal(Int32)
        /// Send it to the bot's process, or to its process group.
        case pass(Int32, toGroup: Bool)
        /// Ask the gate, which acknowledges a word that permits. If it refuses by now: `withdraw`.
        case check
        /// Ask the gate, which acknowledges whatever it says: what has to be true is true.
        case acknowledge
        /// Take an acknowledgement back: the bot runs again, or still.
        case withdraw
        /// Tell people.
        case say(Notice)
        /// Have the bot stop by a command of its own, instead of by SIGTERM.
        case stopByCommand
        /// Make the bot's process group the terminal's foreground one, if the guard's is.
        case giveTerminal
        /// Make the guard's process group the terminal's foreground one, if the bot's is.
        case takeTerminal
        /// Stop the guard, so that the shell sees a stopped job.
        case suspendGuard
        /// Exit with this status.
        case exit(Int32)
    }

    /// What people are told.
    enum Notice: Int32, Sendable {
        case stopping, killing, pausing, continuing, startsPaused, startsRefused, cannotStart, abandoned
    }

    /// What a halt does.
    let policy: Policy
    /// How long after SIGTERM SIGKILL follows, ns.
    let grace: UInt64
    /// Whether a command stops the bot on a halt, instead of SIGTERM.
    let hasStopCommand: Bool
    /// Whether the shell that started the guard could let a stopped job go on.
    var canSuspend = false
    /// Whether the guard's process group is the terminal's foreground one.
    var mayGiveTerminal = false

    /// Whether a halt has stopped the bot and a resume is to let it go on.
    private(set) var isPaused = false
    /// Whether every descendant was seen stopped since it was paused.
    private(set) var isStill = false
    /// Whether it is to end, for whatever reason.
    private(set) var isEnding = false
    /// When what is ending is killed, ns.
    private(set) var deadline: UInt64?
    private var hasKilled = false
    private var isSuspended = false
    private var isStopped = false
    private var status: Int32?

    /// How often what does not go is killed again, ns: it may be forking.
    static let killInterval: UInt64 = 20_000_000

    init(policy: Policy, grace: UInt64, hasStopCommand: Bool = false) {
        self.policy = policy
        self.grace = grace
        self.hasStopCommand = hasStopCommand
    }

    /// Whether the bot can be said to be alive: it exists, and nobody but a halt stopped it.
    var isAlive: Bool { status == nil && (!isStopped || isPaused) }

    /// Whether the keeper has to look at the descendants until all of them are seen stopped.
    var wantsStillness: Bool { isPaused && !isStill && !isEnding }

    /// How to begin.
    enum Beginning: Equatable, Sendable {
        case run
        case runStopped
        case refuse
    }

    /// How the bot begins, with the gate permitting or not.
    mutating func begin(permitted: Bool) -> Beginning {
        if permitted || policy == .none { return .run }
        if policy == .stop { return .refuse }
        isPaused = true
        return .runStopped
    }

    /// Takes one event in.
    ///
    /// - Parameter now: CLOCK_BOOTTIME, ns.
    mutating func handle(_ event: Event, at now: UInt64) -> [Action] {
        switch event {
        case .permission(let permitted): permission(permitted, now)
        case .stopped(let signal): stopped(by: signal)
        case .continued: continued()
        case .ended(let status, let alone): ended(status, alone: alone, now)
        case .gone: [.acknowledge, .exit(status ?? 128 + SIGKILL)]
        case .allStopped: still()
        case .stirred: isPaused && !isEnding ? unstill() + [.signal(SIGSTOP)] : []
        case .signal(let signal, let fromTerminal): passOn(signal, fromTerminal, now)
        case .abandoned: kill(now)
        case .time: time(now)
        }
    }

    // MARK: - Halts and resumes

    private mutating func permission(_ permitted: Bool, _ now: UInt64) -> [Action] {
        guard !isEnding else { return [] }
        if policy == .none { return [.acknowledge] }
        guard permitted else { return refuse(now) }
        guard isPaused else { return [.check] }
        isPaused = false
        isStill = false
        // A bot that people stopped as a job stays stopped until they let it go on.
        return isSuspended ? [.check] : [.giveTerminal, .signal(SIGCONT), .check, .say(.continuing)]
    }

    private mutating func refuse(_ now: UInt64) -> [Action] {
        if policy == .stop {
            end(within: grace, now)
            return [hasStopCommand ? .stopByCommand : .signal(SIGTERM), .say(.stopping)]
        }
        if isPaused { return isStill ? [.acknowledge] : [] }
        isPaused = true
        isStill = false
        // Where the bot had the terminal, its keys reach people's `estop run` again.
        return [.signal(SIGSTOP), .takeTerminal, .say(.pausing)]
    }

    private mutating func still() -> [Action] {
        guard wantsStillness else { return [] }
        isStill = true
        return [.acknowledge]
    }

    private mutating func unstill() -> [Action] {
        defer { isStill = false }
        return isStill ? [.withdraw] : []
    }

    // MARK: - The bot's process

    private mutating func stopped(by signal: Int32) -> [Action] {
        isStopped = true
        let wantsTerminal = signal == SIGTTIN || signal == SIGTTOU
        if isPaused && !isEnding { return [] }
        if wantsTerminal && mayGiveTerminal { return [.giveTerminal, .signal(SIGCONT)] }
        // SIGTERM reaches only what runs; it may have been stopped after it was sent.
        if isEnding { return wantsTerminal ? [] : [.signal(SIGCONT)] }
        guard wantsTerminal || signal == SIGTSTP else { return [] }
        if canSuspend {
            isSuspended = true
            return [.suspendGuard]
        }
        // Nobody could let it go on: as the kernel does for an orphaned group, the key has no effect.
        return signal == SIGTSTP ? [.signal(SIGCONT)] : []
    }

    private mutating func continued() -> [Action] {
        isStopped = false
        isSuspended = false
        guard isPaused, !isEnding else { return [] }
        return unstill() + [.signal(SIGSTOP)]
    }

    private mutating func ended(_ status: Int32, alone: Bool, _ now: UInt64) -> [Action] {
        self.status = status
        if alone { return [.acknowledge, .exit(status)] }
        // What is left of a paused bot does not get to run while trading is halted.
        if isPaused { return kill(now) }
        if isEnding { return [] }
        end(within: grace, now)
        return [.signal(SIGTERM)]
    }

    // MARK: - Ending

    private mutating func end(within time: UInt64, _ now: UInt64) {
        isEnding = true
        deadline = now &+ time
    }

    private mutating func kill(_ now: UInt64) -> [Action] {
        end(within: Supervision.killInterval, now)
        hasKilled = true
        return [.signal(SIGKILL)]
    }

    private mutating func time(_ now: UInt64) -> [Action] {
        guard let deadline, now >= deadline else { return [] }
        let first = !hasKilled
        return kill(now) + (first ? [.say(.killing)] : [])
    }

    // MARK: - Signals from people

    private mutating func passOn(_ signal: Int32, _ fromTerminal: Bool, _ now: UInt64) -> [Action] {
        switch signal {
        case SIGCONT:
            isSuspended = false
            return isPaused && !isEnding ? [] : [.giveTerminal, .signal(SIGCONT)]
        case SIGTSTP:
            if isSuspended || isEnding { return [] }
            guard isPaused else { return [.pass(SIGTSTP, toGroup: true)] }
            guard canSuspend else { return [] }
            isSuspended = true
            return [.suspendGuard]
        case SIGTERM, SIGINT, SIGQUIT:
            guard isPaused, !isEnding else { break }
            // It may clean up, as a bot that a halt stops; it is no more observed stopped.
            let before = unstill()
            isPaused = false
            end(within: grace, now)
            return before + [.pass(signal, toGroup: fromTerminal), .signal(SIGCONT)]
        default: break
        }
        return status == nil ? [.pass(signal, toGroup: fromTerminal)] : [.signal(signal)]
    }
}
