import Console
import KillSwitch

/// Samples of one thing, round by round, in nanoseconds.
struct BenchSeries: Sendable {
    private(set) var rounds: [[Double]] = []

    mutating func beginRound() { rounds.append([]) }

    mutating func add(_ nanoseconds: Double) {
        if rounds.isEmpty { beginRound() }
        rounds[rounds.count - 1].append(nanoseconds)
    }

    mutating func add(from start: UInt64, to end: UInt64) { add(end > start ? Double(end - start) : 0) }

    /// The median of the rounds' own percentiles: one disturbed round does not decide.
    func percentile(_ part: Double) -> Double {
        BenchSeries.percentile(rounds.filter { !$0.isEmpty }.map { BenchSeries.percentile($0, part) }, 0.5)
    }

    var max: Double { rounds.joined().max() ?? 0 }
    var count: Int { rounds.reduce(0) { $0 + $1.count } }

    private static func percentile(_ samples: [Double], _ part: Double) -> Double {
        guard !samples.isEmpty else { return 0 }
        let rank = (part * Double(samples.count)).rounded(.up)
        return samples.sorted()[min(samples.count, Swift.max(1, Int(rank))) - 1]
    }
}

/// A unit that samples are shown in: times, of which a sample is in ns, and others, of which it is in the unit itself.
enum BenchUnit: String, Sendable {
    case ns
    case us
    case ms
    case bytes = "B"
    case percent = "%"
    case perSecond = "/s"

    private var scale: Double {
        switch self {
        case .ns, .bytes, .percent, .perSecond: 1
        case .us: 1000
        case .ms: 1_000_000
        }
    }

    private var digits: Int {
        switch self {
        case .ns, .ms, .percent: 2
        case .us, .perSecond: 1
        case .bytes: 0
        }
    }

    func text(_ sample: Double) -> String { BenchUnit.fixed(sample / scale, digits) }

