import Console
import SafetyEngine

private let second: UInt64 = 1_000
private let hour: UInt64 = 3_600_000
private let day = TimeText.day

extension SettingTable {
    /// Who is told.
    static let telling: [Setting] = {
        let notify = Shelf.table("notify")
        let targets = Shelf<DeskConfiguration.Notify.Target>(
            path: ["notify", "*"],
            find: { draft, name in draft.desk.notify.targets.first { $0.name == name } },
            store: { owner, name, draft in
                guard let place = draft.desk.notify.targets.firstIndex(where: { $0.name == name }) else { return }
                draft.desk.notify.targets[place] = owner
            }
        )
        return [
            notify.key(
                "attempts",
                .count(1...1_000, of: "tries"),
                \.desk.notify.attempts,
                "How often one notification is tried."
            ),
            notify.key(
                "backoff",
                .time(100...hour),
                \.desk.notify.backoffMs,
                "The wait before the second try, doubled for each further one, up to 5m."
            ),
            notify.key(
                "give_up",
                .time(second...30 * day),
                \.desk.notify.giveUpMs,
                "What is not delivered after so long is given up."
            ),
            targets.key("kind", .word, \.kind, example: "\"webhook\"", "What is sent."),
            targets.key(
                "url",
                .address,
                \.url,
                example: "\"https://hooks.example.com/estop\"",
                "Where to, for webhooks. It may hold a secret: it is shown only up to its host."
            ),
            targets.key(
                "command",
                .command,
                \.command,
                example: "[\"/usr/local/bin/page-me\"]",
                "The command of kind \"command\"; it gets the alert as JSON on its standard input."
            ),
            targets.key("level", .level, \.level, "Alerts of this level and graver ones."),
            targets.key(
                "rules",
                .texts("names of rules, each once, as [\"ORDER_STUCK\"]") { Names.isRule($0) },
                \.rules,
                example: "[]",
                "Only these rules; []: all."
            ),
            targets.key(
                "tells_resolved",
                .flag,
                \.tellsResolved,
                "Whether it is told when an alert is resolved, too."
            ),
            targets.key("timeout", .time(100...hour), \.timeoutMs, "How long one try may take."),
        ]
    }()

    /// What is kept, the paper venue, and what comes in.
    static let keeping: [Setting] = {
        let journal = Shelf.table("journal")
        let paper = Shelf.table("paper")
        let ingest = Shelf.table("ingest")
        return [
            journal.key(
                "keep",
                .time(hour...36_500 * day),
                \.desk.journal.keepMs,
                "Older events and decisions are removed; audit records stay."
            ),
            journal.key(
                "most",
                .size(1_000_000...100_000_000_000_000),
                \.desk.journal.mostBytes,
                "Above this size the oldest events go first."
            ),
            journal.key(
                "snapshot_every",
                .count(100...100_000_000, of: "events"),
                \.desk.journal.snapshotEvery,
                "After so many events the engine's state is kept whole, which makes a restart short."
            ),
            journal.key(
                "most_waiting",
                .count(1_000...100_000_000, of: "events"),
                \.desk.journal.mostWaiting,
                "Events that are kept in memory while the disk does not take them."
            ),
            paper.key(
                "seed",
                .whole(0...UInt64(Int64.max)),
                \.desk.paper.seed,
                forStart: true,
                "Where the paper venue's prices and luck begin."
            ),
            paper.key(
                "bots",
                .count(0...100, of: "bots"),
                \.desk.paper.bots,
                forStart: true,
                "Bots that trade on it by themselves."
            ),
            paper.key(
                "balance",
                .money(Decimal(0)...Decimal(1_000_000_000_000)),
                \.desk.paper.balance,
                forStart: true,
                "What an account there begins with."
            ),
            ingest.key(
                "most_waiting",
                .count(100...100_000_000, of: "events"),
                \.desk.ingest.mostWaiting,
                "Events that may wait for the engine; then senders are made to wait."
            ),
            ingest.key(
                "longest_line",
                .bytes(1_024...16_777_216),
                \.desk.ingest.longestLine,
                "The longest line of an event."
            ),
        ]
    }()
}
