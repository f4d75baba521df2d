import Console
import KillSwitch
import Operators

/// What `estop deactivate` says and shows on a desk that takes two people for a resume.
enum SecondPerson {
    /// Takes what is to be confirmed into the request, and stops what cannot succeed before anybody is asked anything.
    ///
    /// - Returns: the request of another operator that this one confirms; nil: it asks for a resume of its own.
    static func look(
        _ request: inout ResumeRequest,
        _ seen: Observation,
        _ killSwitch: KillSwitch
    ) throws(DeactivateCommand.Stop) -> WaitingResume? {
        guard let id = request.approve else {
            guard seen.approvals > 1 else { return nil }
            // What cannot be read is said when the passphrase is checked.
            if let enrolled = try? OperatorStore(directory: killSwitch.directory.path).list().count, enrolled < 2 {
                throw .refused(ApprovalRefusal.tooFew(enrolled: enrolled).message)
            }
            if let waiting = seen.waiting, waiting.askedBy != request.op {
                throw .refused(ApprovalRefusal.otherWaits(waiting).message)
            }
            return nil
        }
        let waiting: WaitingResume
        do { waiting = try killSwitch.waiting(id, seen) } catch { throw .refused(error.refusal.message) }
        guard waiting.askedBy != request.op else { throw .refused(ApprovalRefusal.own(waiting).message) }
        request.mode = waiting.mode
        request.scope = waiting.scope
        request.reason = waiting.reason
        request.overrides = waiting.overrides
        return waiting
    }

    /// What was asked, by whom and why, before the first question.
    static func show(_ waiting: WaitingResume) {
        let style = TextStyle(for: .error)
        Output.error.line(
            style.paint(
                "\(waiting.askedBy) asked to resume to \(waiting.target), at \(waiting.at) from \(waiting.from) "
                    + "(\(waiting.source.rawValue)):",
                .caution
            )
        )
        Output.error.line(style.paint("  reason: \(waiting.reason)", .plain))
        for name in PreflightCheck.Name.allCases {
            guard let why = waiting.overrides[name] else { continue }
            Output.error.line(style.paint("  overrides \(name.rawValue): \(why)", .plain))
        }
        Output.error.line(
            style.paint("  waits \(WaitingResume.countdown(waiting.leftMs)) more; any halt voids it", .dim)
        )
        Output.error.line("")
    }

    /// What who asked has to do now.
    static func say(_ waiting: WaitingResume, _ arguments: Arguments) {
        let message =
            "NOT RESUMED YET: another operator has to confirm this within "
            + "\(WaitingResume.countdown(waiting.leftMs)); tell them: \(waiting.command)"
        guard arguments.json else {
            Output.standard.line(TextStyle(for: .standard).paint(message, .caution))
            Output.standard.line("  or R in their dashboard; any halt voids the request")
            return
        }
        Output.standard.line(
            JSON.object([
                .init("success", .bool(false)), .init("message", .string(message)), .init("waiting", waiting.json),
            ]).line
        )
    }
}
