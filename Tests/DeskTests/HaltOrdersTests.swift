import Testing

@testable import Desk
@testable import KillSwitch
@testable import SafetyEngine

/// What is said of a halt's orders.
struct HaltOrdersTests {
    private func orders(
        _ standing: OrdersProof.Standing,
        _ accounts: [(venue: String, state: OrdersProof.Account.State, open: [String])],
        reached: Set<String> = ["paper"],
        problems: [String] = []
    ) -> HaltOrders {
        let accounts = accounts.map { given in
            var account = OrdersProof.Account(venue: given.venue, account: "main", state: given.state)
            account.open = given.open.count
            account.names = given.open
            return account
        }
        let proof = OrdersProof(
            id: "h",
            scope: "global",
            generation: 7,
            ageMs: 100,
            goneAfterMs: standing == .gone ? 50 : nil,
            found: 1,
            standing: standing,
            isStopped: true,
            accounts: accounts,
            claimed: []
        )
        return HaltOrders(proof: proof, problems: problems, reached: reached)
    }

    @Test func goneIsSaidWithTheVenues() {
        let gone = orders(.gone, [("paper", .proved, []), ("kraken", .proved, [])])
        #expect(gone.text == "gone at kraken, paper")
        #expect(gone.json["gone"] == .bool(true) && gone.json["left"]?.integer == 0)
        #expect(gone.json["generation"]?.integer == 7)
    }

    @Test func whatIsLeftIsNamedAndAVenueThatNobodyReachesToo() {
        let left = orders(.open, [("kraken", .open, ["k1"]), ("paper", .waiting, [])])
        #expect(left.json["gone"] == .bool(false))
        #expect(left.text == "NOT gone: 1 at kraken (client id k1), no adapter")
        let many = orders(
            .open,
            [("paper", .open, (0..<5).map { "p\($0)" }), ("kraken", .open, ["k1"])],
            problems: ["paper: unreachable"]
        )
        #expect(
            many.text == "NOT gone: 1 at kraken (client id k1), no adapter; "
                + "5 at paper (client ids p0, p1, p2 and 2 more) (paper: unreachable)"
        )
    }

    @Test func aVenueThatNobodyListsIsNotTakenForEmpty() {
        let silent = orders(.unlisted, [("paper", .proved, []), ("kraken", .unlisted, [])])
        #expect(silent.json["gone"] == .bool(false) && silent.json["standing"]?.string == "unlisted")
        #expect(silent.text == "NOT verified: nobody lists kraken/main")
        // Waiting for it is no use.
        #expect(silent.json["settling"] == .bool(false))
    }

    @Test func aHaltThatNobodyLookedAtIsNeitherGoneNorLeft() {
        let unknown = HaltOrders()
        #expect(unknown.json["gone"] == .null && unknown.text == "the host has not looked at this halt yet")
    }
}
