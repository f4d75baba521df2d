import Testing

@testable import estop_desk

/// What the doctor's facts mean.
struct DoctorJudgementTests {
    /// A sound real desk with a host.
    private static var sound: DoctorFacts {
        var facts = DoctorFacts()
        facts.users = .init(user: 990, groups: [990, 991], estopGroup: 991, ownerName: "desk", ownerLingers: false)
        facts.state.path = "/srv/desk"
        facts.state.ownership = .init(owner: 990, group: 991, mode: 0o2770)
        facts.state.isBrandNew = false
        facts.state.space = .init(freeBytes: 1 << 34, freeInodes: 1_000_000, inodes: 2_000_000)
        facts.state.operators = .init(owner: 990, group: 991, mode: 0o600)
        facts.run.path = "/dev/shm/estop-990-1-2"
        facts.run.ownership = .init(owner: 990, group: 991, mode: 0o2770)
        facts.run.isTemporaryFileSystem = true
        facts.run.sharedMemoryIsTemporaryFileSystem = true
        facts.run.sharedMemory = .init(freeBytes: 1 << 30, freeInodes: 1000, inodes: 1000)
        for name in ["halt.page", "gates.page"] { facts.run.links[name] = "\(facts.run.path)/\(name)" }
        facts.killSwitch.hasGatesPage = true
        facts.killSwitch.hostPid = 42
        facts.killSwitch.hostBeats = true
        facts.killSwitch.deadManMs = 5000
        facts.killSwitch.logBytes = 1000
        facts.killSwitch.mirrorBytes = 1000
        facts.killSwitch.lastRecordMs = 1_790_000_000_000
        facts.settings.isPaper = false
        facts.settings.file = "/srv/desk/estop.toml"
        facts.machine.wallMs = 1_790_000_100_000
        facts.machine.isClockSynchronised = true
        facts.machine.maxWatches = 8192
        facts.machine.maxInstances = 128
        facts.machine.version = "1.0.0"
        facts.health = .known([])
        return facts
    }

    @Test func aSoundDeskIsAllOk() {
        let findings = DoctorJudgement.findings(DoctorJudgementTests.sound)
        #expect(findings.allSatisfy { $0.level == .ok && $0.action == nil }, "\(findings.filter { $0.level != .ok })")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var check: String
        var level: Finding.Level
        var change: @Sendable (inout DoctorFacts) -> Void
        var testDescription: String { "\(check) \(level)" }

        init(_ check: String, _ level: Finding.Level, _ change: @escaping @Sendable (inout DoctorFacts) -> Void) {
            self.check = check
            self.level = level
            self.change = change
        }
    }

