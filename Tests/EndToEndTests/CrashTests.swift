import Foundation
import Testing

@testable import KillSwitch

/// Death and faults at every system call of a halt, a resume and a host's start.
///
/// After each: never permitting unless an applied resume is in the log and ends in the page's word; always readable; a
/// resume that exits 0 is live; and after repair a resume becomes possible again.
@Suite(.serialized)
struct CrashTests {
    enum Operation: String, CaseIterable {
        case halt
        case scopedHalt
        case resume
        case scopedResume
        case hostStart
    }

    enum Fault: String, CaseIterable {
        case killBefore = "kill-before"
        case killAfter = "kill-after"
        case short
        case inputOutputError = "fail-5"
        case diskFull = "fail-28"
    }

    @Test("death or a fault at every system call", arguments: Operation.allCases, Fault.allCases)
    func neverPermitsWithoutAnAppliedResume(operation: Operation, fault: Fault) throws {
        var call = 1
        var injected = 0
        // Small counts look at every third call (a host makes many), from a different one for each kind of fault.
        let step = Sandbox.isLong ? 1 : operation == .hostStart ? 17 : 3
        if !Sandbox.isLong { call += 3 * (Fault.allCases.firstIndex(of: fault) ?? 0) % step }
        while true {
            let sandbox = try Sandbox()
            let killSwitch = try prepare(sandbox, for: operation)
            let marker = sandbox.root + "/fault"
            let result = try run(operation, sandbox, fault: "\(fault.rawValue):\(call)", marker: marker)
            let label = "\(operation) \(fault.rawValue):\(call)"
            try check(killSwitch, operation, result, label)
            guard FileManager.default.fileExists(atPath: marker) else { break }
            injected += 1
            call += step
            try #require(call < (operation == .hostStart ? 5_000 : 400), "\(label): no end in sight")
        }
        #expect(injected >= 2, "\(operation) \(fault): a test that injects nothing proves nothing")
    }

