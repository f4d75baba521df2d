import Glibc

/// How many samples a round takes of each subject, and as many of its reference.
struct BenchSize: Sendable {
    /// Loops of a gate's check, each timed as a whole.
    var slices: Int
    /// Halts that a waiting process sees.
    var wakes: Int
    /// Halts recorded on disk.
    var halts: Int
    /// Stop files created.
    var stopFiles: Int
    /// Starts of each command.
    var commands: Int
    /// Keys pressed.
    var keys: Int
    /// Events folded, timed in slices.
    var events: Int
    /// Evaluations of each kind.
    var evaluations: Int
    /// Positions and as many orders of the desk that is evaluated, with a tenth as many supervisors.
    var holdings: Int
    /// Positions and orders of the desks whose costs are compared, the smallest first.
    var desks: [Int]
    /// Lines handed in over the socket.
    var lines: Int
    /// Events journaled before a restart.
    var journaled: Int
    /// How long an idle host is looked at, in milliseconds.
    var idleMs: Int
    /// Halts over HTTP, and as many over a new connection each.
    var requests: Int
    /// Idle or slow connections beside them.
    var connections: Int

    static let full = BenchSize(
        slices: 200,
        wakes: 1000,
        halts: 400,
        stopFiles: 200,
        commands: 20,
        keys: 120,
        events: 200_000,
        evaluations: 40,
        holdings: 10_000,
        desks: [1_000, 10_000, 100_000],
        lines: 100_000,
        journaled: 1_000_000,
        idleMs: 5_000,
        requests: 300,
        connections: 2_000
    )
    static let quick = BenchSize(
        slices: 100,
        wakes: 150,
        halts: 100,
        stopFiles: 25,
        commands: 4,
        keys: 15,
        events: 20_000,
        evaluations: 8,
        holdings: 1_000,
        desks: [200, 1_000, 5_000],
        lines: 10_000,
        journaled: 30_000,
        idleMs: 1_500,
        requests: 40,
        connections: 400
    )
}

/// One subject or several with their references: what a round does, and what has come out.
protocol BenchPart {
    /// What it measures, for progress and problems.
    var title: String { get }
    /// Why it cannot go on; its later rounds are left out.
    var problem: BenchProblem? { get set }
    /// One round: sets up, measures subject and reference in turn, takes down.
    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem)
    /// The rows of the report.
    var rows: [BenchRow] { get }
    /// What else people should know of the figures.
    var notes: [String] { get }
}

extension BenchPart {
    var notes: [String] { [] }
}

/// Why something was not measured.
struct BenchProblem: Error, Sendable {
    enum Kind: Sendable {
        case failed
        case skipped
    }

    let kind: Kind
    let message: String

    init(_ message: String, errno: Int32 = 0) {
        kind = .failed
        self.message = errno == 0 ? message : "\(message): \(String(cString: strerror(errno)))"
    }

    private init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    /// Not there, and nobody's failure.
    static func skipped(_ message: String) -> BenchProblem { BenchProblem(kind: .skipped, message: message) }
}
