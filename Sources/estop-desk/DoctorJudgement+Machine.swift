import Glibc

/// The machine and what is installed on it.
extension DoctorJudgement {
    static func logind(_ facts: DoctorFacts) -> [Finding] {
        let check = "logind"
        guard let setting = facts.machine.removeIPC else {
            return [.init(check, .ok, "systemd-logind does not run here")]
        }
        guard setting.removes else {
            return [.init(check, .ok, "RemoveIPC=no\(setting.file.map { " in \($0)" } ?? "")")]
        }
        guard let state = facts.state.ownership else {
            return [.init(check, .note, "RemoveIPC is on: it matters for a desk of a regular user")]
        }
        let owner = facts.users.ownerName
        if !facts.run.path.hasPrefix("/dev/shm/") && !facts.run.path.isEmpty {
            return [.init(check, .ok, "RemoveIPC is on, but the pages are not in /dev/shm")]
        }
        if state.owner < 1000 {
            return [.init(check, .ok, "RemoveIPC is on, but leaves the system user \(owner) alone")]
        }
        if facts.users.ownerLingers { return [.init(check, .ok, "RemoveIPC is on, but \(owner) lingers")] }
        return [
            .init(
                check,
                .warning,
                "when \(owner)'s last session ends, logind deletes the pages (RemoveIPC), and every gate refuses",
                action: "loginctl enable-linger \(owner), or RemoveIPC=no in /etc/systemd/logind.conf.d/estop.conf"
            )
        ]
    }

    static func inotify(_ machine: DoctorFacts.Machine) -> [Finding] {
        let check = "inotify"
        let limits =
            "\(machine.maxInstances.map(String.init) ?? "?") instances, \(machine.maxWatches.map(String.init) ?? "?") watches"
        if machine.inotifyError != 0 {
            let why = String(cString: strerror(machine.inotifyError))
            return [
                .init(
                    check,
                    .warning,
                    "no instance can be had (\(why); the limit: \(limits)): stop files are seen up to 250 ms later",
                    action: "raise fs.inotify.max_user_instances with sysctl"
                )
            ]
        }
        if machine.maxInstances.map({ $0 < 16 }) ?? false || machine.maxWatches.map({ $0 < 64 }) ?? false {
            return [
                .init(
                    check,
                    .warning,
                    "the limits are low: \(limits)",
                    action: "raise fs.inotify.max_user_instances to 128 and max_user_watches to 8192 with sysctl"
                )
            ]
        }
        return [.init(check, .ok, limits)]
    }

    static func clock(_ facts: DoctorFacts) -> [Finding] {
        let check = "clock"
        let now = facts.machine.wallMs
        // 2024-01-01 and 2100-01-01.
        guard (1_704_067_200_000..<4_102_444_800_000).contains(now) else {
            return [
                .init(
                    check,
                    .error,
                    "the wall clock cannot be right",
                    action: "set it, best by NTP (timedatectl set-ntp true)"
                )
            ]
        }
        var found: [Finding] = []
        if let last = facts.killSwitch.lastRecordMs, last > now + 1000 {
            found.append(
                .init(
                    check,
                    .warning,
                    "the wall clock is \((last - now) / 1000) s behind the log's last record: a resume asks about it",
                    action: "find out who set it; synchronise it (timedatectl set-ntp true)"
                )
            )
        }
        switch facts.machine.isClockSynchronised {
        case false:
            found.append(
                .init(
                    check,
                    .warning,
                    "the wall clock is not synchronised: times in records and reports may be wrong",
                    action: "timedatectl set-ntp true, or start chronyd (halting does not depend on it)"
                )
            )
        case nil: found.append(.init(check, .note, "whether the clock is synchronised cannot be asked here"))
        default: break
        }
        return found.isEmpty ? [.init(check, .ok, "synchronised, and not behind the log")] : found
    }

    static func kernel(_ machine: DoctorFacts.Machine) -> [Finding] {
        if machine.missing.isEmpty {
            return [.init("kernel", .ok, "file locks, wipe on fork and shared futexes are there")]
        }
        return machine.missing.map {
            .init(
                "kernel",
                .error,
                "the kernel lacks \($0)",
                action: "run Linux 4.14 or later; a sandbox may forbid the call"
            )
        }
    }

    static func versions(_ machine: DoctorFacts.Machine) -> [Finding] {
        let check = "versions"
        let others = machine.parts.filter { $0.version != machine.version }
        if others.isEmpty {
            let names = machine.parts.map { "\($0.name) \($0.path)" }
            return [.init(check, .ok, "estop \(machine.version)" + (names.isEmpty ? "" : "; also \(list(names))"))]
        }
        return others.map {
            .init(
                check,
                .warning,
                "\($0.name) \($0.path) is \($0.version), estop is \(machine.version)",
                action: "install the same version of all; an older gate refuses a newer page"
            )
        }
    }

    static func terminal(_ screen: DoctorFacts.Screen) -> [Finding] {
        let check = "terminal"
        guard screen.isTerminal else { return [.init(check, .ok, "none here")] }
        guard let name = screen.name, screen.isKnown else {
            return [
                .init(
                    check,
                    .warning,
                    "TERM \(screen.name.map { "'\($0)' is not known here" } ?? "is not set"): the dashboard cannot draw",
                    action: "export TERM=xterm-256color, or install ncurses-term"
                )
            ]
        }
        guard screen.isUTF8 else {
            return [
                .init(
                    check,
                    .note,
                    "\(name), but the locale is not UTF-8: the dashboard uses ASCII",
                    action: "export LC_ALL=C.UTF-8"
                )
            ]
        }
        return [.init(check, .ok, "\(name), UTF-8")]
    }
}
