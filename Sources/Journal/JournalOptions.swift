/// How the journal trades memory, disk and time.
public struct JournalOptions: Sendable, Equatable {
    /// Most events that wait in memory while the disk cannot be written; the oldest beyond are dropped and counted.
    /// Default: four seconds of 50,000 events.
    public var mostWaiting = 200_000
    /// How long the first event of a batch waits for others, in milliseconds; not at all when somebody waits for it.
    public var gatherMs: UInt64 = 10
    /// Most rows in one transaction.
    public var mostRows = 5_000
    /// The wait after a failed attempt, in milliseconds; doubled up to `mostRetryMs`.
    public var retryMs: UInt64 = 50
    /// The longest wait between two attempts, in milliseconds.
    public var mostRetryMs: UInt64 = 1_000
    /// How long one attempt waits for another program's lock, in milliseconds.
    public var busyMs: UInt64 = 1_000
    /// A snapshot is due after so many events, as `[journal] snapshot_every` says by default.
    public var snapshotEvery = 20_000
    /// How many snapshots are kept: where the newest is damaged, the one before is used.
    public var keptSnapshots = 3
    /// Above this the write-ahead log is emptied by force, as soon as no reader holds it: bytes.
    public var mostLogBytes: Int64 = 67_108_864

    /// The most that the database and its write-ahead log are to use together, in bytes: snapshots come more often where few
    /// events fill it, so that the past can go. Nil: size does not matter.
    public var mostBytes: Int64?
    /// For how long it may be larger than that before it says so, in milliseconds.
    public var overgrownMs: UInt64 = 30_000

    /// So much of the disk is left to the switch's log: bytes. Some 500 halts.
    public var spareBytes: UInt64 = 262_144

    /// The defaults.
    public init() {}
}

/// How the journal fares. Read without waiting for the disk.
public struct JournalStanding: Sendable, Equatable {
    /// Events, decisions and audit entries that are not on disk yet.
    public var waiting = 0
    /// Why they are not, and what to do; nil: it writes.
    public var problem: String?
    /// Events that were dropped because too many waited, or could not be encoded.
    public var dropped: UInt64 = 0
    /// Events, decisions and audit entries on disk, since it was opened.
    public var written: UInt64 = 0
    /// The last event's number.
    public var lastEventSeq: Int64 = 0
    /// Events since the last snapshot.
    public var sinceSnapshot: Int64 = 0
    /// Whether a snapshot should be handed over.
    public var isSnapshotDue = false
    /// Why it uses more of the disk than it is to, and what to do; nil: it does not.
    public var overgrown: String?
    /// Bytes of the database and of its write-ahead log, when last looked at.
    public var bytes: Int64 = 0
}
