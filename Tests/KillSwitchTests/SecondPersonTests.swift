import Glibc
import Synchronization
import Testing

@testable import KillSwitch

@Suite struct SecondPersonTests {
    static let both: [Credential.Enrolment] = [
        .init(name: "ann", since: "2026-01-01T00:00:00.000Z"), .init(name: "ben", since: "2026-01-02T00:00:00.000Z"),
        .init(name: "chris", since: "2026-01-03T00:00:00.000Z"),
    ]

    static func request(
        by name: String,
        approve: String? = nil,
        mode: Mode = .live,
        scope: Scope = .global,
        enrolled: [Credential.Enrolment]? = both
    ) -> ResumeRequest {
        var request = ResumeRequest.test(mode: mode, scope: scope, reason: approve == nil ? "the feed is back" : "")
        request.op = name
        request.approve = approve
        request.credential = enrolled.map { Credential(name: name, enrolled: $0) }
        if approve != nil { request.overrides = [:] }
        return request
    }

    /// A halted desk that takes two people.
    static func desk(paper: Bool = false) throws -> KillSwitch {
        let killSwitch = KillSwitch(
            try StateDirectory(Scratch().path),
            settings: DeskSettings(name: "test", paper: paper, deadMan: 0, approvals: 2)
        )
        try killSwitch.ensurePages(mayStart: false)
        return killSwitch
    }

    /// What ann asked for.
    static func asked(_ killSwitch: KillSwitch, mode: Mode = .live, scope: Scope = .global) throws -> WaitingResume {
        let outcome = killSwitch.resume(request(by: "ann", mode: mode, scope: scope))
        guard case .waiting(let waiting) = outcome else {
            Issue.record("not asked: \(outcome)")
            throw SwitchError(.input, "not asked")
        }
        return waiting
    }

    static func isHalted(_ killSwitch: KillSwitch) -> Bool {
        killSwitch.observe().word?.mode.permitsAnything == false
    }

    /// Changes what is kept, as only the owner's hand could.
    static func change(_ killSwitch: KillSwitch, _ body: (inout KeptResume) -> Void) throws {
        var kept = try #require(KeptResumeFile.read(killSwitch.directory))
        body(&kept)
        try KeptResumeFile.write(kept, to: killSwitch.directory)
    }

    // MARK: - Two people

    @Test func oneAsksAnotherConfirmsAndTheRecordNamesBoth() throws {
        let killSwitch = try Self.desk()
        let waiting = try Self.asked(killSwitch)
        #expect(Self.isHalted(killSwitch))
        #expect(killSwitch.observe().waiting?.id == waiting.id)
        let outcome = killSwitch.resume(Self.request(by: "ben", approve: waiting.id))
        guard case .resumed(let word) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let seen = killSwitch.observe()
        #expect(word.mode == .live && seen.word == word && seen.waiting == nil)
        let record = try #require(seen.fold.lastApplied)
        #expect(record.op == "ben" && record.askedBy == "ann" && record.approval == waiting.id)
        #expect(record.reason == "the feed is back" && record.overrides.map(\.key) == ["host"])
        #expect(record.people == "ben (asked by ann)")
        let note = try #require(seen.fold.records.first { $0.kind == .asked })
        #expect(note.op == "ann" && note.about == waiting.id && note.reason.contains("the feed is back"))
    }

    @Test func aDeskThatTakesOneIsAsItWas() throws {
        let killSwitch = try Scratch().killSwitch()
        try killSwitch.ensurePages(mayStart: false)
        #expect(killSwitch.resume(Self.request(by: "ann", approve: "0a1b2c3d")) == .unapproved(.notNeeded))
        guard case .resumed = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        #expect(KeptResumeFile.read(killSwitch.directory) == nil)
    }

