import Console
import Desk
import Journal
import KillSwitch

/// `estop audit`: what was done by whom; each record carries the hash of the one before.
enum AuditCommand {
    static let list = CommandTable.Command(
        "audit",
        summary: "what was done by whom, the last first",
        options: SearchOptions.all + [
            .init("what", .text("WHAT"), summary: "only this, as in resume"),
            SearchOptions.levelOfRecords,
        ],
        discussion: ["Exit status: 0; 1 when the journal cannot be read."]
    )
    static let verify = CommandTable.Command(
        "audit verify",
        summary: "whether the chain of records is whole; names the first broken link",
        discussion: ["Exit status: 0 whole; 1 broken, or the journal cannot be read."]
    )

    private static func reader(_ arguments: Arguments) throws -> JournalReader {
        let desk = try ChosenDesk(arguments, looking: true)
        return try Journal.reader(directory: desk.killSwitch.directory.path, codec: LineCodec())
    }

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        do {
            guard let chosen = SearchOptions.chosen(arguments) else { return UsageError.exitStatus }
            let page = try reader(arguments).audit(
                wallMs: chosen.wallMs,
                rule: arguments.value("rule"),
                what: arguments.value("what"),
                isGraveOnly: SearchOptions.isGraveOnly(arguments),
                before: chosen.before,
                limit: chosen.limit
            )
            let records = page.rows
            defer { SearchOptions.more(page.next, arguments) }
            if arguments.json {
                let rows: [JSON] = records.map { record in
                    .object([
                        .init("seq", .number(record.seq)),
                        .init("at", .string(Clock.text(milliseconds: record.entry.wallMs))),
                        .init("who", .string(record.entry.who)), .init("what", .string(record.entry.what)),
                        .init("body", JSON(bytes: record.entry.body) ?? .null),
                    ])
                }
                Output.standard.line(JSON.array(rows).line)
                return 0
            }
            var table = TextTable([
                .init("SEQ", .right), .init("AT"), .init("WHO"), .init("WHAT"), .init("PARTICULARS"),
            ])
            for record in records {
                table.add([
                    .init("\(record.seq)"), .init(Clock.text(milliseconds: record.entry.wallMs)),
                    .init(record.entry.who), .init(record.entry.what),
                    .init(String(String(decoding: record.entry.body, as: UTF8.self).prefix(120))),
                ])
            }
            EngineText.write(table, empty: "the audit is empty")
            return 0
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    @Sendable static func runVerify(_ arguments: Arguments) -> Int32 {
        do {
            let broken = try reader(arguments).verifyAudit()
            if arguments.json {
                Output.standard.line(
                    JSON.object([.init("whole", .bool(broken == nil)), .init("broken", .text(broken?.description))])
                        .line
                )
            } else if let broken {
                Output.error.line("estop: \(VisibleText.line(broken.description))")
            } else {
                Output.standard.line("every record carries the hash of the one before")
            }
            return broken == nil ? 0 : 1
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }
}
