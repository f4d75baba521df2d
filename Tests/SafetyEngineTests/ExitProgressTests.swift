import Seeds
import Testing

@testable import SafetyEngine

/// The life of one close, on its own.
struct ExitProgressTests {
    private func outcome(_ number: UInt64, _ isDone: Bool) -> HostEvent.Outcome {
        HostEvent.Outcome(number: number, isDone: isDone, text: "said")
    }

    @Test func aNumberThatIsNotUnderWayChangesNothing() {
        var progress = ExitProgress()
        #expect(progress.take(outcome(0, true), at: 1) == false)
        #expect(progress == ExitProgress())
        progress.start(number: 5, at: 1)
        let before = progress
        #expect(progress.take(outcome(4, true), at: 2) == false)
        #expect(progress == before)
        #expect(progress.take(outcome(5, true), at: 2) == true)
        #expect(progress.take(outcome(5, false), at: 3) == false)
        #expect(progress.phase == .accepted(atMs: 2))
    }

    @Test func atMostOneIsUnderWay() {
        var progress = ExitProgress()
        progress.start(number: 5, at: 1)
        progress.start(number: 6, at: 2)
        #expect(progress.phase == .underWay(number: 5, sinceMs: 1))
        #expect(progress.attempts == 1)
        #expect(progress.order(by: "alice") == false)
    }

    @Test("without an order a close is tried once and `retries` times again", arguments: [0, 1, 3])
    func retries(most: Int) {
        var progress = ExitProgress()
        var tries = 0
        var atMs: UInt64 = 0
        for _ in 0..<100 {
            atMs += 1_000_000_000
            guard progress.isDue(at: atMs, retries: most, seenMs: nil) else { continue }
            tries += 1
            progress.start(number: UInt64(tries), at: atMs)
            #expect(progress.take(outcome(UInt64(tries), false), at: atMs) == true)
        }
        #expect(tries == most + 1)
        #expect(progress.order(by: "alice") == true)
        #expect(progress.isDue(at: atMs, retries: most, seenMs: nil))
    }

    @Test func whatIsDoneIsReopenedOnlyWhenItsVenueShowsItLongAfter() {
        var progress = ExitProgress()
        progress.start(number: 1, at: 10)
        #expect(progress.reopen(at: 100_000, seenMs: 100_000) == false)
        #expect(progress.take(outcome(1, true), at: 20) == true)
        #expect(progress.reopen(at: 100_000, seenMs: nil) == false)
        #expect(progress.reopen(at: 100_000, seenMs: 19) == false)
        #expect(progress.reopen(at: 100_000, seenMs: 20 + ExitProgress.settleMs) == false)
        #expect(progress.reopen(at: 100_000, seenMs: 21 + ExitProgress.settleMs) == true)
        #expect(progress == ExitProgress())
    }

    /// Any order of calls: never two under way, never more tries than allowed between two orders.
    @Test func anyOrderOfCallsKeepsTheInvariants() {
        var random = SeededRandom(seed: 9)
        for _ in 0..<200 {
            var progress = ExitProgress()
            var (number, started, atMs): (UInt64, Int, UInt64) = (0, 0, 0)
            for _ in 0..<100 {
                atMs += random.next() % 30_000
                switch random.next() % 6 {
                case 0, 1:
                    guard progress.isDue(at: atMs, retries: 3, seenMs: atMs) else { break }
                    #expect(!progress.isBusy)
                    number += 1
                    started += 1
                    progress.start(number: number, at: atMs)
                    #expect(progress.isBusy)
                case 2: _ = progress.take(outcome(random.next() % (number + 2), random.next() % 4 == 0), at: atMs)
                case 3: _ = progress.giveUpWaiting("silence", at: atMs)
                case 4: if random.next() % 10 == 0, progress.order(by: "alice") { started = 0 }
                default: if progress.reopen(at: atMs, seenMs: atMs) { started = 0 }
                }
                #expect(started <= 4)
            }
        }
    }
}
