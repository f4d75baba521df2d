/// What an operator did to the engine's state. Authority was checked before it came here, and it is in the journal.
public struct OperatorAction: Sendable, Equatable, Codable {
    /// Who: the login name.
    public var name: String
    /// Why; required for whatever loosens something.
    public var reason: String
    /// What.
    public var change: Change

    /// Who the host itself is, where it acts by what it saw at the gates.
    public static let hostName = "estop"

    /// Creates an action.
    public init(name: String, reason: String = "", change: Change) {
        self.name = name
        self.reason = reason
        self.change = change
    }

    /// What an operator can do.
    public enum Change: Sendable, Equatable, Codable {
        /// Has seen an alert, for so long (desk time, ms; nil: until it is resolved). It stays open and on screen.
        case acknowledge(alert: String, forMs: UInt64?)
        /// Has seen every alert that is open now and not acknowledged yet, of one rule (empty: of all).
        case acknowledgeAll(rule: String, forMs: UInt64?)
        /// Alerts of these rules about this subject (empty: all of one) are not notified for so long. They stay on screen,
        /// and kill all the same.
        case silence(rule: String, subject: String, forMs: UInt64)
        /// Ends a silence before its time.
        case endSilence(rule: String, subject: String)
        /// Puts one tripped breaker back. Lifts no latch.
        case resetBreaker(name: String)
        /// Puts a symbol of an account on the list of dust.
        case addDust(venue: String, account: String, symbol: String, value: Decimal?)
        /// Takes one off.
        case removeDust(venue: String, account: String, symbol: String)
        /// Empties the list, of one account or (nil) of all.
        case clearDust(account: String?)
        /// Enforces the position cap of an account (nil: of all) now, whatever the policy says; at most so many (nil: its
        /// configured cap).
        case enforceCap(account: String?, most: Int?)
        /// Sells everything that an account (nil: every one) holds, in slices, whatever the mode and the policies: at prices
        /// at most this fraction worse than the market's at the start, within so many milliseconds (desk time).
        case liquidate(account: String?, maxSlippage: Decimal, withinMs: UInt64)
        /// Ends the liquidation that runs: nothing more of it is sent.
        case stopLiquidation
        /// Carries out what an exit rule or the cap proposes.
        case carryOut(proposal: String)
        /// Cancels an order at its venue.
        case cancelOrder(venue: String, account: String, clientID: String)
        /// States what was paid for an adopted position, so that exit rules may act on it.
        case setEntryPrice(venue: String, account: String, symbol: String, price: Decimal)
        /// Takes over the wall clock as it is now, after a jump: days begin by it.
        case acceptClock
        /// Removes a supervisor that is not expected any more.
        case forgetSupervisor(name: String)
    }
}
