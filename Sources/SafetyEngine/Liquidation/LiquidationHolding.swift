/// One position of a liquidation: what is to be sold, and how far that has come.
///
/// Invariants (SafetyEngineTests/LiquidationTests): a fill counts once; slippage is of what was filled, against the price
/// that was the market's when selling began; it is unknown rather than guessed.
public struct LiquidationHolding: Sendable, Equatable, Codable {
    /// How far it has come.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Nothing can be sent now; it is tried until the deadline.
        case waiting
        /// It is sold, slice by slice.
        case working
        /// Nothing of it is held any more.
        case done
        /// Some of it is held, and nothing more is sent.
        case left
    }

    /// A close that was sent.
    struct Slice: Sendable, Equatable, Codable {
        /// Its effect's number.
        var number: UInt64
        /// How much.
        var quantity: Decimal
        /// How much was held when it was sent.
        var before: Decimal
        /// Whether it was asked to be cancelled.
        var isCancelAsked = false
    }

    /// How much was held when it began.
    public let started: Decimal
    /// How many slices it is sold in.
    public internal(set) var slices = LiquidationSlices.most
    /// The market's price when selling began; nil: there was none yet.
    public internal(set) var reference: Decimal?
    /// The currency of that price; empty: the desk's base currency.
    public internal(set) var currency = ""
    /// How much is held, by its venue's last word.
    public internal(set) var held: Decimal
    /// How far it has come.
    public internal(set) var state = State.waiting
    /// Why it waits, why its last close was refused, or why the rest is left; empty: nothing is wrong. What was refused stands
    /// until something is sold: a further try is no success.
    public internal(set) var why = ""
    /// How much of it the fills of its closes say was sold.
    public internal(set) var sold = Decimal(0)
    /// What that brought (or cost, for a short one); nil: a fill without a price that compares, or it does not fit.
    var proceeds: Decimal? = Decimal(0)
    /// What one of it was worth in the base currency when selling began: value, and of how much.
    var value: Decimal?
    var valued = Decimal(0)
    /// The close that is under way, and how it fares.
    var slice: Slice?
    var progress = ExitProgress()
    /// Closes in a row that sold nothing.
    var empties = 0
    /// Nothing is sent before this time.
    var nextMs: UInt64 = 0
    /// When a close was sent last.
    var sentMs: UInt64 = 0
    /// The numbers of its closes, the last ones: fills name them.
    var numbers: [UInt64] = []

    /// How many numbers are remembered.
    static let mostNumbers = 64
    /// Digits behind the point of averages and of slippage.
    static let places = 8

    init(held: Decimal) {
        started = held
        self.held = held
    }

    /// How much less is held than when it began, whoever sold it.
    public var closed: Decimal { held >= started ? Decimal(0) : started.subtracting(held) ?? Decimal(0) }

    /// Whether it is being sold, as far as its venue says.
    var isSelling: Bool {
        guard state == .working, why.isEmpty else { return false }
        if sold > Decimal(0) || closed > Decimal(0) { return true }
        guard empties == 0, case .accepted = progress.phase else { return false }
        return true
    }

    /// The average price of what its closes sold; nil: nothing was, or it is not known.
    public var averagePrice: Decimal? {
        guard sold > Decimal(0) else { return nil }
        return proceeds?.divided(by: sold, places: max(LiquidationHolding.places, reference?.scale ?? 0))?.shortened
    }

    /// What its closes lost against the reference, as a fraction of it; negative: they gained. Nil: not known.
    public func slippage(_ side: Position.Side) -> Decimal? {
        guard sold > Decimal(0), let reference, let proceeds, let fair = reference.multiplied(by: sold) else {
            return nil
        }
        let lost = side == .long ? fair.subtracting(proceeds) : proceeds.subtracting(fair)
        return lost?.divided(by: fair, places: LiquidationHolding.places)?.shortened
    }

    /// What the sold part was worth at the reference, in the base currency; nil: not known.
    var weight: Decimal? {
        guard valued > Decimal(0) else { return nil }
        return value.flatMap { sold.multiplied(by: $0) }?.divided(by: valued, places: Valuation.places)
    }

    /// A fill of one of its closes.
    mutating func take(_ fill: FillReport, isSameCurrency: Bool) {
        guard let more = sold.adding(fill.quantity) else { return }
        sold = more
        if state == .working { why = "" }
        proceeds = proceeds.flatMap { sum in
            isSameCurrency ? fill.quantity.multiplied(by: fill.price).flatMap { sum.adding($0) } : nil
        }
    }

    /// A close was sent.
    mutating func send(_ number: UInt64, _ quantity: Decimal, at atMs: UInt64) {
        slice = Slice(number: number, quantity: quantity, before: held)
        progress.start(number: number, at: atMs)
        sentMs = atMs
        numbers.append(number)
        if numbers.count > LiquidationHolding.mostNumbers { numbers.removeFirst() }
    }

    /// A close came to its end, and sold so much.
    mutating func settle(_ quantity: Decimal, by name: String, at atMs: UInt64) {
        slice = nil
        progress = ExitProgress()
        _ = progress.order(by: name)
        empties = quantity > Decimal(0) ? 0 : min(empties + 1, 16)
        let wait = Liquidation.againMs << UInt64(max(0, empties - 1))
        nextMs = atMs + min(wait, Liquidation.mostAgainMs)
        if quantity > Decimal(0) {
            why = ""
        } else if !why.isEmpty {
            why = "its last order sold nothing"
        }
    }
}

extension Decision.Effect {
    /// What every client id of the desk's own orders begins with.
    static let clientIDBeginning = "estop-"

    /// The client id of the order that it sends: the same decision is never two orders.
    public var clientID: String { Decision.Effect.clientID(number) }

    static func clientID(_ number: UInt64) -> String { "\(clientIDBeginning)\(number)" }

    /// The number of the effect whose order bears a client id; nil: none of the desk's own does.
    static func number(ofClientID text: String) -> UInt64? {
        text.hasPrefix(clientIDBeginning) ? UInt64(text.dropFirst(clientIDBeginning.utf8.count)) : nil
    }
}