    @Test func nobodyResumesWithoutTwoEnrolledOperators() throws {
        let killSwitch = try Self.desk()
        let cases: [(String, ResumeRequest, ApprovalRefusal)] = [
            ("no credential", .test(), .notProven),
            ("nobody", Self.request(by: "ann", enrolled: []), .tooFew(enrolled: 0)),
            ("one", Self.request(by: "ann", enrolled: [Self.both[0]]), .tooFew(enrolled: 1)),
            ("not enrolled", Self.request(by: "zoe"), .notProven),
        ]
        for (name, request, refusal) in cases {
            #expect(killSwitch.resume(request) == .unapproved(refusal), "\(name)")
        }
        var other = Self.request(by: "ann")
        other.op = "ben"
        #expect(killSwitch.resume(other) == .unapproved(.notProven))
        // Not even with everything overridden.
        var all = ResumeRequest.test()
        for check in PreflightCheck.Name.allCases where check.canBeOverridden { all.overrides[check] = "because" }
        #expect(killSwitch.resume(all) == .unapproved(.notProven))
        #expect(Self.isHalted(killSwitch) && killSwitch.observe().waiting == nil)
        #expect(killSwitch.observe().fold.records.filter { $0.kind == .unapproved }.count == 6)
    }

    @Test func confirmingIsRefusedForEachReasonByItsName() throws {
        let killSwitch = try Self.desk()
        #expect(killSwitch.resume(Self.request(by: "ben", approve: "0a1b2c3d")) == .unapproved(.missing("0a1b2c3d")))
        let waiting = try Self.asked(killSwitch)
        let own = killSwitch.resume(Self.request(by: "ann", approve: waiting.id))
        guard case .unapproved(.own) = own else {
            Issue.record("\(own)")
            return
        }
        #expect(
            killSwitch.resume(Self.request(by: "ben", approve: waiting.id, enrolled: [Self.both[1]]))
                == .unapproved(.tooFew(enrolled: 1))
        )
        #expect(
            killSwitch.resume(Self.request(by: "ben", approve: waiting.id, enrolled: nil)) == .unapproved(.notProven)
        )
        let gone = killSwitch.resume(
            Self.request(by: "ben", approve: waiting.id, enrolled: [Self.both[1], Self.both[2]])
        )
        guard case .unapproved(.void) = gone else {
            Issue.record("who asked is enrolled no more: \(gone)")
            return
        }
        // Enrolled anew since: another person may have the name now.
        let anew = [Credential.Enrolment(name: "ann", since: "2026-02-01T00:00:00.000Z"), Self.both[1]]
        guard case .unapproved(.void) = killSwitch.resume(Self.request(by: "ben", approve: waiting.id, enrolled: anew))
        else {
            Issue.record("who asked was enrolled anew")
            return
        }
        let other = killSwitch.resume(Self.request(by: "ben"))
        guard case .unapproved(.otherWaits(let shown)) = other else {
            Issue.record("\(other)")
            return
        }
        #expect(shown.id == waiting.id && shown.leftMs <= WaitingResume.lifetimeMs)
        #expect(Self.isHalted(killSwitch))
        // None of that used it up.
        guard case .resumed = killSwitch.resume(Self.request(by: "ben", approve: waiting.id)) else {
            Issue.record("not resumed")
            return
        }
    }

    @Test func theSecondConfirmsWhatWasAskedWhateverTheySend() throws {
        let killSwitch = try Self.desk()
        let waiting = try Self.asked(killSwitch, mode: .reduceOnly)
        var request = Self.request(by: "ben", approve: waiting.id, mode: .live, scope: try Scope("venue=x"))
        request.reason = "another"
        request.overrides = [.gates: "mine"]
        guard case .resumed = killSwitch.resume(request) else {
            Issue.record("not resumed")
            return
        }
        let record = try #require(killSwitch.observe().fold.lastApplied)
        #expect(record.mode == .reduceOnly && record.scope.isGlobal && record.reason == "the feed is back")
        #expect(record.overrides.map(\.key) == ["host"])
    }

    @Test func theSecondAnswersForThemselves() throws {
        let killSwitch = try Self.desk()
        let waiting = try Self.asked(killSwitch)
        var request = Self.request(by: "ben", approve: waiting.id)
        request.answers = [.understood, .resolved, .verified]
        guard case .refused(let why) = killSwitch.resume(request) else {
            Issue.record("resumed without an answer")
            return
        }
        #expect(why.contains("safe"))
        #expect(Self.isHalted(killSwitch) && killSwitch.observe().waiting?.id == waiting.id)
    }

    @Test func whoAskedMayAskAnewAndTheOldRequestIsGone() throws {
        let killSwitch = try Self.desk()
        let first = try Self.asked(killSwitch)
        let second = try Self.asked(killSwitch, mode: .paper)
        #expect(first.id != second.id)
        #expect(killSwitch.resume(Self.request(by: "ben", approve: first.id)) == .unapproved(.missing(first.id)))
        #expect(Self.isHalted(killSwitch))
    }

    // MARK: - What voids

    @Test func anyHaltInBetweenVoidsIt() throws {
        for scope in ["", "venue=x"] {
            for mode in [Mode.halted, .reduceOnly, .paper] {
                let killSwitch = try Self.desk()
                let waiting = try Self.asked(killSwitch)
                killSwitch.halt(HaltRequest(mode: mode, scope: try Scope(scope), reason: "again", source: .library))
                #expect(killSwitch.observe().waiting == nil)
                guard case .unapproved(.void) = killSwitch.resume(Self.request(by: "ben", approve: waiting.id)) else {
                    Issue.record("\(scope) \(mode)")
                    continue
                }
                #expect(Self.isHalted(killSwitch))
            }
        }
    }

    @Test func itsTimeIsOverAtTheEdgeAndWhenTheClockJumps() throws {
        let cases: [(String, (inout KeptResume) -> Void, Bool)] = [
            ("5 minutes", { $0.askedNs = Clock.boottime() &- 300_000_000_000 }, false),
            ("asked later than now", { $0.askedNs = Clock.boottime() + 60_000_000_000 }, false),
            ("another boot", { $0.bootID = String($0.bootID.reversed()) }, false),
            ("a moment before", { $0.askedNs = Clock.boottime() - min(Clock.boottime(), 290_000_000_000) }, true),
        ]
        for (name, change, resumes) in cases {
            let killSwitch = try Self.desk()
            let waiting = try Self.asked(killSwitch)
            try Self.change(killSwitch, change)
            let outcome = killSwitch.resume(Self.request(by: "ben", approve: waiting.id))
            if resumes {
                #expect(!Self.isHalted(killSwitch), "\(name): \(outcome)")
            } else {
                #expect(outcome == .unapproved(.expired(waiting.id)), "\(name)")
                #expect(Self.isHalted(killSwitch), "\(name)")
            }
        }
    }

    @Test func damageIsNoRequest() throws {
        let damages: [(String, (String) -> Void)] = [
            ("gone", { unlink($0) }), ("empty", { truncate($0, 0) }), ("cut", { truncate($0, 200) }),
            ("open to writers", { chmod($0, 0o660) }), ("another's", { chown($0, 65_534, gid_t.max) }),
            (
                "a link",
                {
                    rename($0, $0 + ".real")
                    symlink($0 + ".real", $0)
                }
            ),
            (
                "a directory",
                {
                    unlink($0)
                    mkdir($0, 0o700)
                }
            ),
            (
                "a pipe",
                {
                    unlink($0)
                    mkfifo($0, 0o600)
                }
            ),
        ]
        for (name, damage) in damages {
            if name == "another's", geteuid() != 0 { continue }
            let killSwitch = try Self.desk()
            let waiting = try Self.asked(killSwitch)
            damage("\(killSwitch.directory.path)/\(KeptResumeFile.name)")
            #expect(killSwitch.observe().waiting == nil, "\(name)")
            #expect(
                killSwitch.resume(Self.request(by: "ben", approve: waiting.id)) == .unapproved(.missing(waiting.id)),
                "\(name)"
            )
            #expect(Self.isHalted(killSwitch), "\(name)")
        }
    }

    @Test func itIsUsedOnceWhateverComesBack() throws {
        let killSwitch = try Self.desk()
        let waiting = try Self.asked(killSwitch)
        let kept = try #require(KeptResumeFile.read(killSwitch.directory))
        guard case .resumed = killSwitch.resume(Self.request(by: "ben", approve: waiting.id)) else {
            Issue.record("not resumed")
            return
        }
        let halted = killSwitch.halt(HaltRequest(reason: "again", source: .library))
        #expect(halted.durable)
        guard case .unapproved(.void) = killSwitch.resume(Self.request(by: "ben", approve: waiting.id)) else {
            Issue.record("used twice")
            return
        }
        // Somebody puts the old file back.
        try KeptResumeFile.write(kept, to: killSwitch.directory)
        guard case .unapproved(.void) = killSwitch.resume(Self.request(by: "ben", approve: waiting.id)) else {
            Issue.record("used twice")
            return
        }
        #expect(Self.isHalted(killSwitch))
    }

    // MARK: - Around it

    @Test func anotherConfigurationThanTheHostsDoesNotGetAroundIt() throws {
        let killSwitch = try Self.desk()
        let lock = try HostLock(killSwitch.directory, tradingMode: nil, settings: DeskSettings(approvals: 2))
        let other = KillSwitch(killSwitch.directory, settings: DeskSettings(name: "test", paper: false, deadMan: 0))
        // Its lock is this process's own, which an open-file-description lock of another descriptor sees.
        #expect(other.observe().approvals == 2)
        #expect(other.resume(.test()) == .unapproved(.notProven))
        #expect(Self.isHalted(killSwitch))
        withExtendedLifetime(lock) {}
    }

    @Test func askingForAScopeOfATradingDeskPausesNothing() throws {
        let killSwitch = try Self.desk()
        let first = try Self.asked(killSwitch)
        guard case .resumed = killSwitch.resume(Self.request(by: "ben", approve: first.id)) else {
            Issue.record("not resumed")
            return
        }
        let scope = try Scope("venue=kraken")
        killSwitch.halt(HaltRequest(scope: scope, reason: "bad fills", source: .library))
        let word = killSwitch.observe().word
        let waiting = try Self.asked(killSwitch, scope: scope)
        #expect(killSwitch.observe().word == word)
        guard case .resumed(let after) = killSwitch.resume(Self.request(by: "chris", approve: waiting.id)) else {
            Issue.record("not resumed")
            return
        }
        #expect(after.mode == .live && killSwitch.observe().latches.isEmpty)
    }

    @Test func aFailingCheckIsSaidToWhoAsksAndNothingWaits() throws {
        let killSwitch = try Self.desk()
        var request = Self.request(by: "ann")
        request.overrides = [:]
        guard case .refused(let why) = killSwitch.resume(request) else {
            Issue.record("asked over a failing check")
            return
        }
        #expect(why.contains("host") && killSwitch.observe().waiting == nil)
    }

    // MARK: - Races

    @Test func ofManyConfirmationsAtOnceOneResumes() throws {
        let killSwitch = try Self.desk()
        let waiting = try Self.asked(killSwitch)
        let outcomes = Mutex<[ResumeOutcome]>([])
        let threads = (0..<8).compactMap { index in
            ThreadStart.joinable {
                let outcome = killSwitch.resume(
                    Self.request(by: index % 2 == 0 ? "ben" : "chris", approve: waiting.id)
                )
                outcomes.withLock { $0.append(outcome) }
            }
        }
        for thread in threads { pthread_join(thread, nil) }
        let resumed = outcomes.withLock { $0 }.filter { if case .resumed = $0 { true } else { false } }
        #expect(resumed.count == 1)
        #expect(outcomes.withLock { $0.count } == 8)
        let applied = killSwitch.observe().fold
        #expect(applied.records.filter { $0.change == .resume && applied.applied.contains($0.id) }.count == 1)
    }

    /// A halt that ends before the confirmation begins voids it; one that begins later halts what was resumed: never is
    /// the desk left trading.
    @Test func aHaltWhileSomebodyConfirmsWins() throws {
        for round in 0..<20 {
            let killSwitch = try Self.desk()
            let waiting = try Self.asked(killSwitch)
            let thread = ThreadStart.joinable {
                _ = killSwitch.resume(Self.request(by: "ben", approve: waiting.id))
            }
            guard let confirms = thread else {
                Issue.record("no thread")
                return
            }
            if round % 2 == 0 { Clock.sleep(milliseconds: UInt64(round)) }
            killSwitch.halt(HaltRequest(reason: "now", source: .library))
            pthread_join(confirms, nil)
            #expect(Self.isHalted(killSwitch), "round \(round)")
        }
    }
}
