import Console

/// The switch: pages, host, gates, log.
extension DoctorJudgement {
    /// What desks that are gone left in shared memory.
    static func deletedDesks(_ run: DoctorFacts.RunDirectory) -> [Finding] {
        let check = "deleted-desks"
        var found: [Finding] = []
        if !run.removed.isEmpty {
            let paths = run.removed.joined(separator: ", ")
            found.append(.init(check, .note, "removed what desks that are gone left in shared memory: \(paths)"))
        }
        if !run.left.isEmpty {
            let paths = run.left.joined(separator: ", ")
            found.append(
                .init(check, .warning, "desks that are gone left \(paths)", action: "remove them: rm -r \(paths)")
            )
        }
        return found.isEmpty ? [.init(check, .ok, "none left anything in /dev/shm")] : found
    }

    static func runDirectory(_ facts: DoctorFacts) -> [Finding] {
        let check = "run-directory"
        let run = facts.run
        var found: [Finding] = []
        if run.isDefault {
            if !run.sharedMemoryIsTemporaryFileSystem {
                found.append(
                    .init(
                        check,
                        .error,
                        "/dev/shm is not a tmpfs: a halt could wait for a disk, so no host starts",
                        action: "mount -t tmpfs tmpfs /dev/shm, or set [host] run_dir to a directory on a tmpfs"
                    )
                )
            } else if let space = run.sharedMemory, space.freeBytes < 1 << 20 {
                found.append(
                    .init(
                        check,
                        .error,
                        "/dev/shm is full (\(size(space.freeBytes)) free): pages cannot be made",
                        action: "remove what fills /dev/shm"
                    )
                )
            }
        }
        guard !run.path.isEmpty, let state = facts.state.ownership else {
            return found.isEmpty ? [.init(check, .ok, "/dev/shm is a tmpfs with room")] : found
        }
        guard let own = run.ownership else {
            if found.isEmpty {
                found.append(
                    .init(
                        check,
                        facts.state.isBrandNew ? .note : .warning,
                        "\(run.path) does not exist: there are no pages",
                        action: "start 'estop serve', which makes it"
                    )
                )
            }
            return found
        }
        if own.owner != state.owner && own.owner != 0 {
            found.append(
                .init(
                    check,
                    .error,
                    "\(run.path) belongs to user \(own.owner), not to \(facts.users.ownerName): no host starts on it",
                    action: "find out who made it, remove it, then start 'estop serve'"
                )
            )
        }
        if own.mode & 0o002 != 0 {
            found.append(
                .init(
                    check,
                    .error,
                    "everybody may write to \(run.path): no host starts on it",
                    action: "find out why, then chmod o-w \(run.path)"
                )
            )
        }
        if !run.isDefault && !run.isTemporaryFileSystem {
            found.append(
                .init(
                    check,
                    .warning,
                    "\(run.path) is not on a tmpfs: a halt can wait for the disk",
                    action: "set [host] run_dir to a directory on a tmpfs, or remove the line"
                )
            )
        }
        return found.isEmpty ? [.init(check, .ok, "\(run.path), on a tmpfs")] : found
    }

    static func pages(_ facts: DoctorFacts) -> [Finding] {
        let check = "pages"
        let seen = facts.killSwitch
        guard facts.state.ownership != nil else { return [.init(check, .note, "nothing to look at yet")] }
        if facts.state.isBrandNew {
            return [.init(check, .note, "a new desk without pages", action: "start 'estop serve', which makes them")]
        }
        var found: [Finding] = []
        if let problem = seen.pageProblem {
            found.append(
                .init(
                    check,
                    .error,
                    "halt.page: \(problem): every gate refuses",
                    action: "start 'estop serve' as \(facts.users.ownerName), then look why and 'estop resume'"
                )
            )
        }
        if !seen.hasGatesPage {
            found.append(
                .init(
                    check,
                    .error,
                    "gates.page cannot be read: gates cannot be claimed or listed",
                    action: "start 'estop serve' as \(facts.users.ownerName), which makes it"
                )
            )
        }
        for name in ["gates.page", "halt.page"] where seen.pageProblem == nil {
            let target = "\(facts.run.path)/\(name)"
            guard facts.run.links[name] != target else { continue }
            let leads = facts.run.links[name].map { "leads to \($0)" } ?? "is no link"
            found.append(
                .init(
                    check,
                    .warning,
                    "\(name) \(leads), not to \(target)",
                    action: "stop the host, look at who changed it, then start 'estop serve'"
                )
            )
        }
        return found.isEmpty ? [.init(check, .ok, "sound; the mode is \(seen.modeName)")] : found
    }

