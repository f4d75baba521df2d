import Dashboard
import Testing

@testable import Terminal

struct FlowControlTests {
    @Test func aBigFrameIsAskedAboutAndHoldsTheNextUntilTheAnswer() {
        var flow = FlowControl()
        let small = flow.painted(FlowControl.askBytes, nowMs: 0)
        #expect(!small)
        #expect(flow.heldUntilMs == nil)
        let big = flow.painted(1, nowMs: 0)
        #expect(big)
        #expect(flow.heldUntilMs != nil && flow.owed == 1)
        flow.answered(1)
        #expect(flow.heldUntilMs == nil && flow.owed == 0)
        let again = flow.painted(FlowControl.askBytes, nowMs: 1)
        #expect(!again, "what was confirmed is not counted again")
    }

    @Test func aScreenAtRestHardlyEverAsks() {
        var flow = FlowControl()
        var asked = 0
        for second in 0..<600 where flow.painted(60, nowMs: UInt64(second) * 1000) {
            asked += 1
            flow.answered(1)
        }
        #expect(asked <= 600 * 60 / (FlowControl.askBytes * FlowControl.trickle))
    }

    @Test func aTerminalThatNeverAnswersIsSoonNotAskedAgain() {
        var flow = FlowControl()
        var held: UInt64 = 0
        for frame in 0..<100 {
            let now = UInt64(frame) * 10_000
            flow.expire(nowMs: now)
            #expect(flow.heldUntilMs == nil)
            if flow.painted(5000, nowMs: now) { held += (flow.heldUntilMs ?? now) - now }
        }
        // 5,000 bytes, and what the frame before left unconfirmed, at the pace of a slow link.
        let paces = (5000 + 10_000) * 1000 / FlowControl.usualBytesPerSecond
        #expect(held >= UInt64(FlowControl.patience) * FlowControl.firstAnswerMs)
        #expect(held <= UInt64(FlowControl.patience) * FlowControl.firstAnswerMs + paces + 1)
        flow.answered(1)
        let asked = flow.painted(5000, nowMs: 2_000_000)
        #expect(asked, "a late answer lets it be asked again")
    }

    @Test func oneThatAnsweredBeforeIsAskedForAsLongAsItStalls() {
        var flow = FlowControl()
        _ = flow.painted(5000, nowMs: 0)
        flow.answered(1)
        var now: UInt64 = 0
        var frames = 0
        while now < 60_000 {
            frames += 1
            let asked = flow.painted(5000, nowMs: now)
            #expect(asked)
            now = flow.heldUntilMs ?? now
            flow.expire(nowMs: now)
        }
        #expect(frames <= 20, "\(frames) frames in a minute without an answer")
        // All answers come at once when the link is back.
        flow.answered(frames)
        #expect(flow.owed == 0)
    }

    @Test func anAnswerThatWasLostIsNotMissedForEver() {
        var flow = FlowControl()
        _ = flow.painted(5000, nowMs: 0)
        flow.answered(1)
        _ = flow.painted(5000, nowMs: 0)
        flow.expire(nowMs: 100_000)
        _ = flow.painted(5000, nowMs: 100_000)
        flow.answered(1)
        #expect(flow.heldUntilMs != nil, "the answer to the question before")
        flow.expire(nowMs: 200_000)
        _ = flow.painted(5000, nowMs: 200_000)
        flow.answered(1)
        #expect(flow.heldUntilMs == nil)
    }

    @Test func answersAreCountedHoweverTheyAreSplitAndAreNoKeys() {
        for cut in 0...4 {
            var driver = Driver()
            let bytes = Array("\u{1b}[0n".utf8)
            driver.feed(bytes[..<cut])
            driver.wait(20)
            driver.feed(bytes[cut...])
            let first = driver.decoder.takeAnswers()
            #expect(first == 1)
            let second = driver.decoder.takeAnswers()
            #expect(second == 0)
            driver.wait(1000)
            #expect(driver.events.isEmpty)
        }
        var driver = Driver()
        driver.feed("j\u{1b}[0nK\u{1b}[0n\u{1b}[3n\u{1b}[?0n")
        #expect(driver.keys == [.character("j"), .character("K")])
        let both = driver.decoder.takeAnswers()
        #expect(both == 2)
    }
}
