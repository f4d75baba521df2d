import KillSwitch
import Synchronization

/// Answers that several askers get: a flood of the same questions costs no more than a hundred of them a second.
///
/// Invariants (ControlAPITests/SharedAnswersTests): an answer is given again only within 10 ms of the look that it was made
/// from, and never after something was changed over this API, halts included.
final class SharedAnswers: Sendable {
    /// How long an answer is good, in ns: less than people or programs can tell from now.
    static let good: UInt64 = 10_000_000

    private struct Kept {
        var answer: APIAnswer
        var since: UInt64
        var round: UInt64
    }

    private struct State {
        var kept: [String: Kept] = [:]
        var round: UInt64 = 0
    }

    /// Between two changes: what was begun in an earlier one is old.
    struct Round: Sendable, Equatable {
        fileprivate var number: UInt64
        fileprivate var since: UInt64
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> UInt64

    init(now: @escaping @Sendable () -> UInt64 = { Clock.boottime() }) { self.now = now }

    /// The round that it is now; taken before the look.
    var round: Round {
        let since = now()
        return state.withLock { Round(number: $0.round, since: since) }
    }

    /// The answer that was given to the same question just now.
    func answer(_ question: String) -> APIAnswer? {
        let now = now()
        return state.withLock { state in
            guard let kept = state.kept[question], kept.round == state.round, now < kept.since + SharedAnswers.good
            else { return nil }
            return kept.answer
        }
    }

    func keep(_ answer: APIAnswer, of question: String, madeIn round: Round) {
        state.withLock { state in
            guard round.number == state.round else { return }
            state.kept[question] = Kept(answer: answer, since: round.since, round: round.number)
        }
    }

    /// Something was changed.
    func forget() {
        state.withLock { state in
            state.round &+= 1
            state.kept.removeAll(keepingCapacity: true)
        }
    }
}

extension Route {
    /// Whether the answer is the same for whoever asks now.
    func isShared(_ request: APIRequest) -> Bool {
        method == "GET" && right == .reader && request.query.isEmpty && request.parameters.isEmpty
            && shape.contentType == "application/json"
    }
}