    /// A number with so many digits after the point.
    static func fixed(_ number: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        guard number.isFinite, abs(number) < 1e12 else { return "0" }
        let whole = Int((number * Double(scale)).rounded())
        let fraction = String(abs(whole) % scale)
        let sign = whole < 0 ? "-" : ""
        guard digits > 0 else { return "\(whole)" }
        return "\(sign)\(abs(whole) / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}

/// What is promised of a row.
enum BenchLimit: Sendable {
    /// Nothing: it is shown.
    case none
    /// The median, ns.
    case median(Double)
    /// The quotient of the medians.
    case ratioOfMedians(Double)
    /// The quotient of the p99.
    case ratioOfTails(Double)
    /// The median: so many times the sum of the reference's and so many ns.
    case timesMedianPlus(Double, Double)
    /// Every sample, ns.
    case worst(Double)
}

/// One subject and its reference.
struct BenchRow: Sendable {
    var name: String
    var unit: BenchUnit
    var subject: BenchSeries
    var reference: String
    var bare: BenchSeries
    var limit: BenchLimit

    func ratio(_ part: Double) -> Double {
        let bare = bare.percentile(part)
        return bare > 0 ? subject.percentile(part) / bare : 0
    }

    var holds: Bool {
        switch limit {
        case .none: true
        case .median(let most): subject.percentile(0.5) <= most
        case .ratioOfMedians(let most): ratio(0.5) <= most
        case .ratioOfTails(let most): ratio(0.99) <= most
        case .timesMedianPlus(let times, let more):
            subject.percentile(0.5) <= times * (bare.percentile(0.5) + more)
        case .worst(let most): subject.max <= most
        }
    }

    var limitText: String {
        switch limit {
        case .none: "shown"
        case .median(let most): "p50 <= \(unit.text(most)) \(unit.rawValue)"
        case .ratioOfMedians(let most): "p50 <= \(BenchUnit.fixed(most, 1)) x"
        case .ratioOfTails(let most): "p99 <= \(BenchUnit.fixed(most, 1)) x"
        case .timesMedianPlus(let times, let more):
            "p50 <= \(times == 1 ? "" : "\(BenchUnit.fixed(times, 0)) x (")bare + \(unit.text(more)) \(unit.rawValue)"
                + (times == 1 ? "" : ")")
        case .worst(let most): "max <= \(unit.text(most)) \(unit.rawValue)"
        }
    }

    var json: JSON {
        func figures(_ series: BenchSeries) -> [JSON.Member] {
            [
                .init("p50", .decimal(unit.text(series.percentile(0.5)))),
                .init("p99", .decimal(unit.text(series.percentile(0.99)))),
                .init("max", .decimal(unit.text(series.max))), .init("samples", .integer(Int64(series.count))),
            ]
        }
        return .object(
            [.init("name", .string(name)), .init("unit", .string(unit.rawValue))] + figures(subject) + [
                .init("reference", .object([.init("name", .string(reference))] + figures(bare))),
                .init("ratio_p50", .decimal(BenchUnit.fixed(ratio(0.5), 3))),
                .init("ratio_p99", .decimal(BenchUnit.fixed(ratio(0.99), 3))),
                .init("limit", .string(limitText)), .init("holds", .bool(holds)),
            ]
        )
    }
}

/// What a run of the bench found, and how to say it.
struct BenchReport: Sendable {
    let what: String
    let directory: String
    let isOnTmpfs: Bool
    let rounds: Int
    var rows: [BenchRow] = []
    var failures: [String] = []
    var skipped: [String] = []
    var notes: [String] = []

    /// Whether this executable was built without optimisation.
    static var isDebugBuild: Bool {
        #if DEBUG
        true
        #else
        false
        #endif
    }

    private var warnings: [String] {
        var warnings: [String] = []
        if BenchReport.isDebugBuild {
            warnings.append("DEBUG BUILD: these figures say nothing about a release (swift build -c release)")
        }
        if isOnTmpfs {
            warnings.append("\(directory) is on tmpfs: 'durable' says nothing about a disk (choose TMPDIR)")
        }
        return warnings
    }

    func sayText() {
        let style = TextStyle(for: .standard)
        for warning in warnings { Output.standard.line(style.paint(warning, .bad)) }
        var table = TextTable([
            .init("WHAT"), .init("P50", .right), .init("P99", .right), .init("MAX", .right), .init("UNIT"),
            .init("REFERENCE"), .init("P50", .right), .init("P99", .right), .init("X P50", .right),
            .init("X P99", .right), .init("LIMIT"), .init("HOLDS"),
        ])
        for row in rows {
            func cell(_ series: BenchSeries, _ part: Double) -> TextTable.Cell {
                .init(row.unit.text(series.percentile(part)))
            }
            table.add([
                .init(row.name), cell(row.subject, 0.5), cell(row.subject, 0.99), .init(row.unit.text(row.subject.max)),
                .init(row.unit.rawValue), .init(row.reference), cell(row.bare, 0.5), cell(row.bare, 0.99),
                .init(BenchUnit.fixed(row.ratio(0.5), 2)), .init(BenchUnit.fixed(row.ratio(0.99), 2)),
                .init(row.limitText), row.holds ? .init("yes", .good) : .init("NO", .bad),
            ])
        }
        Output.standard.write(table.text(style: style))
        Output.standard.line(
            style.paint("p50, p99: medians of \(rounds) rounds; max: of all samples; in \(directory)", .dim)
        )
        for text in notes { Output.standard.line(style.paint(text, .dim)) }
        for text in skipped { Output.standard.line(style.paint("skipped: \(text)", .caution)) }
        for text in failures { Output.error.line("estop: not measured: \(VisibleText.line(text))") }
    }

    func sayJSON() {
        func texts(_ list: [String]) -> JSON { .array(list.map { .string($0) }) }
        Output.standard.line(
            JSON.object([
                .init("bench", .string(what)),
                .init("build", .string(BenchReport.isDebugBuild ? "debug" : "release")),
                .init("rounds", .integer(Int64(rounds))), .init("rows", .array(rows.map(\.json))),
                .init("warnings", texts(warnings)), .init("notes", texts(notes)), .init("skipped", texts(skipped)),
                .init("not_measured", texts(failures)),
            ]).line
        )
    }
}