    /// Death at random moments, timed rather than counted.
    @Test func neverPermitsAfterSigkillAtARandomMoment() throws {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0...UInt64.max, using: &random)
        var generator = SplitMix(state: seed)
        for round in 0..<(Sandbox.isLong ? 1_000 : 60) {
            let operation = Operation.allCases[Int(generator.next() % UInt64(Operation.allCases.count))]
            let sandbox = try Sandbox()
            let killSwitch = try prepare(sandbox, for: operation)
            let process = command(operation, sandbox, environment: [:])
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            usleep(UInt32(generator.next() % 30_000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let status = process.terminationReason == .exit ? process.terminationStatus : 137
            try check(
                killSwitch,
                operation,
                Sandbox.Result(status: status, output: "", error: ""),
                "seed \(seed) round \(round) \(operation)"
            )
        }
    }

    // MARK: - One run

    private func prepare(_ sandbox: Sandbox, for operation: Operation) throws -> KillSwitch {
        try sandbox.configureLiveDesk()
        let killSwitch = try sandbox.killSwitch(paper: false, deadMan: 0)
        if operation == .hostStart {
            if Bool.random() { try killSwitch.ensurePages(mayStart: false) }
            return killSwitch
        }
        try killSwitch.ensurePages(mayStart: false)
        if operation == .resume {
            killSwitch.halt(HaltRequest(reason: "first", source: .cli))
            killSwitch.halt(HaltRequest(scope: try Scope("venue=x"), reason: "scoped", source: .cli))
        } else {
            let begun = killSwitch.resume(request(killSwitch))
            #expect(begun == .resumed(killSwitch.observe().word ?? Word(rawValue: 0)))
            if operation == .scopedResume {
                killSwitch.halt(HaltRequest(scope: try Scope("venue=x"), reason: "scoped", source: .cli))
            }
        }
        return killSwitch
    }

    private func request(_ killSwitch: KillSwitch) -> ResumeRequest {
        ResumeRequest(
            mode: .live,
            reason: "test",
            op: "tester",
            from: "test",
            source: .cli,
            answers: Set(PreflightCheck.Name.answers),
            overrides: [.host: "test"]
        )
    }

    private func command(_ operation: Operation, _ sandbox: Sandbox, environment: [String: String]) -> Process {
        let resume = [
            "resume", "fixed", "--stdin", "--confirm", "understood,resolved,verified,safe", "--override", "host=test",
        ]
        let process =
            switch operation {
            case .halt: sandbox.process("estop", ["halt", "crash", "--wait", "0"], environment: environment)
            case .scopedHalt:
                sandbox.process(
                    "estop",
                    ["halt", "crash", "--scope", "venue=x", "--wait", "0"],
                    environment: environment
                )
            case .resume: sandbox.process("estop", resume, environment: environment)
            case .scopedResume: sandbox.process("estop", resume + ["--scope", "venue=x"], environment: environment)
            case .hostStart: sandbox.process("estop-desk", ["serve"], environment: environment)
            }
        let input = Pipe()
        input.fileHandleForWriting.write(Data("RESUME\n".utf8))
        try? input.fileHandleForWriting.close()
        process.standardInput = input
        return process
    }

    private func run(_ operation: Operation, _ sandbox: Sandbox, fault: String, marker: String) throws -> Sandbox.Result
    {
        let process = command(
            operation,
            sandbox,
            environment: [
                "LD_PRELOAD": "\(Sandbox.products)/libfaults.so", "ESTOP_FAULT": fault, "ESTOP_FAULT_DONE": marker,
            ]
        )
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        if operation == .hostStart {
            // A host goes on: it has had its chance once the fault came, or once it beats.
            try sandbox.wait("the host dies, fails or beats") {
                !process.isRunning || FileManager.default.fileExists(atPath: marker)
                    || ((try? sandbox.killSwitch())?.observe()).map {
                        $0.host != nil && $0.beat > 0 && $0.fold.reachesWord
                    }
                        ?? false
            }
            usleep(20_000)
            if process.isRunning { process.terminate() }
        }
        do {
            try sandbox.wait("\(operation) ends after \(fault)", seconds: 60) { !process.isRunning }
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
        process.waitUntilExit()
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return Sandbox.Result(status: status, output: "", error: "")
    }

    // MARK: - What must hold

    private func check(
        _ killSwitch: KillSwitch,
        _ operation: Operation,
        _ result: Sandbox.Result,
        _ label: String
    ) throws {
        var seen = killSwitch.observe()
        #expect(seen.logProblem == nil, "\(label): the log is readable")
        try permitsOnlyByAnAppliedResume(seen, label)
        if operation == .resume, result.status == 0 { #expect(seen.word?.mode == .live, "\(label): exit 0 is live") }
        if operation == .halt, result.status == 0 { #expect(seen.mode == .halted, "\(label): exit 0 is halted") }
        repair(killSwitch)
        seen = killSwitch.observe()
        try permitsOnlyByAnAppliedResume(seen, label + " after repair")
        if operation == .halt, result.status < 2 {
            #expect(!(seen.word?.mode.permitsAnything ?? false), "\(label): a halt is not undone by repair")
        }
        if operation == .scopedHalt, result.status < 2 { #expect(isRestricted(seen), "\(label): not undone by repair") }
        var outcome = killSwitch.resume(request(killSwitch))
        if case .refused = outcome { outcome = killSwitch.resume(request(killSwitch)) }
        #expect(killSwitch.observe().word?.mode == .live, "\(label): a resume is possible again, but \(outcome)")
    }

    private func isRestricted(_ seen: Observation) -> Bool {
        !(seen.word?.mode.permitsAnything ?? false) || seen.entries.contains { $0.scope == "venue=x" }
    }

    private func permitsOnlyByAnAppliedResume(_ seen: Observation, _ label: String) throws {
        guard let word = seen.word, word.mode.permitsAnything else { return }
        let resumes = seen.fold.records.filter { $0.change == .resume && seen.fold.applied.contains($0.id) }
        // A scoped halt raises the generation of a page that an applied resume made permit.
        let ends = resumes.contains { $0.state == word } || !seen.entries.isEmpty
        #expect(ends, "\(label): permits \(word.mode) without an applied resume")
    }

    /// The host's repair, with its waiting times passed by turning the clock it is given.
    private func repair(_ killSwitch: KillSwitch) {
        _ = try? killSwitch.ensurePages(mayStart: false)
        var watch = RepairWatch()
        for round in 0..<12 {
            var seen = killSwitch.observe()
            seen.now += UInt64(round) * 3_000_000_000
            for action in watch.look(seen) { try? killSwitch.perform(action) }
        }
    }
}

/// A small generator with a seed that can be printed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
