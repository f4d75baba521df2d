extension EngineSettings {
    /// What may be taken over at once while trading goes on: the other settings, but for what loosens a limit. That keeps its
    /// value until somebody with the right to resume confirms it.
    ///
    /// Invariant (SafetyEngineTests/LooseningTests): no limit of the result is looser than it is now.
    ///
    /// - Parameter other: the settings that are asked for.
    /// - Returns: the settings to go on with, and each value that was held back: `[cap] most: 8 -> 20`.
    public func tightened(to other: EngineSettings) -> (settings: EngineSettings, held: [String]) {
        var change = Change(before: self, after: other)
        change.hold(\.priceStaleMs, "price_stale", ifLooser: >)
        change.hold(\.venueSilentMs, "venue_silent", ifLooser: >)
        change.hold(\.reconciliationTolerance, "reconciliation_tolerance", ifLooser: >)
        change.hold(\.dust.threshold, "[dust] threshold", ifLooser: >)
        change.holdCap()
        change.holdExit(\.exits.stopLoss, "[exits.stop_loss]")
        change.holdExit(\.exits.takeProfit, "[exits.take_profit]")
        change.holdExit(\.exits.trailing, "[exits.trailing]")
        change.holdExit(\.exits.maximumHold, "[exits.maximum_hold]")
        change.hold(\.exits.confirmations, "[exits] confirmations", ifLooser: >)
        change.hold(\.beats.latePercent, "[beats] late", ifLooser: >)
        change.hold(\.beats.stalledPercent, "[beats] stalled", ifLooser: >)
        change.hold(\.beats.engineStallMs, "[beats] engine_stall", ifLooser: >)
        change.hold(\.beats.engineStallHalts, "[beats] engine_stall_halts") { !$0 && $1 }
        change.hold(\.probation.watchMs, "[probation] watch", ifLooser: <)
        change.hold(\.probation.percent, "[probation] percent", ifLooser: >)
        change.hold(\.probation.paperMs, "[probation] paper", ifLooser: <)
        change.hold(\.probation.reduceOnlyMs, "[probation] reduce_only", ifLooser: <)
        change.holdRules()
        return (change.after, change.held)
    }

    private struct Change {
        let before: EngineSettings
        var after: EngineSettings
        var held: [String] = []

        /// Keeps a value that became looser.
        ///
        /// - Parameter isLooser: whether its first argument, the new value, is looser than the second.
        mutating func hold<Value: Equatable>(
            _ path: WritableKeyPath<EngineSettings, Value>,
            _ name: String,
            ifLooser isLooser: (Value, Value) -> Bool
        ) {
            let (old, new) = (before[keyPath: path], after[keyPath: path])
            guard old != new, isLooser(new, old) else { return }
            after[keyPath: path] = old
            held.append("\(name): \(old) -> \(new)")
        }

        mutating func holdExit<Value: Comparable>(
            _ path: WritableKeyPath<EngineSettings, Exits.Limit<Value>>,
            _ name: String
        ) {
            hold(path.appending(path: \.at), "\(name) limit", ifLooser: >)
            hold(path.appending(path: \.isEnabled), "\(name) enabled") { !$0 && $1 }
            hold(path.appending(path: \.policy), "\(name) policy") { new, _ in new == .observe }
            hold(path.appending(path: \.externalPolicy), "\(name) external_policy") { new, _ in new == .observe }
        }

        mutating func holdCap() {
            hold(\.cap.most, "[cap] most", ifLooser: >)
            hold(\.cap.mostForUsers, "[cap] most_for_users", ifLooser: >)
            hold(\.cap.everyMs, "[cap] every", ifLooser: >)
            hold(\.cap.policy, "[cap] policy") { new, _ in new == .observe }
            hold(\.cap.externalPolicy, "[cap] external_policy") { new, _ in new == .observe }
            hold(\.cap.userAccounts, "[cap] users") { new, old in !Set(old).isSubset(of: new) }
            let (most, before) = (after.cap.most, before.cap)
            hold(\.cap.mostByAccount, "[cap.accounts]") { new, old in
                Set(new.keys).union(old.keys).contains { (new[$0] ?? most) > (old[$0] ?? before.most) }
            }
        }

        mutating func holdRules() {
            for old in before.rules {
                guard let place = after.rules.firstIndex(where: { $0.name == old.name }) else {
                    after.rules.append(old)
                    held.append("[rules.\(old.name)]: taken away")
                    continue
                }
                guard after.rules[place].isLooser(than: old) else { continue }
                after.rules[place] = old
                held.append("[rules.\(old.name)]: looser")
            }
        }
    }
}

extension Rule {
    /// Whether anything that this rule would tell or halt at is told or halted at later, or not at all, by another reading of it.
    func isLooser(than old: Rule) -> Bool {
        guard old.isEnabled else { return false }
        if !isEnabled || measure != old.measure || comparison != old.comparison || windowMs != old.windowMs {
            return true
        }
        if forMs > old.forMs || confirmations > old.confirmations || minimumSamples > old.minimumSamples { return true }
        if old.reach == .global, reach != .global, old.steps.contains(where: \.kills) { return true }
        return old.steps.contains { step in
            !steps.contains { new in
                let isAsStrict =
                    comparison == .under ? new.threshold >= step.threshold : new.threshold <= step.threshold
                return isAsStrict && new.level >= step.level && (new.kills || !step.kills)
            }
        }
    }
}
