import Glibc
import Testing

@testable import KillSwitch

@Suite struct SwitchTests {
    @Test func brandNewPaperDeskStartsInPaper() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.killSwitch(paper: true)
        #expect(try killSwitch.ensurePages(mayStart: true) == .started)
        let seen = killSwitch.observe()
        #expect(seen.word?.mode == .paper)
        #expect(seen.fold.reachesWord && seen.latches.isEmpty)
    }

    @Test func everyOtherDeskStartsHalted() throws {
        for (paper, leaveBehind) in [
            (false, nil), (true, "kill_switch.json"), (true, "kill_switch.log"), (true, "journal.sqlite"),
        ] {
            let scratch = Scratch()
            if let leaveBehind { scratch.write(leaveBehind, []) }
            let killSwitch = try scratch.killSwitch(paper: paper)
            try killSwitch.ensurePages(mayStart: true)
            let seen = killSwitch.observe()
            #expect(seen.word?.mode == .halted, "paper: \(paper), left behind: \(leaveBehind ?? "nothing")")
            #expect(seen.word.map { $0.generation % 2 } == 1)
            #expect(!seen.latches.isEmpty)
        }
    }

    @Test func aHaltIsOnThePageInTheLogAndALatchOfItsOwn() throws {
        let killSwitch = try Scratch().liveSwitch()
        let first = killSwitch.halt(HaltRequest(reason: "one", source: .library))
        let second = killSwitch.halt(HaltRequest(reason: "two", source: .library))
        #expect(first.onPage && first.durable && second.durable)
        #expect(second.was == first.state && second.state.generation > first.state.generation)
        let seen = killSwitch.observe()
        #expect(seen.word == second.state && seen.fold.reachesWord)
        #expect(seen.latches.map(\.reason) == ["one", "two"])
    }

    @Test func oneResumeClearsEveryLatch() throws {
        let killSwitch = try Scratch().liveSwitch()
        for number in 0..<5 { killSwitch.halt(HaltRequest(reason: "\(number)", source: .library)) }
        killSwitch.halt(HaltRequest(scope: try Scope("venue=x"), reason: "scoped", source: .library))
        guard case .resumed(let word) = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        let seen = killSwitch.observe()
        #expect(seen.word == word && word.mode == .live && word.generation % 2 == 0)
        #expect(seen.latches.isEmpty && seen.entries.isEmpty && seen.fold.reachesWord)
    }

    @Test func aScopedHaltRefusesItsScopeAndNothingElse() throws {
        let killSwitch = try Scratch().liveSwitch()
        let path = killSwitch.directory.path
        killSwitch.halt(HaltRequest(scope: try Scope("venue=kraken"), reason: "bad fills", source: .library))
        let cases = [
            ("venue=kraken", false), ("venue=kraken,strategy=grid", false), ("venue=coinbase", true),
            ("strategy=grid", false),
            ("", false), ("venue=coinbase,symbol=BTC", true),
        ]
        for (scope, permitted) in cases {
            #expect(try Gate(reading: path, scope: scope).permits() == permitted, "\(scope)")
        }
        guard case .resumed(let word) = killSwitch.resume(.test(scope: try Scope("venue=kraken"))) else {
            Issue.record("not resumed")
            return
        }
        #expect(word.mode == .live)
        #expect(try Gate(reading: path, scope: "venue=kraken").permits())
        #expect(killSwitch.observe().latches.isEmpty)
    }

    @Test func aScopedResumeLeavesOtherHaltsAlone() throws {
        let killSwitch = try Scratch().liveSwitch()
        killSwitch.halt(HaltRequest(scope: try Scope("venue=a"), reason: "a", source: .library))
        killSwitch.halt(HaltRequest(scope: try Scope("venue=b"), reason: "b", source: .library))
        _ = killSwitch.resume(.test(scope: try Scope("venue=a")))
        #expect(killSwitch.observe().latches.map(\.reason) == ["b"])
        killSwitch.halt(HaltRequest(reason: "all", source: .library))
        _ = killSwitch.resume(.test(scope: try Scope("venue=b")))
        let seen = killSwitch.observe()
        #expect(seen.word?.mode == .halted && seen.latches.map(\.reason) == ["all"])
    }

    @Test func theTwentyFifthScopedHaltIsGlobal() throws {
        let killSwitch = try Scratch().liveSwitch()
        for number in 0..<24 {
            killSwitch.halt(HaltRequest(scope: try Scope("symbol=S\(number)"), reason: "s", source: .library))
        }
        #expect(killSwitch.observe().word?.mode == .live)
        killSwitch.halt(HaltRequest(scope: try Scope("symbol=S24"), reason: "one too many", source: .library))
        let seen = killSwitch.observe()
        #expect(seen.word?.mode == .halted)
        #expect(seen.latches.last?.scope.isGlobal == true)
    }

    @Test func restrictionsCombine() throws {
        let killSwitch = try Scratch().liveSwitch()
        killSwitch.halt(HaltRequest(mode: .paper, reason: "paper", source: .library))
        #expect(killSwitch.observe().word?.mode == .paper)
        killSwitch.halt(HaltRequest(mode: .reduceOnly, reason: "reduce", source: .library))
        #expect(killSwitch.observe().word?.mode == .halted)
    }

    @Test func resumeIsRefusedAndSaysWhy() throws {
        let killSwitch = try Scratch().liveSwitch()
        killSwitch.halt(HaltRequest(reason: "halted", source: .library))
        var unanswered = ResumeRequest.test()
        unanswered.answers.remove(.safe)
        var hostless = ResumeRequest.test()
        hostless.overrides = [:]
        var forbidden = ResumeRequest.test()
        forbidden.overrides[.stopFile] = "please"
        for (request, word) in [
            (unanswered, "safe"), (hostless, "host"), (forbidden, "stop-file"),
            (ResumeRequest.test(reason: "  "), "reason"),
        ] {
            guard case .refused(let why) = killSwitch.resume(request) else {
                Issue.record("resumed without \(word)")
                continue
            }
            #expect(why.contains(word), "\(why)")
            #expect(killSwitch.observe().word?.mode == .halted)
        }
    }

    @Test func overridesOfAnyLengthLeaveAReadableRecord() throws {
        let killSwitch = try Scratch().liveSwitch()
        killSwitch.halt(HaltRequest(reason: "halted", source: .library))
        var request = ResumeRequest.test(reason: String(repeating: "\u{1}\"\u{1F600}", count: 2_000))
        request.answers = []
        request.op = String(repeating: "\\", count: 500)
        request.from = String(repeating: "\u{2}", count: 500)
        for name in PreflightCheck.Name.allCases where name.canBeOverridden {
            request.overrides[name] = String(repeating: "\u{7}\"\u{1F600}", count: 300)
        }
        guard case .resumed(let word) = killSwitch.resume(request) else {
            Issue.record("not resumed")
            return
        }
        let seen = killSwitch.observe()
        let overridable = PreflightCheck.Name.allCases.count(where: \.canBeOverridden)
        #expect(seen.word == word && seen.latches.isEmpty && seen.fold.lastApplied?.overrides.count == overridable)
    }

    @Test func aPaperDeskIsNeverLive() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.killSwitch(paper: true)
        try killSwitch.ensurePages(mayStart: true)
        killSwitch.halt(HaltRequest(reason: "halted", source: .library))
        guard case .refused = killSwitch.resume(.test(mode: .live)) else {
            Issue.record("a paper desk went live")
            return
        }
        guard case .resumed(let word) = killSwitch.resume(.test(mode: .paper)) else {
            Issue.record("not resumed to paper")
            return
        }
        #expect(word.mode == .paper)
    }

    @Test func aResumeSetsTheStopFileAside() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        mkdir("\(scratch.path)/EMERGENCY_STOP", 0o700)
        // LESSON 14: a stop file that is a directory. Not recorded as a latch yet: refused.
        guard case .refused = killSwitch.resume(.test()) else {
            Issue.record("resumed over an unrecorded stop file")
            return
        }
        killSwitch.halt(HaltRequest(reason: "stop file", source: .file))
        guard case .resumed = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        #expect(killSwitch.stopFiles.isEmpty)
        #expect(killSwitch.directory.names().contains { $0.hasPrefix("EMERGENCY_STOP.cleared-") })
    }

    @Test func lookingChangesNothing() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        killSwitch.halt(HaltRequest(reason: "halted", source: .library))
        try killSwitch.writeMirror()
        let before = fingerprint(scratch.path)
        for _ in 0..<3 {
            _ = killSwitch.observe().statusJSON(desk: "test")
            _ = try Gate(reading: scratch.path).permits()
            _ = killSwitch.preflight(killSwitch.observe(), mode: .live, scope: .global, answers: [])
        }
        #expect(fingerprint(scratch.path) == before)
    }

    /// Every name with its size, time of modification and of change.
    private func fingerprint(_ path: String) -> [String] {
        let directory = try? StateDirectory(path)
        return (["."] + (directory?.names() ?? [])).map { name in
            var status = stat()
            lstat("\(path)/\(name)", &status)
            return "\(name) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) "
                + "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        }
    }

    @Test func anOrphanedPageIsHaltedAndTheNewOneToo() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        let gate = try Gate(state: scratch.path, name: "bot")
        let handle = HaltHandle(killSwitch.directory)
        #expect(gate.permits())
        // Somebody removes the page (logind's RemoveIPC), and a host makes it anew.
        unlink("\(killSwitch.directory.defaultRunDirectory)/halt.page")
        gate.beat()
        #expect(!gate.permits())
        try killSwitch.ensurePages(mayStart: false)
        #expect(killSwitch.observe().word?.mode == .halted)
        let pulled = handle.pull()
        #expect(pulled.onPage)
        #expect(killSwitch.record(pulled, HaltRequest(reason: "on both", source: .library)).durable)
        #expect(killSwitch.observe().latches.contains { $0.reason == "on both" })
        gate.beat()
        #expect(!gate.permits())
    }

    @Test func aLostLogHaltsAndIsResumable() throws {
        for damage in ["removed", "cut"] {
            let scratch = Scratch()
            let killSwitch = try scratch.liveSwitch()
            try killSwitch.writeMirror()
            if damage == "removed" {
                unlink("\(scratch.path)/kill_switch.log")
            } else {
                scratch.write("kill_switch.log", Array(scratch.bytes("kill_switch.log").prefix(100)))
            }
            #expect(killSwitch.observe().latches.contains { $0.id == "lost" }, "\(damage)")
            killSwitch.startHost()
            let seen = killSwitch.observe()
            #expect(seen.word?.mode == .halted && !seen.latches.isEmpty, "\(damage)")
            var outcome = killSwitch.resume(.test())
            if case .refused = outcome { outcome = killSwitch.resume(.test()) }
            #expect(killSwitch.observe().word?.mode == .live, "\(damage): \(outcome)")
        }
    }

    @Test func aHaltWhoseRecordNeverCameIsRecordedInItsPlace() throws {
        let killSwitch = try Scratch().liveSwitch()
        _ = HaltHandle(killSwitch.directory).pull()
        #expect(!killSwitch.observe().fold.reachesWord)
        killSwitch.startHost()
        let seen = killSwitch.observe()
        #expect(seen.fold.reachesWord)
        #expect(seen.latches.contains { $0.reason.hasPrefix("unrecorded") })
    }

    @Test func aReadOnlyLogHaltsAllTheSame() throws {
        // LESSON 9: "ALL TRADING HALTED", exit 0, nothing written.
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        rename("\(scratch.path)/kill_switch.log", "\(scratch.path)/away")
        mkdir("\(scratch.path)/kill_switch.log", 0o700)
        let report = killSwitch.halt(HaltRequest(reason: "no disk", source: .library))
        #expect(report.onPage && !report.durable && report.error != 0)
        #expect(HaltPage.map(killSwitch.directory, writable: false).page?.word.mode == .halted)
    }

    @Test func sixtyFourThreadsRecordEveryHalt() async throws {
        // LESSON 12: 6 writers x 40 activations kept 6 to 31 of 240 records.
        let killSwitch = try Scratch().liveSwitch()
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<16 {
                group.addTask {
                    for number in 0..<10 {
                        killSwitch.halt(HaltRequest(reason: "\(writer)-\(number)", source: .library))
                    }
                }
            }
        }
        let seen = killSwitch.observe()
        #expect(Set(seen.latches.map(\.reason)).count == 160)
        #expect(seen.fold.reachesWord)
    }
}
