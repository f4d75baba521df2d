import CProcess
import Console
import Glibc
import KillSwitch
import Operators
import SafetyEngine
import Settings

/// Looking at the desk. Opens, reads and asks; writes nothing.
extension DoctorFacts {
    /// Looks at everything.
    static func gather(_ arguments: Arguments) -> DoctorFacts {
        var facts = DoctorFacts()
        facts.machine = .gather()
        facts.screen = .gather(.process)
        facts.users.user = geteuid()
        facts.users.groups = Users.groups()
        facts.users.estopGroup = getgrnam("estop").map { $0.pointee.gr_gid }
        let location: StateLocation
        do {
            location = try StateLocation.choose(option: arguments.state)
        } catch {
            facts.state.problem = error.message
            return facts
        }
        facts.state.path = location.path
        var settings = DeskSettings()
        do {
            let configuration = try Configuration.load(named: arguments.config, state: location.path)
            settings = DeskSettings(configuration)
            facts.settings = Settings(
                file: configuration.file,
                problem: nil,
                warnings: configuration.warnings.map(\.description),
                refusals: ConfigCommand.refusal(arguments)?.problems.map(\.message) ?? [],
                isPaper: configuration.desk.isPaper,
                deadManMs: configuration.deadMan.limitMilliseconds,
                approvals: configuration.resume.approvals
            )
        } catch {
            facts.settings.problem = error.message
        }
        facts.run.isDefault = settings.runDirectory == nil
        facts.run.path = settings.runDirectory ?? ""
        do {
            facts.look(at: KillSwitch(try StateDirectory(location.path), settings: settings))
            facts.ask(arguments)
        } catch  where error.errno == ENOENT {
            facts.users.ownerName = "you"
        } catch {
            facts.state.problem = error.message
        }
        facts.run.look()
        return facts
    }

    private mutating func look(at killSwitch: KillSwitch) {
        let directory = killSwitch.directory
        settings.problem = settings.problem ?? killSwitch.kindProblem
        users.ownerName = Users.name(directory.owner)
        users.ownerLingers = access("/var/lib/systemd/linger/\(users.ownerName)", F_OK) == 0
        state.ownership = Ownership(owner: directory.owner, group: directory.group, mode: directory.mode)
        state.isBrandNew = killSwitch.isBrandNew
        state.isOnNetwork = directory.isOnNetwork
        var status = statvfs()
        if fstatvfs(directory.descriptor, &status) == 0 {
            state.space = Space(status)
            state.isReadOnly = status.f_flag & UInt(ST_RDONLY) != 0
        }
        state.operators = Ownership(of: "\(directory.path)/operators.json")
        state.enrolled = try? OperatorStore(directory: directory.path).list().count
        run.path = killSwitch.runDirectory
        run.ownership = Ownership(of: run.path)
        for name in ["halt.page", "gates.page"] { run.links[name] = link("\(directory.path)/\(name)") }
        let temporaries = [directory, try? StateDirectory(run.path)].compactMap { $0 }.flatMap { folder in
            folder.names().filter { $0.hasSuffix(".tmp") && (age("\(folder.path)/\($0)") ?? 0) > 60 }
        }
        state.staleTemporaries = temporaries
        state.crashes = CrashRecord.all(in: directory).map(\.text)
        state.oldCleared = directory.names().filter {
            $0.hasPrefix("EMERGENCY_STOP.cleared-") && (age("\(directory.path)/\($0)") ?? 0) > 30 * 86400
        }
        self.killSwitch = Switch(killSwitch.observe())
        let mirror = try? directory.read("kill_switch.json")
        self.killSwitch.mirrorBytes = mirror.flatMap { JSON(bytes: $0)?["log_bytes"]?.integer }.flatMap {
            Int(exactly: $0)
        }
    }

    /// Asks the host how its desk is.
    private mutating func ask(_ arguments: Arguments) {
        guard killSwitch.hostPid != nil else { return }
        do {
            let host = try HostQuestion(arguments)
            health = .known(DeskHealth(host.desk.killSwitch.observe(), try host.view()).reasons)
        } catch {
            health = .unknown(error.message)
        }
    }

    /// Where a link leads; nil when it is none.
    private func link(_ path: String) -> String? {
        var text = [CChar](repeating: 0, count: 4096)
        let length = readlink(path, &text, text.count)
        guard length > 0 else { return nil }
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Seconds since a file was changed.
    private func age(_ path: String) -> Int? {
        var status = stat()
        return lstat(path, &status) == 0 ? time(nil) - status.st_ctim.tv_sec : nil
    }
}

extension DoctorFacts.Switch {
    init(_ seen: Observation) {
        pageProblem = seen.pageProblem?.description
        modeName = seen.mode.name
        hasGatesPage = seen.gates != nil
        openGates = seen.openGates.count
        deadGates = (seen.gates ?? []).filter { !$0.alive }.map(\.name)
        stopFiles = seen.stopFiles.map(\.path)
        hostPid = seen.host?.pid
        hostBeats = seen.hostBeats
        beatAgeMs = seen.beatAgeMs
        deadManMs = seen.pageProblem == nil ? seen.deadMan / 1_000_000 : nil
        logProblem = seen.logProblem
        damagedAt = seen.latches.compactMap { $0.id.hasPrefix("bad@") ? Int($0.id.dropFirst(4)) : nil }
        hasTail = seen.fold.tail != nil
        isLogLost = seen.fold.lost
        notDurable = seen.notDurable
        logBytes = seen.fold.length
        lastRecordMs = seen.fold.history.last.flatMap { Clock.milliseconds(of: $0.at) }
    }
}

extension DoctorFacts.RunDirectory {
    fileprivate mutating func look() {
        let tmpfs: UInt64 = 0x0102_1994
        sharedMemoryIsTemporaryFileSystem = process_file_system("/dev/shm") == tmpfs
        isTemporaryFileSystem = process_file_system(path) == tmpfs
        var status = statvfs()
        if statvfs("/dev/shm", &status) == 0 { sharedMemory = .init(status) }
    }
}

extension DoctorFacts.Space {
    fileprivate init(_ status: statvfs) {
        self.init(
            freeBytes: UInt64(status.f_bavail) * UInt64(status.f_frsize),
            freeInodes: UInt64(status.f_favail),
            inodes: UInt64(status.f_files)
        )
    }
}

extension DoctorFacts.Ownership {
    /// Of a file or directory itself, not of what a link leads to; nil when it cannot be looked at.
    fileprivate init?(of path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777)
    }
}

extension DoctorFacts.Users {
    fileprivate static func groups() -> [UInt32] {
        var groups = [gid_t](repeating: 0, count: 1024)
        let count = getgroups(Int32(groups.count), &groups)
        return [getegid()] + groups.prefix(Int(max(0, count)))
    }

    fileprivate static func name(_ user: UInt32) -> String {
        getpwuid(user).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? "user \(user)"
    }
}
