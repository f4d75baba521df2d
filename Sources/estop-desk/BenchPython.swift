import Console
import Glibc
import KillSwitch

/// The Python gate's check, against reading the page's word through a memoryview.
struct BenchPython: BenchPart {
    let title = "gate check, Python"
    var problem: BenchProblem?
    private var free = (check: BenchSeries(), load: BenchSeries())
    private var limited = (check: BenchSeries(), load: BenchSeries())

    static let python = "/usr/bin/python3"
    /// Calls in one timed loop.
    private static let calls = 2000

    private static let script = """
        import mmap, sys, time
        sys.path.insert(0, sys.argv[1])
        import estop
        state, slices, calls = sys.argv[2], int(sys.argv[3]), range(int(sys.argv[4]))
        with open(state + "/halt.page", "rb") as file:
            page = memoryview(mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ)).cast("I")
        now = time.perf_counter_ns
        def measure(permits):
            for _ in range(slices):
                a = now()
                for _ in calls:
                    page[4]
                b = now()
                for _ in calls:
                    permits()
                c = now()
                if not permits():
                    sys.exit("the gate refuses")
                print(b - a, c - b)
        with estop.Gate(name="bench-python", scope="venue=paper", state=state) as gate:
            measure(gate.permits)
        """

    var rows: [BenchRow] {
        [("no limit", free), ("dead-man limit", limited)].map { suffix, series in
            BenchRow(
                name: "check, Python, \(suffix)",
                unit: .ns,
                subject: series.check,
                reference: "memoryview item",
                bare: series.load,
                limit: .median(1000)
            )
        }
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        guard access(BenchPython.python, X_OK) == 0 else { throw .skipped("there is no \(BenchPython.python)") }
        guard let folder = BenchPython.folder else { throw .skipped("estop.py was not found") }
        let bare = try site.makeDesk(limited: false, pages: true)
        try BenchPython.measure(bare, folder, size, &free)
        let desk = try site.makeDesk(limited: true, pages: false)
        let host = try BenchHost(desk)
        defer { host.stop() }
        try BenchPython.measure(desk, folder, size, &limited)
    }

    /// Where estop.py is: beside the executable, or in the checkout that it was built in or that is the current directory.
    private static var folder: String? {
        var places = [BenchProcess.folder, "Sources/Python"]
        var above = BenchProcess.folder[...]
        while let slash = above.lastIndex(of: "/") {
            above = above[..<slash]
            places.append("\(above)/Sources/Python")
        }
        return places.first { access("\($0)/estop.py", R_OK) == 0 }
    }

    private static func measure(
        _ desk: KillSwitch,
        _ folder: String,
        _ size: BenchSize,
        _ series: inout (check: BenchSeries, load: BenchSeries)
    ) throws(BenchProblem) {
        series.check.beginRound()
        series.load.beginRound()
        let arguments = [
            // Isolated, and without leaving a __pycache__ in the checkout.
            python, "-I", "-B", "-c", script, folder, desk.directory.path, String(size.slices), String(calls),
        ]
        for line in try output(of: arguments).split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            guard numbers.count == 2 else { throw BenchProblem("\(python) says: \(VisibleText.line(String(line)))") }
            series.load.add(numbers[0] / Double(calls))
            series.check.add(numbers[1] / Double(calls))
        }
    }

    private static func output(of arguments: [String]) throws(BenchProblem) -> String {
        let (reading, writing) = try BenchProcess.pipe()
        defer { close(reading) }
        let child: pid_t
        do {
            defer { close(writing) }
            child = try BenchProcess.start(arguments, files: [(writing, 1), (writing, 2)])
        }
        var text: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(reading, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            text += bytes[..<count]
        }
        let status = BenchProcess.status(of: child)
        let out = String(decoding: text, as: UTF8.self)
        guard status == 0 else {
            throw BenchProblem("\(python) ended with \(status): \(out.split(separator: "\n").last ?? "")")
        }
        return out
    }
}
