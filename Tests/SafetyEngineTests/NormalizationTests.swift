import KillSwitch
import Testing

@testable import SafetyEngine

/// One clean-up over all accounts.
struct NormalizationTests {
    /// A platform account with 10, one user with 7 and two of dust, one with 3, one whose venue is down.
    private func stage() -> ExitStage {
        var stage = ExitStage()
        stage.settings.cap.userAccounts = ["user1", "user2", "user3"]
        stage.mode.mode = "halted"
        func hold(_ count: Int, _ account: String, venue: String = "kraken") {
            for index in 1...count {
                stage.hold("S\(index)-USD", price: "100", value: "\(index * 100)", venue: venue, account: account)
            }
        }
        hold(10, "main")
        hold(7, "user1")
        hold(3, "user2")
        hold(6, "user3", venue: "alpaca")
        for index in 1...2 {
            stage.hold("D\(index)-USD", price: "100", value: "0.\(index)", venue: "kraken", account: "user1")
        }
        let down = AccountKey(venue: "alpaca", account: "user3")
        stage.book.venues[down] = BookVenue()
        stage.book.venues[down]?.state = .disconnected
        stage.step()
        return stage
    }

    private func plan(_ stage: ExitStage) -> Normalization {
        Normalization.plan(
            book: stage.book,
            valuation: stage.valuation,
            dust: stage.dust,
            exits: stage.exits,
            at: stage.atMs,
            settings: stage.settings
        )
    }

    @Test func theCountersAreThoseOfWhatIsDone() {
        let run = plan(stage())
        let counters = run.counters
        #expect(counters.accountsProcessed == 3)
        #expect(counters.totalPositionsBefore == 10 + 9 + 3 + 6)
        // Two of the platform's, two of the first user's; not the sum of the caps.
        #expect(counters.totalPositionsAfter == 8 + 7 + 3 + 6)
        #expect(counters.dustExcluded == 2)
        #expect(counters.capEnforcements == 2)
        #expect(run.errors == ["alpaca/user3: Connection failed"])
    }

    @Test func eachAccountHasItsOwnDustAndCap() {
        let accounts = plan(stage()).accounts
        #expect(accounts.map(\.account.description) == ["alpaca/user3", "kraken/main", "kraken/user1", "kraken/user2"])
        #expect(accounts.map(\.dust.count) == [0, 0, 2, 0])
        #expect(accounts.map(\.plan.most) == [5, 8, 5, 5])
        #expect(accounts.map(\.after) == [6, 8, 7, 3])
        #expect(accounts.map(\.status) == [.unknown, .compliant, .compliant, .compliant])
    }

    @Test func anActualRunClosesTheSmallestOfThoseThatAreHeard() {
        let effects = plan(stage()).effects(by: "alice", after: 41)
        #expect(effects.map(\.number) == [42, 43, 44, 45])
        #expect(effects.allSatisfy { $0.by == "operator:alice" })
        #expect(effects.map { Decision.effect($0) }.closed == ["S1-USD", "S2-USD", "S1-USD", "S2-USD"])
    }

    @Test func anOperatorsEnforcementClosesTheSame() {
        var stage = stage()
        let planned = plan(stage).effects(by: "alice", after: stage.lastNumber).map(\.action)
        let done = stage.order(.enforceCap(account: nil, most: nil)).effects.map(\.action)
        #expect(planned.allSatisfy { done.contains($0) })
    }

    @Test func whatWasRefusedIsHeldStill() throws {
        var run = plan(stage())
        let key = PositionKey(venue: "kraken", account: "user1", symbol: "S1-USD", side: .long)
        run.refuse(key, "EQuery:Unknown asset pair")
        run.refuse(PositionKey(venue: "kraken", account: "nobody", symbol: "S1-USD", side: .long), "not ours")
        #expect(run.counters.totalPositionsAfter == 8 + 8 + 3 + 6)
        #expect(run.accounts[2].status == .overCap)
        #expect(run.errors.last == "kraken/user1: S1-USD was not sold: EQuery:Unknown asset pair")
        let report = run.report(wallMs: 1_770_675_794_000, isDryRun: false)
        #expect(report["positions_removed"]?["count"]?.integer == 3)
        #expect(report["snapshots"]?["after"]?["kraken/user1"]?["count"]?.integer == 8)
    }

    @Test func theReportHasTheRunbooksKeysThenWhatItsDocumentationAsksFor() throws {
        let report = plan(stage()).report(wallMs: 1_770_675_794_000, isDryRun: true)
        #expect(
            report.line.hasPrefix(
                #"{"accounts_processed":3,"total_positions_before":28,"total_positions_after":24,"dust_excluded":2,"#
                    + #""cap_enforcements":2,"errors":["alpaca/user3: Connection failed"],"dry_run":true,"#
            )
        )
        #expect(
            report["positions_removed"]?["symbols"]?.array?.compactMap(\.string) == [
                "S1-USD", "S2-USD", "S1-USD", "S2-USD",
            ]
        )
        #expect(report["dust_ignored"]?["symbols"]?.array?.compactMap(\.string) == ["D1-USD", "D2-USD"])
        let before = report["snapshots"]?["before"]
        let after = report["snapshots"]?["after"]
        for (account, counts) in [
            ("alpaca/user3", (6, 6)), ("kraken/main", (10, 8)), ("kraken/user1", (9, 7)), ("kraken/user2", (3, 3)),
        ] as [(String, (Int64, Int64))] {
            #expect(before?[account]?["count"]?.integer == counts.0)
            #expect(after?[account]?["count"]?.integer == counts.1)
        }
        let user = try #require(report["accounts"]?.array?[2])
        #expect(user["account_type"]?.string == "USER")
        #expect(user["max_allowed"]?.integer == 5)
        #expect(user["sold"]?.integer == 2)
        #expect(user["positions_after"]?.integer == 7)
        #expect(JSON(report.line) == report)
    }

    @Test func theFileIsNamedAsTheRunbookNamesIt() {
        #expect(Normalization.fileName(wallMs: 1_770_675_794_000) == "normalization_results_20260209_222314.json")
    }

    @Test func unpricedPositionsAreErrorsAndStay() {
        var stage = stage()
        for index in 0..<6 { stage.hold("AUT\(index)-USD", price: nil, venue: "kraken", account: "user2") }
        let run = plan(stage)
        #expect(run.accounts[3].after == 6)
        #expect(run.accounts[3].status == .overCap)
        #expect(run.errors.contains("kraken/user2: Price fetch failed for AUT0-USD: counts, is not sold"))
        #expect(run.errors.contains("kraken/user2: 1 over the cap cannot be sold"))
    }

    @Test func aDeskWithoutAccountsNormalizesNothing() {
        let run = plan(ExitStage())
        #expect(run.counters == Normalization().counters)
        #expect(run.effects(by: "alice", after: 0).isEmpty)
    }
}
