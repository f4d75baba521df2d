import Testing

@testable import SafetyEngine

/// Every state by every word.
struct BookOrderTests {
    private static let states = Order.State.allCases
    private static let open: [Order.State] = [.new, .submitted, .acknowledged, .partiallyFilled]

    /// Which word may follow which, written out: rows are states, columns words, in the order of `allCases`.
    private static let table: [Order.State: [Order.State]] = [
        .new: [.submitted, .acknowledged, .partiallyFilled, .filled, .canceled, .rejected, .expired, .unknown],
        .submitted: [.acknowledged, .partiallyFilled, .filled, .canceled, .rejected, .expired, .unknown],
        .acknowledged: [.partiallyFilled, .filled, .canceled, .rejected, .expired, .unknown],
        .partiallyFilled: [.filled, .canceled, .expired, .unknown],
        .filled: [], .canceled: [], .rejected: [], .expired: [],
        .unknown: [.new, .submitted, .acknowledged, .partiallyFilled, .filled, .canceled, .rejected, .expired],
    ]

    @Test func theTableOfTransitionsIsTheOneWrittenHere() {
        for from in Self.states {
            for next in Self.states {
                #expect(from.mayBecome(next) == Self.table[from]?.contains(next), "\(from) to \(next)")
            }
        }
    }

    /// A figure that fits the word.
    private static func filled(_ state: Order.State) -> Int {
        switch state {
        case .partiallyFilled: 4
        case .filled: 10
        default: 0
        }
    }