    static let cases: [Case] = [
        Case("configuration", .error) { $0.settings.problem = "estop.toml:3: no" },
        Case("configuration", .error) { $0.settings.refusals = ["estop.toml:3: 'cap.most' is 0"] },
        Case("configuration", .warning) { $0.settings.warnings = ["line 3: unknown"] },
        Case("state-directory", .error) { $0.state.problem = "permission denied" },
        Case("state-directory", .warning) { $0.state.ownership = nil },
        Case("state-directory", .error) { $0.state.isOnNetwork = true },
        Case("state-directory", .error) { $0.state.isReadOnly = true },
        Case("permissions", .error) { $0.state.ownership?.mode = 0o2772 },
        Case("permissions", .warning) { $0.state.ownership?.mode = 0o2774 },
        Case("permissions", .note) { $0.state.ownership?.mode = 0o2771 },
        Case("permissions", .warning) { $0.state.ownership?.mode = 0o700 },
        Case("permissions", .warning) { $0.state.ownership?.group = 5 },
        Case("permissions", .warning) { $0.users.estopGroup = nil },
        Case("permissions", .note) {
            $0.users.estopGroup = nil
            $0.settings.isPaper = true
        },
        Case("permissions", .warning) {
            $0.users.user = 1000
            $0.users.groups = [1000]
        },
        Case("run-directory", .error) { $0.run.sharedMemoryIsTemporaryFileSystem = false },
        Case("run-directory", .error) { $0.run.sharedMemory?.freeBytes = 4096 },
        Case("run-directory", .error) { $0.run.ownership?.owner = 5 },
        Case("run-directory", .error) { $0.run.ownership?.mode = 0o777 },
        Case("run-directory", .warning) { $0.run.ownership = nil },
        Case("run-directory", .warning) {
            $0.run.isDefault = false
            $0.run.isTemporaryFileSystem = false
        },
        Case("pages", .error) { $0.killSwitch.pageProblem = "another boot's page" },
        Case("pages", .error) { $0.killSwitch.hasGatesPage = false },
        Case("pages", .warning) { $0.run.links["halt.page"] = "/dev/shm/other/halt.page" },
        Case("pages", .warning) { $0.run.links["gates.page"] = nil },
        Case("pages", .note) { $0.state.isBrandNew = true },
        Case("logind", .warning) {
            $0.machine.removeIPC = .init(removes: true, file: nil)
            $0.state.ownership?.owner = 1000
            $0.users.user = 1000
            $0.run.ownership?.owner = 1000
            $0.state.operators?.owner = 1000
        },
        Case("logind", .ok) {
            $0.machine.removeIPC = .init(removes: true, file: nil)
            $0.state.ownership?.owner = 1000
            $0.users.ownerLingers = true
            $0.users.user = 1000
            $0.run.ownership?.owner = 1000
            $0.state.operators?.owner = 1000
        },
        Case("logind", .ok) { $0.machine.removeIPC = .init(removes: true, file: nil) },
        Case("space", .error) { $0.state.space?.freeBytes = 0 },
        Case("space", .warning) { $0.state.space?.freeBytes = 10 << 20 },
        Case("space", .error) { $0.state.space?.freeInodes = 0 },
        Case("space", .ok) { $0.state.space = .init(freeBytes: 1 << 34, freeInodes: 0, inodes: 0) },
        Case("host", .warning) { $0.killSwitch.hostPid = nil },
        Case("host", .error) { $0.killSwitch.hostBeats = false },
        Case("dead-man", .warning) { $0.settings.deadManMs = 0 },
        Case("dead-man", .warning) { $0.killSwitch.deadManMs = 0 },
        Case("dead-man", .warning) { $0.killSwitch.deadManMs = 3000 },
        Case("gates", .warning) { $0.killSwitch.deadGates = ["grid"] },
        Case("stop-file", .warning) { $0.killSwitch.stopFiles = ["/srv/desk/EMERGENCY_STOP"] },
        Case("log", .error) { $0.killSwitch.logProblem = "cannot be read" },
        Case("log", .error) { $0.killSwitch.isLogLost = true },
        Case("log", .error) { $0.killSwitch.damagedAt = [17] },
        Case("log", .warning) { $0.killSwitch.hasTail = true },
        Case("log", .warning) { $0.killSwitch.notDurable = "not yet" },
        Case("mirror", .warning) { $0.killSwitch.mirrorBytes = nil },
        Case("mirror", .warning) { $0.killSwitch.mirrorBytes = 999 },
        Case("operators", .warning) { $0.state.operators = nil },
        Case("operators", .error) { $0.state.operators?.mode = 0o640 },
        Case("operators", .error) {
            $0.settings.approvals = 2
            $0.state.enrolled = 1
        },
        Case("operators", .error) { $0.state.operators?.owner = 1000 },
        Case("crashes", .warning) { $0.state.crashes = ["estop-desk crashed: SIGSEGV in its thread tap"] },
        Case("stale-files", .note) { $0.state.staleTemporaries = ["kill_switch.json.1-2.tmp"] },
        Case("stale-files", .note) { $0.state.oldCleared = ["EMERGENCY_STOP.cleared-1"] },
        Case("clock", .error) { $0.machine.wallMs = 0 },
        Case("clock", .warning) { $0.killSwitch.lastRecordMs = 1_790_000_200_000 },
        Case("clock", .warning) { $0.machine.isClockSynchronised = false },
        Case("clock", .note) { $0.machine.isClockSynchronised = nil },
        Case("inotify", .warning) { $0.machine.inotifyError = 24 },
        Case("inotify", .warning) { $0.machine.maxInstances = 1 },
        Case("kernel", .error) { $0.machine.missing = ["MADV_WIPEONFORK"] },
        Case("versions", .warning) { $0.machine.parts = [("libestop", "/usr/lib/estop.pc", "0.9.0")] },
        Case("versions", .ok) { $0.machine.parts = [("libestop", "/usr/lib/estop.pc", "1.0.0")] },
        Case("terminal", .warning) { $0.screen = .init(isTerminal: true, name: nil, isKnown: false, isUTF8: true) },
        Case("terminal", .warning) { $0.screen = .init(isTerminal: true, name: "x", isKnown: false, isUTF8: true) },
        Case("terminal", .note) { $0.screen = .init(isTerminal: true, name: "xterm", isKnown: true, isUTF8: false) },
        Case("terminal", .ok) { $0.screen = .init(isTerminal: true, name: "xterm", isKnown: true, isUTF8: true) },
    ]

