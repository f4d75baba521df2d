import Console
import KillSwitch

/// `estop doctor`: checks the installation and the state directory, and says what to do. Removes nothing but what desks left in
/// shared memory whose state directories are gone.
enum DoctorCommand {
    static let command = CommandTable.Command(
        "doctor",
        summary: "check the installation and the state directory, and say what to do",
        discussion: [
            "Changes nothing but one thing: it removes what deleted desks left in /dev/shm. Each finding is ok, note, warning or error, and says what to do in one line.",
            "Exit status: 0 when there is no error, else 1.",
        ]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        var facts = DoctorFacts.gather(arguments)
        for path in DeadRunDirectories.all() {
            if DeadRunDirectories.remove(path) { facts.run.removed.append(path) } else { facts.run.left.append(path) }
        }
        let findings = DoctorJudgement.findings(facts)
        if arguments.json {
            Output.standard.line(JSON.array(findings.map(\.json)).line)
        } else {
            Output.standard.write(text(findings, TextStyle(for: .standard)))
        }
        return findings.contains { $0.level == .error } ? 1 : 0
    }

    /// The report: one line for what was found, one for what to do.
    static func text(_ findings: [Finding], _ style: TextStyle) -> String {
        var out = ""
        for finding in findings {
            let level = finding.level.rawValue
            out += style.paint(level, finding.level.role) + String(repeating: " ", count: 9 - level.count)
            out += style.paint("\(finding.check): \(finding.message)", finding.level == .ok ? .dim : .plain) + "\n"
            if let action = finding.action { out += "         -> " + style.paint(action, .plain) + "\n" }
        }
        let counts = [Finding.Level.error, .warning, .note].map { level in
            let count = findings.count { $0.level == level }
            return "\(count) \(level.rawValue)\(count == 1 ? "" : "s")"
        }
        return out + "\n" + style.paint(counts.joined(separator: ", "), .strong) + "\n"
    }
}

extension Finding {
    /// The finding as `estop doctor --json` prints it.
    var json: JSON {
        .object([
            .init("check", .string(check)), .init("level", .string(level.rawValue)), .init("message", .string(message)),
            .init("action", .text(action)),
        ])
    }
}

extension Finding.Level {
    var role: TextRole {
        switch self {
        case .ok: .good
        case .note: .dim
        case .warning: .caution
        case .error: .bad
        }
    }
}
