/// What the paper venue does wrong on request, for tests and drills. Every report that it taints says `simulated`.
public struct PaperFault: Sendable, Equatable, Codable {
    /// What goes wrong.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// It does not answer and says nothing. It trades on: what happened is told afterwards, late.
        case outage
        /// Its answers take `amount` milliseconds longer.
        case slow
        /// Of a hundred orders it refuses `amount`.
        case rejects
        /// It refuses to be asked so often.
        case rateLimit
        /// It takes orders and cancels, and the answer is lost.
        case lostAnswers
        /// Of a hundred events it says `amount` twice.
        case duplicates
        /// What happened in one step is told in any order.
        case disorder
        /// Of a hundred orders `amount` get stuck: sent, and never answered.
        case stuck
    }

    /// What goes wrong.
    public var kind: Kind
    /// How much, as the kind says it.
    public var amount: Int
    /// Until when, in the venue's own time.
    public var untilMs: UInt64

    /// What operators are told.
    var words: String {
        switch kind {
        case .outage: "simulated outage"
        case .slow: "simulated slowness, \(amount) ms"
        case .rejects: "simulated rejects, \(amount) %"
        case .rateLimit: "simulated rate limit"
        case .lostAnswers: "simulated loss of answers"
        case .duplicates: "simulated duplicates, \(amount) %"
        case .disorder: "simulated disorder of events"
        case .stuck: "simulated stuck orders, \(amount) %"
        }
    }
}