    static func host(_ facts: DoctorFacts) -> [Finding] {
        let check = "host"
        let seen = facts.killSwitch
        guard let pid = seen.hostPid else {
            return [
                .init(
                    check,
                    facts.settings.isPaper ? .note : .warning,
                    "no host runs: nobody watches stop files, cancels orders or beats for the gates",
                    action: "start 'estop serve' (as a service, so that it comes back)"
                )
            ]
        }
        if !seen.hostBeats {
            return [
                .init(
                    check,
                    .error,
                    "the host (pid \(pid)) has not beaten for \(seen.beatAgeMs) ms: every gate refuses",
                    action: "look at its log and at 'ps -o stat,wchan -p \(pid)'; restart it"
                )
            ]
        }
        return [.init(check, .ok, "pid \(pid), beat \(seen.beatAgeMs) ms ago")]
    }

    static func deadMan(_ facts: DoctorFacts) -> [Finding] {
        let check = "dead-man"
        let configured = facts.settings.deadManMs
        if configured == 0 || facts.killSwitch.deadManMs == 0 {
            return [
                .init(
                    check,
                    .warning,
                    "there is no dead-man limit: bots go on trading when the host dies",
                    action: "set [dead_man] limit = \"5s\" and restart the host"
                )
            ]
        }
        let text = DurationText.text(milliseconds: configured)
        if let page = facts.killSwitch.deadManMs, page != configured {
            return [
                .init(
                    check,
                    .warning,
                    "the pages have a limit of \(DurationText.text(milliseconds: page)), the configuration says \(text)",
                    action: "restart the host, which then takes the configured one"
                )
            ]
        }
        return [.init(check, .ok, "gates refuse \(text) after the host's last beat")]
    }

    static func gates(_ seen: DoctorFacts.Switch) -> [Finding] {
        if seen.deadGates.isEmpty { return [.init("gates", .ok, "\(seen.openGates) open, none dead")] }
        return [
            .init(
                "gates",
                .warning,
                "bots died without closing their gates: \(list(seen.deadGates))",
                action: "find out why they died; a restarted bot takes their slots"
            )
        ]
    }

    static func stopFile(_ seen: DoctorFacts.Switch) -> [Finding] {
        if seen.stopFiles.isEmpty { return [.init("stop-file", .ok, "none")] }
        return [
            .init(
                "stop-file",
                .warning,
                "\(list(seen.stopFiles)) is there: the desk is halted, and a resume is refused or sets it aside",
                action: "find out who left it; 'estop resume' then says what it needs"
            )
        ]
    }

    static func log(_ facts: DoctorFacts) -> [Finding] {
        let check = "log"
        let seen = facts.killSwitch
        guard facts.state.ownership != nil, !facts.state.isBrandNew else {
            return [.init(check, .note, "nothing to look at yet")]
        }
        let evidence = "copy kill_switch.log aside as evidence, look at 'estop history', then 'estop resume'"
        var found: [Finding] = []
        if let problem = seen.logProblem {
            found.append(.init(check, .error, problem, action: "make it readable for the operators; do not replace it"))
        } else if seen.isLogLost {
            found.append(
                .init(
                    check,
                    .error,
                    "kill_switch.log is missing or shorter than it was: the desk stays halted",
                    action: evidence
                )
            )
        }
        if !seen.damagedAt.isEmpty {
            let places = list(seen.damagedAt.map(String.init))
            found.append(.init(check, .error, "damaged at byte \(places): the desk stays halted", action: evidence))
        }
        if seen.hasTail {
            found.append(
                .init(
                    check,
                    .warning,
                    "its last record is not finished: a process is writing it, or died doing so",
                    action: "look again; if it stays, 'estop serve' ends it"
                )
            )
        }
        if let problem = seen.notDurable, seen.logProblem == nil, seen.pageProblem == nil {
            found.append(.init(check, .warning, problem, action: "look again; 'estop serve' records what is missing"))
        }
        return found.isEmpty ? [.init(check, .ok, "whole, \(size(UInt64(seen.logBytes)))")] : found
    }

    static func mirror(_ facts: DoctorFacts) -> [Finding] {
        let check = "mirror"
        let seen = facts.killSwitch
        guard facts.state.ownership != nil, !facts.state.isBrandNew else {
            return [.init(check, .note, "nothing to look at yet")]
        }
        let level: Finding.Level = seen.hostPid == nil ? .note : .warning
        let action =
            seen.hostPid == nil
            ? "start 'estop serve', which writes it" : "look again; if it stays, look at the host's log"
        guard let bytes = seen.mirrorBytes else {
            return [.init(check, level, "kill_switch.json is missing or cannot be read", action: action)]
        }
        if bytes < seen.logBytes {
            return [.init(check, level, "kill_switch.json is older than the log", action: action)]
        }
        return [.init(check, .ok, "kill_switch.json agrees with the log")]
    }
}
