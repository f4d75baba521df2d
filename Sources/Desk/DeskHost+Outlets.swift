import Journal
import KillSwitch
import Logging
import Notify
import SafetyEngine
import Settings
import Synchronization

/// What the engine's loop hands its decisions to.
extension DeskHost {
    static func outlets(
        _ killSwitch: KillSwitch,
        _ host: Host,
        _ journal: Journal,
        _ parts: Parts,
        _ log: DeskLog,
        _ notifier: Notifier,
        _ logger: Logger,
        _ time: DeskTime
    ) -> EngineLoop.Outlets {
        let hand = RuleHand(killSwitch.directory)
        let name = killSwitch.settings.name
        let files = DeskFiles(killSwitch.directory)
        return EngineLoop.Outlets(
            halt: { order in
                let (pulled, request) = hand.pull(order)
                host.take(pulled, request)
            },
            record: { entries in
                journal.append(
                    entries.map { Journal.Entry($0.event, at: $0.receipt, line: $0.line, decisions: $0.decisions) }
                )
            },
            carryOut: { decisions in
                var effects: [Decision.Effect] = []
                var lines: [DeskLog.Line] = []
                let wallMs = Clock.wallMilliseconds()
                for decision in decisions {
                    switch decision {
                    case .effect(let effect): effects.append(effect)
                    case .log(let line): lines.append(DeskLog.Line(line, wallMs: wallMs))
                    case .alert(let change):
                        lines.append(DeskLog.Line(change, wallMs: wallMs))
                        if change.isToBeNotified {
                            notifier.add(Notification(change, desk: name, at: wallMs))
                        }
                    case .halt(let order): lines.append(DeskLog.Line(order, wallMs: wallMs))
                    }
                }
                parts.effects.withLock { $0 }?.submit(effects)
                log.add(lines)
            },
            look: {
                var events = parts.sensor.withLock { $0.look(atMs: time.now().atMs) }
                let standing = journal.standing
                let isBehind = standing.problem != nil
                let now = (
                    waiting: isBehind ? UInt64(standing.waiting) : 0, problem: standing.problem ?? standing.overgrown
                )
                let isNews = parts.standing.withLock { told in
                    guard told != now else { return false }
                    told = now
                    return true
                }
                if isNews { events.append(EngineLoop.host(.journal(waiting: now.waiting, problem: now.problem))) }
                let problems = host.fileProblems + files.problems()
                let isOther = parts.files.withLock { known in
                    defer { known = problems }
                    return known != problems
                }
                if isOther {
                    for problem in problems { logger.critical("\(problem)") }
                    events.append(EngineLoop.host(.files(problems)))
                }
                return events
            },
            keep: { journal.snapshot($0) }
        )
    }
}

extension JournalOptions {
    init(_ settings: DeskConfiguration.Journal) {
        self.init()
        mostWaiting = settings.mostWaiting
        snapshotEvery = settings.snapshotEvery
        let most = Int64(clamping: settings.mostBytes)
        mostBytes = most
        mostLogBytes = min(mostLogBytes, max(500_000, most / 8))
    }
}
