import Foundation
import KillSwitch

/// A fresh state directory, the built executables, and ways to run them; removed afterwards with its pages.
final class Sandbox {
    let root: String
    var state: String { root + "/state" }
    /// Where a desk without a file of its own looks for one.
    var shared: String { root + "/shared" }

    init() throws {
        root = NSTemporaryDirectory() + "estop-test-\(UUID().uuidString)"
        // What a desk is configured as unless a test says otherwise: without bots of its own, so that what a test sees is
        // what it did.
        try FileManager.default.createDirectory(atPath: shared + "/estop", withIntermediateDirectories: true)
        try "[paper]\nbots = 0\n[api]\nport = 0\n"
            .write(toFile: shared + "/estop/estop.toml", atomically: true, encoding: .utf8)
    }

    deinit {
        if let directory = try? StateDirectory(state) {
            try? FileManager.default.removeItem(atPath: directory.defaultRunDirectory)
        }
        try? FileManager.default.removeItem(atPath: root)
    }

    /// Where the executables and libraries of this build are: beside the test bundle.
    static let products: String = {
        if let named = ProcessInfo.processInfo.environment["ESTOP_PRODUCTS"] { return named }
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        for line in maps.split(separator: "\n") where line.hasSuffix(".xctest") {
            let path = line.drop { $0 != "/" }
            return String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
        }
        return ".build/debug"
    }()

    /// Whether the long counts were asked for (`.ci/run long`).
    static let isLong = ProcessInfo.processInfo.environment["ESTOP_LONG"] != nil

    struct Result {
        var status: Int32
        var output: String
        var error: String
    }

    func process(_ program: String, _ arguments: [String], environment: [String: String] = [:]) -> Process {
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: program.hasPrefix("/") ? program : "\(Sandbox.products)/\(program)"
        )
        process.arguments = arguments
        var all = ProcessInfo.processInfo.environment
        for name in ["TRADING_MODE", "ESTOP_CONFIG", "NOTIFY_SOCKET"] { all[name] = nil }
        all["ESTOP_STATE"] = state
        all["XDG_CONFIG_HOME"] = shared
        all.merge(environment) { $1 }
        process.environment = all
        return process
    }

    /// Runs a program to its end.
    @discardableResult
    func run(
        _ program: String,
        _ arguments: [String],
        input: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Result {
        let process = process(program, arguments, environment: environment)
        let output = Pipe()
        let error = Pipe()
        let standardInput = Pipe()
        process.standardOutput = output
        process.standardError = error
        process.standardInput = input == nil ? FileHandle.nullDevice as Any : standardInput
        try process.run()
        if let input {
            // A child that was killed reads nothing; that is its business.
            signal(SIGPIPE, SIG_IGN)
            try? standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try? standardInput.fileHandleForWriting.close()
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Result(
            status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: text,
            error: complaint
        )
    }

    @discardableResult
    func estop(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try run("estop", arguments, environment: environment)
    }

    /// Resumes as a wrapper that has asked.
    @discardableResult
    func resume(_ reason: String = "fixed", _ more: String..., environment: [String: String] = [:]) throws -> Result {
        try run(
            "estop",
            ["resume", reason, "--stdin", "--confirm", "understood,resolved,verified,safe"] + more,
            input: "RESUME\n",
            environment: environment
        )
    }

    /// A desk with a name, so that it can be live; without a dead-man limit unless said otherwise.
    func configureLiveDesk(limit: String = "0") throws {
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        try "[desk]\nname = \"test\"\npaper = false\n\n[dead_man]\nlimit = \"\(limit)\"\n"
            .write(toFile: state + "/estop.toml", atomically: true, encoding: .utf8)
    }

    func killSwitch(paper: Bool = true, deadMan: UInt64 = 5_000_000_000) throws -> KillSwitch {
        KillSwitch(
            try StateDirectory(state, create: true),
            settings: DeskSettings(name: "test", paper: paper, deadMan: deadMan)
        )
    }

    /// Starts a host and waits until it beats.
    func serve(environment: [String: String] = [:]) throws -> Process {
        let host = process("estop-desk", ["serve"], environment: environment)
        let log = root + "/serve.log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        host.standardError = FileHandle(forWritingAtPath: log)
        host.standardOutput = FileHandle.nullDevice
        try host.run()
        do {
            try wait("the host beats") {
                guard let directory = try? StateDirectory(state) else { return false }
                let seen = KillSwitch(directory).observe()
                return seen.host?.pid == host.processIdentifier && seen.beat > 0 && seen.hostBeats
            }
        } catch {
            let seen = try killSwitch().observe()
            throw TimedOut(
                description:
                    "the host (running: \(host.isRunning)) does not beat; it said: \(hostLog); page \(String(describing: seen.word)), "
                    + "beat \(seen.beatAgeMs) ms ago, host \(String(describing: seen.host)), \(String(describing: seen.pageProblem))"
            )
        }
        return host
    }

    /// What the host that `serve` started has said so far.
    var hostLog: String { (try? String(contentsOfFile: root + "/serve.log", encoding: .utf8)) ?? "" }

    struct TimedOut: Error, CustomStringConvertible { var description: String }

    /// Waits for something that another process does.
    func wait(_ what: String, seconds: Double = 20, until condition: () throws -> Bool) throws {
        let begin = Clock.boottime()
        while try !condition() {
            if Double(Clock.boottime() - begin) > seconds * 1e9 {
                throw TimedOut(description: "not within \(seconds) s: \(what)")
            }
            Clock.sleep(milliseconds: 5)
        }
    }
}

extension ResumeRequest {
    /// A resume to live by somebody who has asked and looked.
    static func test() -> ResumeRequest {
        ResumeRequest(
            mode: .live,
            reason: "test",
            op: "tester",
            from: "test",
            source: .cli,
            answers: Set(PreflightCheck.Name.answers),
            overrides: [.host: "no host in this test"]
        )
    }
}