    @Test(arguments: cases)
    func oneFaultIsFoundAtItsLevelAndSaysWhatToDo(_ fault: Case) {
        var facts = DoctorJudgementTests.sound
        fault.change(&facts)
        let findings = DoctorJudgement.findings(facts).filter { $0.check == fault.check }
        #expect(findings.map(\.level).max() == fault.level, "\(findings)")
        for finding in findings where finding.level >= .warning { #expect(finding.action?.isEmpty == false) }
    }

    @Test func withoutADirectoryEveryCheckStillSaysSomething() {
        let checks = Set(DoctorJudgement.findings(DoctorJudgementTests.sound).map(\.check))
        #expect(checks.count == 23)
        #expect(Set(DoctorJudgement.findings(DoctorFacts()).map(\.check)) == checks)
    }

    // MARK: - logind

    @Test(arguments: [
        ("", true), ("[Login]\nRemoveIPC=no\n", false), ("[Login]\n#RemoveIPC=no\n", true), ("RemoveIPC=no\n", true),
        ("[Other]\nRemoveIPC=no\n", true), ("[Login]\n RemoveIPC = off \n", false),
        ("[Login]\nRemoveIPC=0\nRemoveIPC=yes", true),
        ("[Login]\nRemoveIPC=no\nRemoveIPC=\n", true), ("[Login]\nRemoveIPC=no\nRemoveIPC=nonsense\n", false),
    ])
    func logindsFileIsRead(text: String, removes: Bool) {
        #expect(Logind.removeIPC([("/etc/systemd/logind.conf", text)]).removes == removes)
    }

    @Test func dropInsApplyInTheOrderOfTheirNamesAndTheStrongestFolderHidesOthers() {
        let order = Logind.order([
            "/usr/lib/systemd/logind.conf", "/etc/systemd/logind.conf", "/usr/lib/systemd/logind.conf.d/50-a.conf",
            "/etc/systemd/logind.conf.d/50-a.conf", "/run/systemd/logind.conf.d/10-z.conf",
        ])
        #expect(
            order == [
                "/etc/systemd/logind.conf", "/run/systemd/logind.conf.d/10-z.conf",
                "/etc/systemd/logind.conf.d/50-a.conf",
            ]
        )
        let setting = Logind.removeIPC([("/a", "[Login]\nRemoveIPC=no"), ("/b", "[Login]\nRemoveIPC=yes")])
        #expect(setting == .init(removes: true, file: "/b"))
    }
}
