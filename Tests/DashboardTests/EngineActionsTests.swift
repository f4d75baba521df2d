import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

/// What an operator can have done to alerts, orders and positions, and that none of it happens by accident.
struct EngineActionsTests {
    private func desk(enrolled: Bool = false) -> DeskSnapshot {
        var desk = DeskSnapshot(deskName: "paper", paper: true, directory: "/desk")
        desk.word = Word(generation: 2, mode: .live)
        desk.mode = .live
        desk.operatorsEnrolled = enrolled
        desk.freshness = .live(ageMs: 0)
        desk.alerts = Reading(
            source: "engine",
            freshness: .live(ageMs: 0),
            rows: [
                Alert(
                    id: "ORDER_STUCK/o1",
                    level: .critical,
                    rule: "ORDER_STUCK",
                    subject: "o1",
                    text: "stuck",
                    ageMs: 10
                )
            ]
        )
        desk.orders = Reading(
            source: "venues",
            freshness: .live(ageMs: 0),
            rows: [
                Order(
                    clientID: "o1",
                    venueID: "v1",
                    venue: "paper",
                    account: "main",
                    strategy: "",
                    symbol: "BTC-USD",
                    side: .buy,
                    quantity: Decimal(1),
                    filled: Decimal(0),
                    price: Decimal(50_000),
                    state: .acknowledged,
                    ageMs: 400_000,
                    stuckAfterMs: 300_000
                )
            ]
        )
        desk.positions = Reading(
            source: "venues",
            freshness: .live(ageMs: 0),
            rows: [
                Position(
                    venue: "paper",
                    account: "main",
                    symbol: "ETH-USD",
                    side: .long,
                    quantity: Decimal(2),
                    entryPrice: Decimal(100),
                    price: Decimal(90),
                    priceAgeMs: 0,
                    value: Decimal(180),
                    profit: Decimal(-20),
                    heldMs: 5
                )
            ]
        )
        var engine = EngineView()
        engine.proposals = [
            EngineView.Proposal(
                id: "STOP_LOSS/paper/main/ETH-USD/long",
                rule: "STOP_LOSS",
                position: "paper/main/ETH-USD/long",
                quantity: Decimal(2),
                reason: "10 % below the entry price",
                ageMs: 1,
                state: "proposed"
            )
        ]
        desk.engine = engine
        return desk
    }

    private func pressing(_ keys: [Key], on desk: DeskSnapshot, gapMs: UInt64 = 1_000) -> (Interface, [Effect]) {
        var interface = Interface()
        var effects: [Effect] = []
        var now: UInt64 = 10_000
        _ = interface.observe(desk, nowMs: now)
        for key in keys {
            now += gapMs
            effects += interface.handle(.key(key), snapshot: desk, nowMs: now)
        }
        return (interface, effects)
    }

    private func character(_ text: String) -> [Key] { text.map { .character($0) } }

    @Test func aAcknowledgesTheAlertUnderTheCursor() {
        let (_, effects) = pressing(character("2a"), on: desk())
        #expect(effects == [.act(.acknowledge(alert: "ORDER_STUCK/o1", forMs: nil), reason: "", passphrase: "")])
    }

    @Test(arguments: ["1a", "3a", "2c", "2x", "4x", "3c"])
    func elsewhereTheSameKeyOnlySaysWhatToChoose(_ keys: String) {
        let (interface, effects) = pressing(character(keys), on: desk())
        #expect(effects.isEmpty)
        #expect(interface.layers.isEmpty)
        #expect(interface.message != nil)
    }

    @Test func anOrderIsCancelledAfterY() {
        let (_, effects) = pressing(character("4cy"), on: desk())
        #expect(
            effects == [
                .act(
                    .cancelOrder(venue: "paper", account: "main", clientID: "o1"),
                    reason: "cancelled from the dashboard",
                    passphrase: ""
                )
            ]
        )
    }

    @Test(arguments: [[Key.enter], [.escape], [.character("n")]])
    func enterEscapeAndNoCancelTheDialog(_ keys: [Key]) {
        let (interface, effects) = pressing(character("4c") + keys, on: desk())
        #expect(effects.isEmpty)
        #expect(interface.layers.isEmpty)
    }

    @Test func keysTypedBeforeTheDialogWasSeenAreDropped() {
        let (interface, effects) = pressing(character("4cy"), on: desk(), gapMs: 100)
        #expect(effects.isEmpty)
        #expect(interface.layers.last is ConfirmDialog)
    }

    @Test func aPasteIsRefused() {
        let desk = desk()
        var (interface, _) = pressing(character("4c"), on: desk)
        let effects = interface.handle(.paste("y"), snapshot: desk, nowMs: 60_000)
        #expect(effects.isEmpty)
        #expect(interface.layers.last is ConfirmDialog)
    }

    @Test func anExitIsCarriedOutAndWithAnEnrolledOperatorOnlyWithThePassphrase() {
        let change = OperatorAction.Change.carryOut(proposal: "STOP_LOSS/paper/main/ETH-USD/long")
        let reason = "carried out from the dashboard: 10 % below the entry price"
        let (_, effects) = pressing(character("3xy"), on: desk())
        #expect(effects == [.act(change, reason: reason, passphrase: "")])

        let (open, none) = pressing(character("3x") + [.enter], on: desk(enrolled: true))
        #expect(none.isEmpty)
        #expect(open.isTyping)
        let (_, typed) = pressing(character("3xyes") + [.enter], on: desk(enrolled: true))
        #expect(typed == [.act(change, reason: reason, passphrase: "yes")])
    }

    @Test func haltingWorksFromTheDialogs() {
        let (_, halted) = pressing(character("4cK"), on: desk())
        #expect(halted.first == .halt)
        let (_, typing) = pressing(character("3x") + [.control("k")], on: desk(enrolled: true))
        #expect(typing.first == .halt)
        let (_, history) = pressing(character("AK"), on: desk())
        #expect(history.first == .halt)
    }

    @Test func theDialogSaysWhatWillBeDoneInEverySize() {
        for (keys, words) in [("4c", ["buy 1 BTC-USD", "cancel"]), ("3x", ["STOP_LOSS", "10 % below"])] {
            let desk = desk()
            let (interface, _) = pressing(character(keys), on: desk)
            let text = Fixture.frame(interface, desk, 80, 24).text
            for word in words { #expect(text.contains(word), "\(keys): \(word)") }
            for width in stride(from: 1, through: 60, by: 7) {
                for height in 1...20 {
                    #expect(Fixture.frame(interface, desk, width, height).width == width)
                }
            }
        }
    }
}
