import Console

/// What the facts mean: a pure function, one check after the other.
enum DoctorJudgement {
    /// Every check's findings, in the order of the report; each check finds at least one thing.
    static func findings(_ facts: DoctorFacts) -> [Finding] {
        configuration(facts.settings) + stateDirectory(facts) + permissions(facts) + runDirectory(facts)
            + deletedDesks(facts.run) + pages(facts)
            + logind(facts) + space(facts) + host(facts) + health(facts.health) + deadMan(facts)
            + gates(facts.killSwitch)
            + stopFile(facts.killSwitch) + log(facts) + mirror(facts) + operators(facts) + crashes(facts.state)
            + staleFiles(facts.state)
            + clock(facts) + inotify(facts.machine) + kernel(facts.machine) + versions(facts.machine)
            + terminal(facts.screen)
    }

    // MARK: - What the host knows of its desk

    /// The desk's health is the host's answer, the same as that of `estop health`.
    static func health(_ health: DoctorFacts.Health?) -> [Finding] {
        let check = "health"
        switch health {
        case nil: return [.init(check, .note, "not asked: no host runs, so nobody can tell how venues and rules are")]
        case .unknown(let why):
            return [
                .init(
                    check,
                    .error,
                    "the host cannot be asked: \(why)",
                    action: "read its standard error; until it answers nobody can tell how venues and rules are"
                )
            ]
        case .known(let reasons):
            if reasons.isEmpty { return [.init(check, .ok, "the desk is healthy")] }
            return reasons.map {
                .init(check, .error, $0, action: "see estop health, alerts and venues on the screen (6)")
            }
        }
    }

    // MARK: - The state directory

    static func configuration(_ settings: DoctorFacts.Settings) -> [Finding] {
        let check = "configuration"
        if let problem = settings.problem {
            return [.init(check, .error, problem, action: "put that line right; until then only halting works")]
        }
        let refusals = settings.refusals.map {
            Finding(check, .error, $0, action: "put it right; until then no host starts on it")
        }
        if !refusals.isEmpty { return refusals }
        let warnings = settings.warnings.map {
            Finding(
                check,
                .warning,
                "\(settings.file ?? "estop.toml"): \($0)",
                action: "put it right or remove the line"
            )
        }
        if !warnings.isEmpty { return warnings }
        guard let file = settings.file else {
            return [.init(check, .ok, "no configuration: a paper desk")]
        }
        return [.init(check, .ok, "\(file): a \(settings.isPaper ? "paper" : "real") desk")]
    }

    static func stateDirectory(_ facts: DoctorFacts) -> [Finding] {
        let check = "state-directory"
        let state = facts.state
        if let problem = state.problem {
            return [
                .init(
                    check,
                    .error,
                    problem,
                    action: "name the desk with --state DIR, or join the group of its directory"
                )
            ]
        }
        guard state.ownership != nil else {
            return [
                .init(
                    check,
                    .warning,
                    "\(state.path) does not exist yet, so every gate refuses",
                    action: "start 'estop serve', which makes it"
                )
            ]
        }
        var found: [Finding] = []
        if state.isOnNetwork {
            found.append(
                .init(
                    check,
                    .error,
                    "\(state.path) is on a network file system: hosts, resumes and gates refuse",
                    action: "move it to a local disk (--state DIR)"
                )
            )
        }
        if state.isReadOnly {
            found.append(
                .init(
                    check,
                    .error,
                    "\(state.path) is mounted read-only: halts work, but no record of them is kept",
                    action: "mount it for writing"
                )
            )
        }
        return found.isEmpty ? [.init(check, .ok, "\(state.path), of \(facts.users.ownerName)")] : found
    }

    static func permissions(_ facts: DoctorFacts) -> [Finding] {
        let check = "permissions"
        guard let own = facts.state.ownership else { return [.init(check, .note, "nothing to look at yet")] }
        let path = facts.state.path
        let users = facts.users
        var found: [Finding] = []
        if own.mode & 0o002 != 0 {
            found.append(
                .init(
                    check,
                    .error,
                    "everybody may write to \(path): anybody can remove the log",
                    action: "chmod o-w \(path)"
                )
            )
        } else if own.mode & 0o004 != 0 {
            found.append(
                .init(
                    check,
                    .warning,
                    "everybody may list \(path) and read reasons and names",
                    action: "chmod o-r \(path)"
                )
            )
        } else if own.mode & 0o001 != 0 {
            found.append(
                .init(check, .note, "bots of other users can reach halt.page (and EMERGENCY_STOP only by the host)")
            )
        }
        if let group = users.estopGroup {
            if own.group != group || own.mode & 0o2770 != 0o2770 {
                found.append(
                    .init(
                        check,
                        .warning,
                        "\(path) is not for the group estop (mode \(octal(own.mode))): its members cannot halt with their own hands",
                        action: "chgrp estop \(path) && chmod 2770 \(path)"
                    )
                )
            }
        } else {
            found.append(
                .init(
                    check,
                    facts.settings.isPaper ? .note : .warning,
                    "there is no group estop: only \(ownerAndRoot(users)) can halt with their own hands",
                    action: "groupadd estop, add the operators, then chgrp estop \(path) && chmod 2770 \(path)"
                )
            )
        }
        if users.user != 0, users.user != own.owner, !(users.groups.contains(own.group) && own.mode & 0o030 == 0o030) {
            found.append(
                .init(
                    check,
                    .warning,
                    "you are neither \(users.ownerName) nor in the directory's group: you halt only through the host",
                    action: "have yourself added to the group of \(path)"
                )
            )
        }
        return found.isEmpty ? [.init(check, .ok, "mode 2770, group estop")] : found
    }

