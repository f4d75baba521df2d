import Glibc
import KillSwitch

/// The commands of the small executable, from start to end, against the shortest Python program.
struct BenchCold: BenchPart {
    let title = "cold commands"
    var problem: BenchProblem?
    private var commands: [(words: [String], good: Set<Int32>, series: BenchSeries)] = [
        (["check"], [1], BenchSeries()), (["status"], [3], BenchSeries()),
        (["activate", "--wait", "0"], [0], BenchSeries()),
    ]
    private var bare = BenchSeries()

    var rows: [BenchRow] {
        commands.map { words, _, series in
            BenchRow(
                name: "estop \(words.joined(separator: " "))",
                unit: .ms,
                subject: series,
                reference: "python3 -c pass",
                bare: bare,
                limit: .ratioOfMedians(0.4)
            )
        }
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let program = "\(BenchProcess.folder)/estop"
        guard access(program, X_OK) == 0 else { throw BenchProblem("\(program) is not there") }
        guard access(BenchPython.python, X_OK) == 0 else {
            throw BenchProblem("there is no \(BenchPython.python) to compare with")
        }
        // A desk at rest, without a host: nothing else runs on its account.
        let desk = try site.makeDesk(limited: true, pages: true)
        desk.halt(HaltRequest(reason: "bench: cold commands", source: .library))
        // With a bot: where nobody runs, a halt looks for the desk that was meant, and exits 1.
        let gate: Gate
        do { gate = try Gate(state: desk.directory.path, name: "bench") } catch { throw BenchProblem(error.message) }
        defer { withExtendedLifetime(gate) {} }
        for index in commands.indices { commands[index].series.beginRound() }
        bare.beginRound()
        for sample in 0...size.commands {
            for index in commands.indices {
                let words = commands[index].words
                let run = try BenchProcess.time([program] + words + ["--state", desk.directory.path])
                guard commands[index].good.contains(run.status) else {
                    throw BenchProblem("estop \(words.joined(separator: " ")) ended with \(run.status)")
                }
                if sample > 0 { commands[index].series.add(from: run.start, to: run.end) }
            }
            let run = try BenchProcess.time([BenchPython.python, "-c", "pass"])
            guard run.status == 0 else { throw BenchProblem("\(BenchPython.python) ended with \(run.status)") }
            if sample > 0 { bare.add(from: run.start, to: run.end) }
        }
    }
}
