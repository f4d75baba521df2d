import Glibc
import Testing

@testable import estop_desk

/// The state machine of `estop run`, without a process.
struct RunSupervisionTests {
    private typealias Action = Supervision.Action

    /// A supervision that remembers every action, and whether the bot could be running.
    private struct Bot {
        var supervision: Supervision
        var now: UInt64 = 1_000_000_000
        var actions: [Action] = []

        init(_ policy: Supervision.Policy, grace: UInt64 = 100_000_000, permitted: Bool = true) {
            supervision = Supervision(policy: policy, grace: grace)
            _ = supervision.begin(permitted: permitted)
        }

        @discardableResult
        mutating func take(_ event: Supervision.Event) -> [Action] {
            let found = supervision.handle(event, at: now)
            actions += found
            return found
        }
    }

    @Test func aHaltsFirstActionIsTheSignal() {
        var stop = Bot(.stop)
        #expect(stop.take(.permission(true)) == [.check])
        #expect(stop.take(.permission(false)).first == .signal(SIGTERM))
        var pause = Bot(.pause)
        #expect(pause.take(.permission(false)).first == .signal(SIGSTOP))
        var none = Bot(.none)
        #expect(none.take(.permission(false)) == [.acknowledge])
    }

    @Test func aStopCommandStandsInThePlaceOfTheSignalAndIsFollowedByTheKill() {
        var supervision = Supervision(policy: .stop, grace: 1_000, hasStopCommand: true)
        _ = supervision.begin(permitted: true)
        #expect(supervision.handle(.permission(false), at: 1) == [.stopByCommand, .say(.stopping)])
        #expect(supervision.handle(.time, at: 2_000) == [.signal(SIGKILL), .say(.killing)])
    }

    @Test func aStoppedBotIsAcknowledgedWhenItIsGone() {
        var bot = Bot(.stop)
        bot.take(.permission(false))
        #expect(bot.take(.permission(false)).isEmpty)
        #expect(bot.take(.ended(status: 5, alone: false)).isEmpty)
        #expect(bot.take(.gone) == [.acknowledge, .exit(5)])
    }

    @Test func noResumeBringsAnEndingBotBack() {
        var bot = Bot(.stop)
        bot.take(.permission(false))
        #expect(bot.take(.permission(true)).isEmpty)
        #expect(bot.take(.ended(status: 143, alone: true)) == [.acknowledge, .exit(143)])
    }

    @Test func whatDoesNotGoIsKilledAgainAndAgain() {
        var bot = Bot(.stop, grace: 1000)
        bot.take(.permission(false))
        #expect(bot.take(.time).isEmpty)
        bot.now += 1000
        #expect(bot.take(.time) == [.signal(SIGKILL), .say(.killing)])
        #expect(bot.take(.time).isEmpty)
        bot.now += Supervision.killInterval
        #expect(bot.take(.time) == [.signal(SIGKILL)])
    }

    @Test func aPauseIsAcknowledgedWhenAllWereSeenStopped() {
        var bot = Bot(.pause)
        bot.take(.permission(false))
        #expect(bot.supervision.wantsStillness)
        #expect(bot.take(.permission(false)).isEmpty)
        #expect(bot.take(.allStopped) == [.acknowledge])
        #expect(!bot.supervision.wantsStillness)
        #expect(bot.take(.permission(false)) == [.acknowledge])
        #expect(bot.take(.continued) == [.withdraw, .signal(SIGSTOP)])
        #expect(bot.take(.allStopped) == [.acknowledge])
        #expect(bot.take(.stirred) == [.withdraw, .signal(SIGSTOP)])
        #expect(bot.supervision.wantsStillness)
        #expect(bot.take(.permission(true)).starts(with: [.giveTerminal, .signal(SIGCONT), .check]))
        #expect(bot.take(.allStopped).isEmpty)
    }

    @Test func aPausedBotThatDiesIsNotSurvivedByItsHelpers() {
        var bot = Bot(.pause)
        bot.take(.permission(false))
        bot.take(.allStopped)
        #expect(bot.take(.ended(status: 137, alone: false)) == [.signal(SIGKILL)])
        #expect(bot.take(.gone) == [.acknowledge, .exit(137)])
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
    func endingAPausedBotTakesTheAcknowledgementBack(signal: Int32) {
        var bot = Bot(.pause)
        bot.take(.permission(false))
        bot.take(.allStopped)
        #expect(
            bot.take(.signal(signal, fromTerminal: false))
                == [.withdraw, .pass(signal, toGroup: false), .signal(SIGCONT)]
        )
        #expect(bot.take(.permission(true)).isEmpty)
        bot.now += 100_000_000
        #expect(bot.take(.time).first == .signal(SIGKILL))
    }