    static func space(_ facts: DoctorFacts) -> [Finding] {
        let check = "space"
        guard let space = facts.state.space else { return [.init(check, .note, "nothing to look at yet")] }
        let text =
            "\(size(space.freeBytes)) and \(space.inodes == 0 ? "any number of" : "\(space.freeInodes)") inodes free"
        let action = "make room on the file system of \(facts.state.path)"
        let inodes = space.inodes == 0 ? UInt64.max : space.freeInodes
        if space.freeBytes < 1 << 20 || inodes < 16 {
            return [.init(check, .error, "the disk is full (\(text)): halts work, but are not durable", action: action)]
        }
        if space.freeBytes < 64 << 20 || inodes < 1000 {
            return [.init(check, .warning, "the disk is nearly full: \(text)", action: action)]
        }
        return [.init(check, .ok, text)]
    }

    static func operators(_ facts: DoctorFacts) -> [Finding] {
        let check = "operators"
        if facts.settings.approvals > 1, let enrolled = facts.state.enrolled, enrolled < 2 {
            return [
                .init(
                    check,
                    .error,
                    "a resume takes two operators ([resume] approvals = 2) and \(enrolled) is enrolled: nobody can resume",
                    action: "estop operator add NAME, for each of them"
                )
            ]
        }
        guard let own = facts.state.operators else {
            return [
                .init(
                    check,
                    facts.settings.isPaper ? .note : .warning,
                    "no operator is enrolled: whoever can become \(facts.users.ownerName) may resume",
                    action: "estop operator add NAME"
                )
            ]
        }
        let path = "\(facts.state.path)/operators.json"
        if own.mode & 0o077 != 0 {
            let message = "operators.json can be read by others than its owner (mode \(octal(own.mode)))"
            return [
                .init(
                    check,
                    .error,
                    message,
                    action: "chmod 600 \(path), then have every operator choose a new passphrase"
                )
            ]
        }
        if let desk = facts.state.ownership, own.owner != desk.owner, own.owner != 0 {
            let message =
                "operators.json does not belong to \(facts.users.ownerName), so nobody's passphrase is accepted"
            return [
                .init(
                    check,
                    .error,
                    message,
                    action: "chown \(facts.users.ownerName) \(path), after a look at who wrote it"
                )
            ]
        }
        let two = facts.settings.approvals > 1 ? ", and a resume takes two of them" : ""
        return [.init(check, .ok, "operators are enrolled\(two)")]
    }

    static func crashes(_ state: DoctorFacts.State) -> [Finding] {
        let check = "crashes"
        guard !state.crashes.isEmpty else { return [.init(check, .ok, "none on record")] }
        return state.crashes.map {
            .init(check, .warning, $0, action: "report it with that file, then remove the file from \(state.path)")
        }
    }

    static func staleFiles(_ state: DoctorFacts.State) -> [Finding] {
        let check = "stale-files"
        var found: [Finding] = []
        if !state.staleTemporaries.isEmpty {
            found.append(
                .init(
                    check,
                    .note,
                    "left by something that crashed: \(list(state.staleTemporaries))",
                    action: "remove them; nothing reads them"
                )
            )
        }
        if !state.oldCleared.isEmpty {
            found.append(
                .init(
                    check,
                    .note,
                    "stop files set aside more than 30 days ago: \(list(state.oldCleared))",
                    action: "remove them when nobody needs them as evidence"
                )
            )
        }
        return found.isEmpty ? [.init(check, .ok, "none")] : found
    }

    // MARK: - Texts

    static func list(_ names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }

    private static func ownerAndRoot(_ users: DoctorFacts.Users) -> String {
        users.ownerName == "root" ? "root" : "\(users.ownerName) and root"
    }

    static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    static func size(_ bytes: UInt64) -> String {
        bytes >= 10 << 30 ? "\(bytes >> 30) GiB" : bytes >= 10 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
    }
}
