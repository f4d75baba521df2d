/// One thing that the doctor looked at, and what to do about it.
struct Finding: Equatable, Sendable {
    /// How much it matters.
    enum Level: String, Sendable, CaseIterable, Comparable {
        /// As it should be.
        case ok
        /// Worth knowing.
        case note
        /// Should be put right.
        case warning
        /// Something does not work, or is not safe.
        case error

        static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .ok: 0
            case .note: 1
            case .warning: 2
            case .error: 3
            }
        }
    }

    var check: String
    var level: Level
    /// What was found.
    var message: String
    /// What to do, in one line; nil when there is nothing to do.
    var action: String?

    init(_ check: String, _ level: Level, _ message: String, action: String? = nil) {
        self.check = check
        self.level = level
        self.message = message
        self.action = action
    }
}

/// Everything that the doctor's judgement rests on, as it was at one moment. Nil means: could not be seen.
struct DoctorFacts: Sendable {
    /// Owner, group and permission bits of something.
    struct Ownership: Sendable, Equatable {
        var owner: UInt32
        var group: UInt32
        var mode: UInt32
    }

    /// Who runs the doctor, and whose desk it is.
    struct Users: Sendable {
        var user: UInt32 = 0
        var groups: [UInt32] = []
        /// The gid of the group `estop`; nil: there is no such group.
        var estopGroup: UInt32?
        var ownerName = ""
        /// Whether systemd keeps the owner's session for ever.
        var ownerLingers = false
    }

    /// The state directory.
    struct State: Sendable {
        var path = ""
        /// Why it cannot be opened; nil when it can, or is not there.
        var problem: String?
        /// Nil: it is not there.
        var ownership: Ownership?
        var isBrandNew = true
        var isOnNetwork = false
        var isReadOnly = false
        var space: Space?
        /// Temporary files that nobody is writing any more.
        var staleTemporaries: [String] = []
        /// What processes of the desk left on record when they crashed.
        var crashes: [String] = []
        /// Stop files that were set aside more than 30 days ago.
        var oldCleared: [String] = []
        var operators: Ownership?
        /// How many are enrolled; nil: nobody can tell.
        var enrolled: Int?
        var hasJournal = false
    }

    /// Room on a file system.
    struct Space: Sendable, Equatable {
        var freeBytes: UInt64
        var freeInodes: UInt64
        /// 0: the file system has no fixed number of inodes.
        var inodes: UInt64
    }

    /// The run directory, where the pages are.
    struct RunDirectory: Sendable {
        var path = ""
        var isDefault = true
        /// Nil: it is not there.
        var ownership: Ownership?
        var isTemporaryFileSystem = false
        /// Of /dev/shm; nil: there is none.
        var sharedMemory: Space?
        var sharedMemoryIsTemporaryFileSystem = false
        /// What halt.page and gates.page in the state directory lead to; nil: no link of that name.
        var links: [String: String] = [:]
        /// Run directories of desks that are gone, which were removed.
        var removed: [String] = []
        /// The same, which could not be removed.
        var left: [String] = []
    }

    /// The switch, as observed.
    struct Switch: Sendable {
        var pageProblem: String?
        var modeName = "unknown"
        var hasGatesPage = false
        var openGates = 0
        var deadGates: [String] = []
        var stopFiles: [String] = []
        var hostPid: Int32?
        var hostBeats = false
        var beatAgeMs: UInt64 = 0
        /// The page's limit, ms; nil without a page.
        var deadManMs: UInt64?
        var logProblem: String?
        var damagedAt: [Int] = []
        var hasTail = false
        var isLogLost = false
        var notDurable: String?
        var logBytes = 0
        /// Nil: there is no mirror, or it cannot be read.
        var mirrorBytes: Int?
        var lastRecordMs: Int64?
    }

    /// What the configuration says.
    struct Settings: Sendable {
        var file: String?
        var problem: String?
        var warnings: [String] = []
        /// Why no host starts on it.
        var refusals: [String] = []
        var isPaper = true
        var deadManMs: UInt64 = 5000
        /// How many operators a resume takes.
        var approvals = 1
    }

    /// The machine.
    struct Machine: Sendable {
        /// Nil: logind does not run here.
        var removeIPC: Logind.Setting?
        var maxWatches: Int?
        var maxInstances: Int?
        /// 0: an instance can be had, else the errno.
        var inotifyError: Int32 = 0
        var wallMs: Int64 = 0
        var isClockSynchronised: Bool?
        /// What the kernel lacks.
        var missing: [String] = []
        var version = ""
        /// Other parts of estop that were found: what it is, where, its version.
        var parts: [(name: String, path: String, version: String)] = []
    }

    /// The terminal of the doctor.
    struct Screen: Sendable {
        var isTerminal = false
        var name: String?
        var isKnown = false
        var isUTF8 = false
    }

    var users = Users()
    var state = State()
    var run = RunDirectory()
    var killSwitch = Switch()
    var settings = Settings()
    var machine = Machine()
    var screen = Screen()
    /// What the desk's health is, as its host knows it; nil: no host runs.
    var health: Health?

    /// What the host says of the desk that it runs.
    enum Health: Sendable, Equatable {
        /// It answered: what does not work, one line each.
        case known([String])
        /// It could not be asked.
        case unknown(String)
    }
}
