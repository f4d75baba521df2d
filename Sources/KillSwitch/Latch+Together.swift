/// Latches as people read them: those of the same source, scope, mode and reason are one, with how many there are and when the
/// last one came. The log keeps each, and what lifts them goes by each.
///
/// Invariants (KillSwitchTests/LatchesTogetherTests): nothing is left out of the counts; the first of each stands for all, in
/// the order in which they came; a rule's reasons for one scope add up.
extension Latch {
    /// The most reasons of one rule that are named; the rest are counted.
    static let mostReasons = 3
    /// The most latches that are shown; the rest are counted by the last.
    public static let mostTogether = 100

    /// Folds latches that say the same.
    ///
    /// - Parameter latches: each of them, the oldest first.
    /// - Returns: one for each source, scope, mode and reason; at most `mostTogether`, the last of which then stands for all
    ///   further ones.
    public static func together(_ latches: [Latch]) -> [Latch] {
        guard latches.count > 1 else { return latches }
        var places: [Likeness: Int] = [:]
        var found: [Latch] = []
        var reasons: [Int: [String]] = [:]
        var further: [Int: Int] = [:]
        for latch in latches {
            let likeness = Likeness(latch)
            if let place = places[likeness] {
                found[place].add(latch)
                let text = latch.rule.map { Latch.text(of: latch.reason, without: $0) } ?? latch.reason
                guard latch.rule != nil, reasons[place]?.contains(text) == false else { continue }
                if reasons[place, default: []].count < mostReasons {
                    reasons[place, default: []].append(text)
                } else {
                    further[place, default: 0] += 1
                }
                continue
            }
            if found.count == mostTogether {
                found[mostTogether - 1].add(latch)
                further[mostTogether - 1, default: 0] += 1
                continue
            }
            places[likeness] = found.count
            reasons[found.count] = [latch.rule.map { Latch.text(of: latch.reason, without: $0) } ?? latch.reason]
            found.append(latch)
        }
        for index in found.indices {
            let texts = reasons[index] ?? []
            if texts.count > 1, let rule = found[index].rule {
                found[index].reason = "\(rule): " + texts.joined(separator: "; ")
            }
            if let count = further[index] { found[index].reason += "; and \(count) more" }
        }
        return found
    }

    /// What makes two latches say the same.
    struct Likeness: Hashable {
        var source: Record.Source
        var scope: Scope
        var mode: Mode
        var reason: String

        init(_ latch: Latch) {
            source = latch.source
            scope = latch.scope
            mode = latch.mode
            reason = latch.rule.map { "\($0):" } ?? latch.reason
        }
    }

    /// The rule whose latch it is; nil: no rule's.
    private var rule: String? {
        guard source == .rule, let end = reason.firstIndex(of: ":") else { return nil }
        let name = reason[..<end]
        return name.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" } && !name.isEmpty ? String(name) : nil
    }

    private static func text(of reason: String, without rule: String) -> String {
        String(reason.dropFirst(rule.count + 1).drop(while: \.isWhitespace))
    }

    private mutating func add(_ other: Latch) {
        count += other.count
        last = other.last
        lastBy = other.lastBy
    }

    /// How often it came, for people: "150 times, last 19:52:03 by ann"; nil: once.
    public var times: String? {
        guard count > 1 else { return nil }
        let time = last.split(separator: "T").last.map { String($0.prefix(8)) } ?? last
        return "\(count) times, last \(time) by \(source.author(lastBy))"
    }
}
