import Console

/// The commands of estop-desk, in one table, and who carries each out.
enum DeskCommands {
    static let all: [(command: CommandTable.Command, run: @Sendable (Arguments) -> Int32)] = [
        (DashboardCommand.command, DashboardCommand.run),
        (WatchCommand.command, WatchCommand.run),
        (ServeCommand.command, ServeCommand.run),
        (RunCommand.command, RunCommand.run),
        (BeatCommand.command, BeatCommand.run),
        (AlertsCommand.list, AlertsCommand.runList),
        (AlertsCommand.acknowledge, AlertsCommand.runAcknowledge),
        (AlertsCommand.silence, AlertsCommand.runSilence),
        (AlertsCommand.unsilence, AlertsCommand.runUnsilence),
        (PositionsCommand.command, PositionsCommand.run),
        (PositionsCommand.price, PositionsCommand.runPrice),
        (OrdersCommand.list, OrdersCommand.runList),
        (OrdersCommand.cancel, OrdersCommand.runCancel),
        (SupervisorsCommand.list, SupervisorsCommand.runList),
        (SupervisorsCommand.forget, SupervisorsCommand.runForget),
        (DrillCommand.command, DrillCommand.run),
        (HealthCommand.command, HealthCommand.run),
        (HealthCommand.summary, HealthCommand.runSummary),
        (BreakersCommand.list, BreakersCommand.runList),
        (BreakersCommand.reset, BreakersCommand.runReset),
        (CapCommand.exits, CapCommand.runExits),
        (CapCommand.carryOut, CapCommand.runCarryOut),
        (CapCommand.list, CapCommand.runList),
        (CapCommand.enforce, CapCommand.runEnforce),
        (LiquidateCommand.command, LiquidateCommand.run),
        (DustCommand.list, DustCommand.runList),
        (DustCommand.add, DustCommand.runAdd),
        (DustCommand.remove, DustCommand.runRemove),
        (DustCommand.clear, DustCommand.runClear),
        (NormalizeCommand.command, NormalizeCommand.run),
        (IngestCommand.command, IngestCommand.run),
        (ClockCommand.accept, ClockCommand.runAccept),
        (TokenCommand.issue, TokenCommand.runIssue),
        (TokenCommand.list, TokenCommand.runList),
        (TokenCommand.revoke, TokenCommand.runRevoke),
        (ReplayCommand.command, ReplayCommand.run),
        (AuditCommand.list, AuditCommand.runList),
        (AuditCommand.verify, AuditCommand.runVerify),
        (LogsCommand.command, LogsCommand.run),
        (BenchCommand.command, BenchCommand.run),
        (DoctorCommand.command, DoctorCommand.run),
        (NotifyCommand.test, NotifyCommand.runTest),
        (NotifyCommand.status, NotifyCommand.runStatus),
        (ConfigCommand.show, ConfigCommand.runShow),
        (ConfigCommand.check, ConfigCommand.runCheck),
        (ConfigCommand.path, ConfigCommand.runPath),
        (ConfigCommand.example, ConfigCommand.runExample),
        (ConfigHistoryCommand.history, ConfigHistoryCommand.runHistory),
        (ConfigHistoryCommand.restore, ConfigHistoryCommand.runRestore),
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
            Output.error.line("estop: \(error.message)")
            return UsageError.exitStatus
        }
        if arguments.wantsHelp {
            Output.standard.write(table.help(for: arguments))
            return 0
        }
        guard let entry = all.first(where: { $0.command.name == arguments.command }) else {
            return UsageError.exitStatus
        }
        return entry.run(arguments)
    }
}
