import Console

/// The commands of estop-desk, in one table, and who carries each out.
enum DeskCommands {
    static let all: [CommandTable.Entry] = [
        .init(DashboardCommand.command, DashboardCommand.run),
        .init(WatchCommand.command, WatchCommand.run),
        .init(ServeCommand.command, ServeCommand.run),
        .init(RunCommand.command, RunCommand.run),
        .init(BeatCommand.command, BeatCommand.run),
        .init(AlertsCommand.list, AlertsCommand.runList),
        .init(AlertsCommand.acknowledge, AlertsCommand.runAcknowledge),
        .init(AlertsCommand.silence, AlertsCommand.runSilence),
        .init(AlertsCommand.unsilence, AlertsCommand.runUnsilence),
        .init(PositionsCommand.command, PositionsCommand.run),
        .init(PositionsCommand.price, PositionsCommand.runPrice),
        .init(OrdersCommand.list, OrdersCommand.runList),
        .init(OrdersCommand.cancel, OrdersCommand.runCancel),
        .init(SupervisorsCommand.list, SupervisorsCommand.runList),
        .init(SupervisorsCommand.forget, SupervisorsCommand.runForget),
        .init(VenuesCommand.restart, VenuesCommand.runRestart),
        .init(VenuesCommand.reconnect, VenuesCommand.runReconnect),
        .init(DrillCommand.command, DrillCommand.run),
        .init(HealthCommand.command, HealthCommand.run),
        .init(HealthCommand.summary, HealthCommand.runSummary),
        .init(BreakersCommand.list, BreakersCommand.runList),
        .init(BreakersCommand.reset, BreakersCommand.runReset),
        .init(CapCommand.exits, CapCommand.runExits),
        .init(CapCommand.carryOut, CapCommand.runCarryOut),
        .init(CapCommand.list, CapCommand.runList),
        .init(CapCommand.enforce, CapCommand.runEnforce),
        .init(LiquidateCommand.command, LiquidateCommand.run),
        .init(DustCommand.list, DustCommand.runList),
        .init(DustCommand.add, DustCommand.runAdd),
        .init(DustCommand.remove, DustCommand.runRemove),
        .init(DustCommand.clear, DustCommand.runClear),
        .init(NormalizeCommand.command, NormalizeCommand.run),
        .init(IngestCommand.command, IngestCommand.run),
        .init(ClockCommand.accept, ClockCommand.runAccept),
        .init(TokenCommand.issue, TokenCommand.runIssue),
        .init(TokenCommand.list, TokenCommand.runList),
        .init(TokenCommand.revoke, TokenCommand.runRevoke),
        .init(ReplayCommand.command, ReplayCommand.run),
        .init(AuditCommand.list, AuditCommand.runList),
        .init(AuditCommand.verify, AuditCommand.runVerify),
        .init(LogsCommand.command, LogsCommand.run),
        .init(BenchCommand.command, BenchCommand.run),
        .init(DeskCommand.convert, DeskCommand.runConvert),
        .init(DoctorCommand.command, DoctorCommand.run),
        .init(NotifyCommand.test, NotifyCommand.runTest),
        .init(NotifyCommand.status, NotifyCommand.runStatus),
        .init(ConfigCommand.show, ConfigCommand.runShow),
        .init(ConfigCommand.check, ConfigCommand.runCheck),
        .init(ConfigCommand.path, ConfigCommand.runPath),
        .init(ConfigCommand.example, ConfigCommand.runExample),
        .init(ConfigHistoryCommand.history, ConfigHistoryCommand.runHistory),
        .init(ConfigHistoryCommand.restore, ConfigHistoryCommand.runRestore),
        .init(ConfigHistoryCommand.confirm, ConfigHistoryCommand.runConfirm),
    ]

    static let table = CommandTable(
        summary: "the emergency stop of an automated trading platform",
        commands: all.map(\.command),
        implied: DashboardCommand.command.name
    )

    static func run(_ words: [String]) -> Int32 {
        let arguments: Arguments
        do {
            arguments = try table.parse(words)
        } catch {
            return ChosenDesk.refuse(error, words)
        }
        if arguments.wantsHelp {
            Output.standard.write(table.help(for: arguments))
            return 0
        }
        guard let entry = all.first(where: { $0.command.name == arguments.command }) else {
            return UsageError.exitStatus
        }
        CrashPlace.name(arguments)
        return entry.run(arguments)
    }
}
