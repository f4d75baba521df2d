import Journal
import KillSwitch
import Logging
import SafetyEngine
import Synchronization

/// The kill switch in the desk's database, as a resume finds it and leaves it.
extension DeskHost {
    /// How the reasons of halts begin that say that the past is not known any more: also which accounts the desk knew.
    static let forgets = ["journal.sqlite is gone", "the journal was damaged or lost events"]

    /// A desk that has a past and no journal has forgotten what its limits are judged by: a forgotten day must not pass for a
    /// good one.
    static func haltWithoutJournal(_ killSwitch: KillSwitch, hasPast: Bool, _ logger: Logger) {
        guard Journal.isLost(directory: killSwitch.directory.path, hasPast: hasPast) else { return }
        let words =
            "\(forgets[0]), and this desk has a past: its positions, peaks, the day's opening and losses, dust, tripped "
            + "breakers, silences and the audit are not known any more. Restore a backup of it, or check equity, positions "
            + "and limits by hand before you resume"
        _ = killSwitch.halt(HaltRequest(reason: words, source: .watchdog))
        logger.critical("\(words)")
    }

    /// Looks at the row of the trading mode from now on.
    func watchTradingMode() {
        let watch = TradingModeWatch(directory: killSwitch.directory.path) { [self] in take($0) }
        if watch.start() {
            tradingMode.withLock { $0 = watch }
        } else {
            logger.error(
                "the system has no thread to look at the trading mode in the database: nobody can halt through it"
            )
        }
    }

    /// The check before a resume: what the row of the trading mode says.
    func databaseCheck() -> PreflightCheck {
        let check = { PreflightCheck(name: .database, passed: $0, detail: $1) }
        let row = "system_config.trading_mode"
        let reading: TradingModeWatch.Reading
        do { reading = try journal.reader().tradingMode() } catch {
            return check(false, "\(row) in the desk's database cannot be read: \(error.message)")
        }
        let since = reading.changedAt.isEmpty ? "" : " since \(reading.changedAt)"
        guard reading.word == .halt else { return check(true, "\(row) says '\(reading.value)'\(since)") }
        let isRecorded = killSwitch.observe().latches.contains { $0.source == .database }
        guard isRecorded else {
            return check(
                false,
                "\(row) says '\(reading.value)'\(since) and is not recorded yet: wait for the host (1 s)"
            )
        }
        return check(true, "\(row) says '\(reading.value)'\(since); the resume sets it aside and writes what holds")
    }

    /// Puts a resume into the audit. One of everything sets the row of the trading mode to what holds, in the same
    /// transaction: else the row would say 'halt' for ever, and halt again at the host's next start.
    func audit(resume record: Record, by who: String, _ body: JSON) {
        guard record.scope.isGlobal else { return audit(who, "resume", body) }
        let receipt = time.now()
        let entry = AuditEntry(
            atMs: receipt.atMs,
            wallMs: receipt.wallMs,
            who: who,
            what: "resume",
            body: body.bytes
        )
        // On a paper desk paper is all there is: 'live' says nothing there, as it did from the start.
        let isPaper = record.mode == .paper && !killSwitch.settings.paper
        journal.append(resumed: entry, tradingMode: isPaper ? "paper" : "live", id: record.id)
    }
}