    @Test func aHaltedDeskRefusesPausesOrStarts() {
        for (policy, beginning) in [
            (Supervision.Policy.stop, Supervision.Beginning.refuse), (.pause, .runStopped), (.none, .run),
        ] {
            var supervision = Supervision(policy: policy, grace: 0)
            #expect(supervision.begin(permitted: false) == beginning)
            var permitted = Supervision(policy: policy, grace: 0)
            #expect(permitted.begin(permitted: true) == .run)
        }
    }

    @Test func aJobIsSuspendedAndAHaltStillEndsIt() {
        var bot = Bot(.stop)
        bot.supervision.canSuspend = true
        #expect(bot.take(.stopped(by: SIGTSTP)) == [.suspendGuard])
        #expect(!bot.supervision.isAlive)
        #expect(bot.take(.permission(false)).first == .signal(SIGTERM))
        // The stop may have come to be after SIGTERM was sent.
        #expect(bot.take(.stopped(by: SIGTSTP)) == [.signal(SIGCONT)])
    }

    @Test func aJobStaysSuspendedThroughAPause() {
        var bot = Bot(.pause)
        bot.supervision.canSuspend = true
        bot.take(.stopped(by: SIGTSTP))
        bot.take(.permission(false))
        bot.take(.allStopped)
        #expect(bot.take(.permission(true)) == [.check])
        #expect(bot.take(.signal(SIGCONT, fromTerminal: false)) == [.giveTerminal, .signal(SIGCONT)])
    }

    @Test func whereNoShellWaitsCtrlZHasNoEffect() {
        var bot = Bot(.stop)
        #expect(bot.take(.stopped(by: SIGTSTP)) == [.signal(SIGCONT)])
        #expect(bot.take(.stopped(by: SIGTTIN)).isEmpty)
        bot.supervision.mayGiveTerminal = true
        #expect(bot.take(.stopped(by: SIGTTIN)) == [.giveTerminal, .signal(SIGCONT)])
    }

    @Test func aKilledGuardKillsEverything() {
        for policy in Supervision.Policy.allCases {
            var bot = Bot(policy)
            #expect(bot.take(.abandoned) == [.signal(SIGKILL)])
            #expect(bot.take(.permission(true)).isEmpty)
        }
    }

    /// Every sequence of five events, for each policy: what the invariants forbid never happens.
    @Test(arguments: Supervision.Policy.allCases)
    func theInvariantsHoldInEveryOrder(policy: Supervision.Policy) {
        let events: [Supervision.Event] = [
            .permission(true), .permission(false), .stopped(by: SIGTSTP), .continued, .allStopped,
            .stirred, .ended(status: 1, alone: false), .signal(SIGTERM, fromTerminal: false),
            .signal(SIGCONT, fromTerminal: true),
            .abandoned, .time,
        ]
        func walk(_ supervision: Supervision, permitted: Bool, still: Bool, ended: Bool, depth: Int) {
            guard depth > 0 else { return }
            for event in events {
                if ended, ![.time, .permission(true), .permission(false)].contains(event) { continue }
                var next = supervision
                var permitted = permitted
                var still = still
                if case .permission(let now) = event { permitted = now }
                if event == .allStopped { still = supervision.wantsStillness || still }
                if event == .continued || event == .stirred { still = false }
                let wasEnding = supervision.isEnding
                let actions = next.handle(event, at: 10_000_000_000 * UInt64(10 - depth))
                for action in actions {
                    switch action {
                    case .signal(SIGCONT): still = false
                    case .acknowledge where policy != .none: #expect(permitted || still, "\(event) \(supervision)")
                    case .check: #expect(permitted && !next.isEnding, "\(event) \(supervision)")
                    case .exit: Issue.record("an exit before the last descendant is gone: \(event) \(supervision)")
                    default: break
                    }
                }
                if wasEnding { #expect(next.isEnding && next.deadline != nil, "\(event) \(supervision)") }
                walk(
                    next,
                    permitted: permitted,
                    still: still,
                    ended: ended || event == .ended(status: 1, alone: false),
                    depth: depth - 1
                )
            }
        }
        var supervision = Supervision(policy: policy, grace: 1_000_000_000)
        supervision.canSuspend = true
        _ = supervision.begin(permitted: true)
        walk(supervision, permitted: true, still: false, ended: false, depth: 5)
    }
}
