import KillSwitch
import Synchronization
import Testing

@testable import ControlAPI

@Suite struct SharedAnswersTests {
    private final class Hands: Sendable {
        let ns = Atomic<UInt64>(1_000_000_000)
        var now: UInt64 { ns.load(ordering: .relaxed) }
        func add(_ more: UInt64) { ns.add(more, ordering: .relaxed) }
    }

    private let hands = Hands()
    private let answer = APIAnswer(.of(["a": .integer(1)]))

    @Test func anAnswerIsGoodForTenMilliseconds() {
        let shared = SharedAnswers { [hands] in hands.now }
        shared.keep(answer, of: "/a", madeIn: shared.round)
        #expect(shared.answer("/a") == answer && shared.answer("/b") == nil)
        hands.add(SharedAnswers.good - 1)
        #expect(shared.answer("/a") == answer)
        hands.add(1)
        #expect(shared.answer("/a") == nil)
    }

    @Test func itsAgeIsThatOfItsLook() {
        let shared = SharedAnswers { [hands] in hands.now }
        let round = shared.round
        hands.add(SharedAnswers.good)
        shared.keep(answer, of: "/a", madeIn: round)
        #expect(shared.answer("/a") == nil)
    }

    @Test func afterAChangeNothingOlderIsGiven() {
        let shared = SharedAnswers { [hands] in hands.now }
        let before = shared.round
        shared.keep(answer, of: "/a", madeIn: before)
        shared.forget()
        #expect(shared.answer("/a") == nil)
        // The look began before the change.
        shared.keep(answer, of: "/a", madeIn: before)
        #expect(shared.answer("/a") == nil)
        shared.keep(answer, of: "/a", madeIn: shared.round)
        #expect(shared.answer("/a") == answer)
    }
}
