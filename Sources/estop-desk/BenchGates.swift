internal import CEstop
import Desk
import Glibc
import KillSwitch
import Logging
import Synchronization

/// Where results of loops go, so that no loop can be left out.
enum BenchSink {
    private static let sum = Atomic<UInt64>(0)

    /// Takes a result.
    @inline(never)
    static func take(_ value: Int) { sum.wrappingAdd(UInt64(truncatingIfNeeded: value), ordering: .relaxed) }
}

/// A gate's check, Swift and C, without a dead-man limit and with one, against one atomic load of the page's word.
struct BenchGates: BenchPart {
    let title = "gate check"
    var problem: BenchProblem?
    private var free = Kind(limited: false)
    private var limited = Kind(limited: true)

    /// Calls in one timed loop.
    private static let calls = 10_000

    private struct Kind {
        let limited: Bool
        var swift = BenchSeries()
        var plain = BenchSeries()
        var load = BenchSeries()

        var rows: [BenchRow] {
            let suffix = limited ? "dead-man limit" : "no limit"
            let most: Double = limited ? 40 : 5
            return [("Swift", swift), ("C", plain)].map { language, series in
                BenchRow(
                    name: "check, \(language), \(suffix)",
                    unit: .ns,
                    subject: series,
                    reference: "atomic load",
                    bare: load,
                    limit: .median(most)
                )
            }
        }
    }

    var rows: [BenchRow] { free.rows + limited.rows }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        try BenchGates.round(&free, site, size)
        try BenchGates.round(&limited, site, size)
    }

    private static func round(_ kind: inout Kind, _ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let desk = try site.makeDesk(limited: kind.limited, pages: !kind.limited)
        let host = kind.limited ? try BenchHost(desk) : nil
        defer { host?.stop() }
        let gates = try Gates(desk)
        kind.swift.beginRound()
        kind.plain.beginRound()
        kind.load.beginRound()
        for _ in 0..<size.slices {
            kind.load.add(try time { loads(gates.page.state) })
            kind.swift.add(try time { checks(gates.swift) })
            kind.plain.add(try time { checks(gates.plain) })
        }
    }

    private final class Gates {
        let page: BenchPage
        let swift: Gate
        let plain: OpaquePointer

        init(_ desk: KillSwitch) throws(BenchProblem) {
            guard let page = BenchPage(desk) else { throw BenchProblem("no page to look at") }
            self.page = page
            let path = desk.directory.path
            do { swift = try Gate(state: path, name: "bench-swift", scope: "venue=paper") } catch {
                throw BenchProblem(error.message)
            }
            var opened: OpaquePointer?
            guard estop_open(&opened, path, "bench-c", "venue=paper", 0) == 0, let opened else {
                throw BenchProblem(String(cString: estop_error()))
            }
            plain = opened
        }

        deinit { estop_close(plain) }
    }

    /// Nanoseconds of one call in a loop, each of which has to permit.
    private static func time(_ loop: () -> Int) throws(BenchProblem) -> Double {
        let start = Clock.boottime()
        let permitted = loop()
        let end = Clock.boottime()
        guard permitted == calls else { throw BenchProblem("the gate refused \(calls - permitted) of \(calls) checks") }
        BenchSink.take(permitted)
        return Double(end - start) / Double(calls)
    }

    @inline(never)
    private static func loads(_ word: UnsafePointer<Atomic<UInt32>>) -> Int {
        var permitted = 0
        for _ in 0..<calls where word.pointee.load(ordering: .acquiring) & 7 == 2 { permitted &+= 1 }
        return permitted
    }

    @inline(never)
    private static func checks(_ gate: Gate) -> Int {
        var permitted = 0
        for _ in 0..<calls where gate.permits() { permitted &+= 1 }
        return permitted
    }

    @inline(never)
    private static func checks(_ gate: OpaquePointer) -> Int {
        var permitted = 0
        for _ in 0..<calls where estop_permits(gate) != 0 { permitted &+= 1 }
        return permitted
    }
}

/// A host in this process, beating.
struct BenchHost {
    private let host: Host

    init(_ desk: KillSwitch) throws(BenchProblem) {
        let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        do { host = try Host(desk, logger: logger) } catch { throw BenchProblem(error.message) }
    }

    func stop() { host.stop() }
}