    @Test("every state by every word of its venue", arguments: Order.State.allCases, Order.State.allCases)
    func venueWord(from: Order.State, word: Order.State) throws {
        var desk = BookDesk()
        // Unknown lies over an acknowledged order.
        if from == .unknown { desk.venue(.order(report(.acknowledged)), happened: 90) }
        desk.venue(.order(report(from, filled: Self.filled(from))), happened: 100)
        #expect(desk.order("a")?.state == from)
        #expect(desk.book.counts.contradictory == 0)
        desk.venue(.order(report(word, filled: max(Self.filled(word), Self.filled(from)))), happened: 200)
        let order = try #require(desk.order("a"))
        let base = from == .unknown ? Order.State.acknowledged : from
        let isPossible = word == base || base.mayBecome(word)
        // A cancelled order of which everything is filled is FILLED: the greater fill counts.
        let expected: Order.State =
            if from.isFinal {
                // It may be open, unless everything of it is filled.
                word == .filled ? .filled : Self.open.contains(word) && from != .filled ? .unknown : from
            } else if word == .acknowledged || word == .new || word == .submitted, Self.filled(from) > 0 {
                .partiallyFilled
            } else {
                isPossible ? word : base
            }
        #expect(order.state == expected)
        #expect(order.isOpen || !word.isFinal || isPossible || from.isFinal)
        if expected == .unknown, from.isFinal { #expect(order.stateBefore == word) }
        let isRegress = !isPossible && !(from == .partiallyFilled && expected == from && !word.isFinal)
        let isTold = isRegress && !(from.isFinal && word == .unknown)
        #expect((order.contradictions > 0) == isTold)
        #expect((desk.book.counts.contradictory > 0) == isTold)
        #expect(order.contradiction.isEmpty != isTold)
        if from.isFinal { #expect(order.isOpen == (expected == .unknown)) }
    }

    @Test("the same word again changes nothing but a counter", arguments: Order.State.allCases)
    func sameAgain(state: Order.State) {
        var desk = BookDesk()
        desk.venue(.order(report(state, filled: Self.filled(state))), happened: 100)
        let before = desk.order("a")
        desk.venue(.order(report(state, filled: Self.filled(state))), happened: 100)
        #expect(desk.order("a") == before)
        #expect(desk.book.counts.duplicate == 1)
        #expect(desk.book.counts.contradictory == 0)
    }

    @Test func anEventIsTakenOnceBySourceAndId() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged)), id: "7")
        var before = desk.book
        desk.venue(.order(report(.canceled)), id: "7")
        before.counts.taken += 1
        before.counts.duplicate += 1
        #expect(desk.book == before)
        // Another source has its own names.
        desk.bot(.order(report(.canceled)), id: "7")
        #expect(desk.order("a")?.claimed == .canceled)
    }

    @Test func namesAreForgottenOnlyAfterSoMany() {
        var names = RecentNames()
        let most = RecentNames.most
        var largest = 0
        for number in 0..<(3 * most + 7) {
            let isNew = names.insert("\(number)")
            #expect(isNew)
            largest = max(largest, names.count)
            // The last ones are all remembered; asking for one of them changes nothing.
            let isNewAgain = names.insert("\(max(0, number - most + 1))")
            #expect(!isNewAgain)
        }
        #expect(largest < 2 * most)
        let isForgotten = names.insert("0")
        #expect(isForgotten)
    }

    @Test func whatIsOlderCountsOnlyForWhatIsFilled() {
        var desk = BookDesk()
        desk.venue(.order(report(.partiallyFilled, filled: 3)), happened: 300)
        desk.venue(.order(report(.acknowledged, filled: 5)), happened: 200)
        #expect(desk.order("a")?.state == .partiallyFilled)
        #expect(desk.order("a")?.filled == Decimal(5))
        #expect(desk.book.counts.outOfOrder == 1)
        #expect(desk.book.counts.contradictory == 0)
        // Finished, by an older word than the one that it is open: it stays open.
        desk.venue(.order(report(.canceled, filled: 5)), happened: 250)
        #expect(desk.order("a")?.isOpen == true)
        #expect(desk.book.counts.contradictory == 1)
    }

    @Test func filledNeverFalls() {
        var desk = BookDesk()
        desk.venue(.order(report(.partiallyFilled, filled: 6)), happened: 100)
        desk.venue(.order(report(.partiallyFilled, filled: 2)), happened: 200)
        #expect(desk.order("a")?.filled == Decimal(6))
        #expect(desk.order("a")?.contradiction == "filled 2 after 6")
    }

    @Test func filledInFullIsFilledWhateverTheWord() {
        var desk = BookDesk()
        desk.venue(.order(report(.partiallyFilled, filled: 10)))
        #expect(desk.order("a")?.state == .filled)
        desk.venue(.order(report(.filled, "b")))
        #expect(desk.order("b")?.filled == Decimal(10))
        #expect(desk.book.counts.contradictory == 0)
        desk.venue(.order(report(.filled, "c", filled: 4)))
        #expect(desk.order("c")?.filled == Decimal(10))
        #expect(desk.book.counts.contradictory == 1)
        desk.venue(.order(report(.partiallyFilled, "d", filled: 11)))
        #expect(desk.order("d")?.contradiction == "filled 11 of 10")
    }

    @Test func ordersWithoutAnyNameAreRefused() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged, "")))
        #expect(desk.book.orders.isEmpty)
        #expect(desk.book.counts.contradictory == 1)
    }

    @Test func aBotsWordMovesOnlyWhatItsVenueNeverSpokeOf() throws {
        var desk = BookDesk()
        desk.bot(.order(report(.submitted)))
        #expect(desk.order("a")?.state == .submitted)
        #expect(desk.order("a")?.isProven == false)
        desk.bot(.order(report(.filled)))
        #expect(desk.order("a")?.state == .filled)
        // Its venue says that it is still open: the venue wins, and the difference is visible.
        desk.venue(.order(report(.acknowledged)))
        let order = try #require(desk.order("a"))
        #expect(order.state == .acknowledged)
        #expect(order.filled == Decimal(0))
        #expect(order.isProven)
        #expect(order.claimed == .filled)
        desk.bot(.order(report(.canceled)))
        #expect(desk.order("a")?.state == .acknowledged)
        #expect(desk.order("a")?.claimed == .canceled)
        desk.venue(.order(report(.canceled)))
        #expect(desk.order("a")?.claimed == nil)
        #expect(desk.book.counts.contradictory == 0)
    }

    @Test func ordersKnownByTheirVenuesNameMergeWhenTheirOwnIsTold() throws {
        var desk = BookDesk()
        desk.venue(.order(report(.partiallyFilled, "", venueID: "V1", filled: 2)), happened: 100)
        #expect(desk.order("@V1")?.filled == Decimal(2))
        desk.bot(.order(report(.acknowledged, "a", venueID: "V1")))
        #expect(desk.order("@V1") == nil)
        let order = try #require(desk.order("a"))
        #expect(order.isProven && order.state == .partiallyFilled && order.filled == Decimal(2))
        #expect(order.venueID == "V1" && order.claimed == .acknowledged)
        // From now on the venue's name alone finds it.
        desk.venue(.order(report(.canceled, "", venueID: "V1", filled: 3)), happened: 200)
        #expect(desk.order("a")?.state == .canceled)
        #expect(desk.order("a")?.filled == Decimal(3))
        #expect(desk.book.orders.count == 1)
    }

    @Test func anOrderWithoutANameOfItsOwnIsFoundByTheOneItHasHere() {
        var desk = BookDesk()
        desk.bot(.order(report(.submitted, "@V1")))
        desk.venue(.order(report(.acknowledged, "", venueID: "V1")))
        #expect(desk.order("@V1")?.state == .acknowledged)
        desk.venue(.order(report(.canceled, "a", venueID: "V1")))
        #expect(desk.book.orders.keys.map(\.clientID) == ["a"])
        #expect(desk.book.nameless == 0)
    }

    @Test func twoOrdersUnderOneNameAreTwo() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged, "a", venueID: "V1")))
        desk.venue(.order(report(.acknowledged, "a", venueID: "V2")))
        #expect(desk.order("a")?.venueID == "V1")
        #expect(desk.order("@V2")?.state == .acknowledged)
        #expect(desk.book.counts.contradictory == 1)
        #expect(desk.order("a")?.contradictions == 1)
    }

    @Test func aBotCannotTakeAnotherOrdersNameAway() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged, "a", venueID: "V1")))
        desk.bot(.order(report(.filled, "b", venueID: "V1")))
        desk.venue(.order(report(.partiallyFilled, "", venueID: "V1", filled: 1)))
        #expect(desk.order("a")?.filled == Decimal(1))
        #expect(desk.order("b")?.isProven == false)
        #expect(desk.book.counts.contradictory == 1)
    }

    @Test("an order that is listed no more", arguments: [UInt64(2_000), 2_001])
    func missing(age: UInt64) {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged)))
        desk.bot(.order(report(.submitted, "b")))
        desk.bot(.order(report(.new, "c")))
        desk.pass(age)
        desk.venue(.openOrders([]))
        #expect(desk.order("a")?.state == (age > 2_000 ? .canceled : .unknown))
        #expect(desk.order("b")?.state == .unknown)
        #expect(desk.order("b")?.stateBefore == .submitted)
        // Never sent: it cannot be there.
        #expect(desk.order("c")?.state == .new)
        #expect(desk.account?.ordersListedMs == desk.atMs)
    }

    @Test func whatOnlySeemedFinishedOpensAgainByItsVenuesWord() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged)), happened: 100)
        desk.pass(5_000)
        desk.venue(.openOrders([]), happened: 200)
        #expect(desk.order("a")?.isInferred == true)
        // The fill that made it vanish comes after the list: no contradiction.
        desk.venue(.order(report(.filled, filled: 10)), happened: 150)
        #expect(desk.order("a")?.state == .filled)
        #expect(desk.book.counts.contradictory == 0)

        desk.venue(.order(report(.acknowledged, "b")))
        desk.pass(5_000)
        desk.venue(.openOrders([]))
        desk.venue(.openOrders([report(.acknowledged, "b")]))
        #expect(desk.order("b")?.state == .acknowledged)
        #expect(desk.book.counts.contradictory == 1)
    }

    @Test func aListCountsLessThanWhatWasSaidAfterIt() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged)), happened: 500)
        desk.pass(5_000)
        desk.venue(.openOrders([]), happened: 400)
        #expect(desk.order("a")?.state == .acknowledged)
        desk.venue(.openOrders([report(.acknowledged)]), happened: 600)
        desk.venue(.openOrders([]), happened: 550)
        #expect(desk.order("a")?.state == .acknowledged)
        #expect(desk.book.counts.outOfOrder == 1)
    }

    @Test func aSilentVenuesOrdersAreUnknownUntilItSpeaksOfThem() {
        var desk = BookDesk()
        desk.venue(.order(report(.partiallyFilled, filled: 3)))
        desk.venue(.order(report(.canceled, "b")))
        desk.pass(59_999)
        #expect(desk.order("a")?.state == .partiallyFilled)
        desk.pass(1)
        #expect(desk.order("a")?.state == .unknown)
        #expect(desk.order("a")?.stateBefore == .partiallyFilled)
        #expect(desk.order("a")?.isOpen == true)
        #expect(desk.order("b")?.state == .canceled)
        // A bot's word is none of the venue's; nor is a sign of life one about the order.
        desk.bot(.order(report(.filled)))
        desk.venue(balance("1"))
        desk.pass()
        #expect(desk.order("a")?.state == .unknown)
        #expect(desk.account?.isSilent == false)
        desk.venue(.openOrders([report(.acknowledged, filled: 3)]))
        #expect(desk.order("a")?.state == .partiallyFilled)
        #expect(desk.order("a")?.stateBefore == nil)
    }

    @Test func aVenueThatIsNotReachedMakesItsOrdersUnknownAtOnce() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged)))
        desk.venue(.order(report(.acknowledged)), venue: "paper")
        desk.venue(.venue(VenueReport(state: .disconnected, note: "timeout")), account: "")
        #expect(desk.order("a")?.state == .unknown)
        #expect(desk.order("a", venue: "paper")?.state == .acknowledged)
        // What a bot sends meanwhile may or may not get there.
        desk.bot(.order(report(.submitted, "b")))
        #expect(desk.order("b")?.state == .unknown)
        desk.venue(.openOrders([report(.acknowledged), report(.acknowledged, "b")]))
        #expect(desk.order("a")?.state == .acknowledged)
        #expect(desk.order("b")?.state == .acknowledged)
        #expect(desk.account?.state == .connected)
    }

    @Test func afterAStartNobodyKnowsUntilTheVenueSpeaks() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged)))
        desk.bot(.order(report(.submitted, "b")), venue: "elsewhere")
        desk.atMs += 3_600_000
        desk.book.hostStarted(at: desk.atMs)
        #expect(desk.order("a")?.state == .unknown)
        // Of a venue that nobody ever heard, only bots can speak.
        #expect(desk.order("b", venue: "elsewhere")?.state == .submitted)
        desk.venue(.order(report(.acknowledged)))
        #expect(desk.order("a")?.state == .acknowledged)
    }

    @Test func finishedOrdersAreForgottenAfterTenMinutes() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged, "a", venueID: "V1")))
        desk.venue(.order(report(.canceled, "a", venueID: "V1")))
        desk.venue(.order(report(.acknowledged, "open")))
        desk.pass(599_999)
        #expect(desk.order("a") != nil)
        desk.pass(1)
        #expect(desk.order("a") == nil)
        #expect(desk.book.clientIDs.isEmpty)
        #expect(desk.order("open") != nil)
    }

    @Test func finishedOrdersAreBounded() {
        var desk = BookDesk()
        for number in 0..<(Book.mostFinished + 100) { desk.venue(.order(report(.canceled, "o\(number)"))) }
        desk.pass()
        #expect(desk.book.orders.count == Book.mostFinished)
    }

    @Test func botsCannotFillTheBook() {
        var desk = BookDesk()
        let most = EngineSettings.Bounds().orders / 2
        for number in 0..<(most + 10) { desk.bot(.order(report(.new, "o\(number)"))) }
        #expect(desk.book.orders.count == most)
        #expect(desk.book.counts.crowdedOut == 10)
        desk.venue(.order(report(.acknowledged, "real")))
        #expect(desk.order("real") != nil)
    }

    @Test func lateEventsAreCounted() {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged)), happened: desk.wallMs - 60_000)
        #expect(desk.book.counts.late == 0)
        desk.venue(.order(report(.acknowledged)), happened: desk.wallMs - 60_001)
        #expect(desk.book.counts.late == 1)
        desk.venue(.order(report(.acknowledged)), happened: .min)
        #expect(desk.book.counts.taken == 3)
    }
}
