/// What the configuration says about the switch.
public struct DeskSettings: Sendable, Equatable {
    /// The desk's name.
    public var name: String
    /// Whether it is a paper desk: its modes are `paper` and `halted`, its one venue is the built-in paper one.
    public var paper: Bool
    /// `[host] run_dir`: where the pages live; nil: the default on /dev/shm.
    public var runDirectory: String?
    /// `[stop_file] paths`: further stop files, beside EMERGENCY_STOP in the state directory.
    public var stopFilePaths: [String]
    /// The dead-man limit in nanoseconds; 0: none.
    public var deadMan: UInt64
    /// `[resume] approvals`: how many operators a resume takes, 1 or 2.
    public var approvals: Int

    /// Creates settings; the defaults are those of a desk without a configuration.
    public init(
        name: String = "paper",
        paper: Bool = true,
        runDirectory: String? = nil,
        stopFilePaths: [String] = [],
        deadMan: UInt64 = 5_000_000_000,
        approvals: Int = 1
    ) {
        self.name = name
        self.paper = paper
        self.runDirectory = runDirectory
        self.stopFilePaths = stopFilePaths
        self.deadMan = deadMan
        self.approvals = approvals
    }

    /// The mode that a resume goes to when nobody says which.
    public var resumeMode: Mode { paper ? .paper : .live }

    /// The modes that a resume may go to.
    public var resumeModes: [Mode] { paper ? [.paper] : [.live, .paper, .reduceOnly] }
}

extension DeskSettings {
    /// As a host writes it into its lock, for commands that cannot read the configuration that it started with any more.
    var json: JSON {
        .object([
            .init("name", .string(name)), .init("paper", .bool(paper)), .init("run_dir", .text(runDirectory)),
            .init("stop_files", .array(stopFilePaths.map { .string($0) })), .init("dead_man_ns", .number(deadMan)),
            .init("approvals", .integer(Int64(approvals))),
        ])
    }

    /// Reads it back; nil for what no host wrote.
    init?(_ json: JSON) {
        guard let name = json["name"]?.string, case .bool(let paper)? = json["paper"],
            let limit = json["dead_man_ns"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let approvals = json["approvals"]?.integer.flatMap({ Int(exactly: $0) })
        else { return nil }
        self.init(
            name: name,
            paper: paper,
            runDirectory: json["run_dir"]?.string,
            stopFilePaths: json["stop_files"]?.array?.compactMap(\.string) ?? [],
            deadMan: limit,
            approvals: approvals
        )
    }
}
