import SafetyEngine

/// The desk's money in one line, what matters most first: the day's result against its limit, equity, exposure. What is not
/// known is said to be unknown; nothing is guessed.
enum MoneyLine {
    static func spans(_ scene: Scene) -> [Span] {
        guard let engine = scene.snapshot.engine else { return [] }
        let money = engine.money
        var spans = day(engine)
        spans += [Span(" · equity ", .dim)]
        if let equity = money.equity {
            spans.append(Span("\(Figures.money(equity)) \(money.currency)", .text))
        } else {
            let age = money.equityAgeMs.map { ", last known \(Age.calm(scene.aged($0))) ago" } ?? ""
            spans.append(Span("UNKNOWN\(age)", .warning))
        }
        return spans + exposure(money)
    }

    private static func exposure(_ money: EngineView.Money) -> [Span] {
        let gross = Span(" · gross ", .dim)
        guard let known = money.gross, let net = money.net else {
            let least = money.grossAtLeast.map { "at least \(Figures.money($0))" }
            return [gross, Span(least ?? "UNKNOWN", .warning)]
        }
        return [gross, Span(Figures.money(known), .text), Span(" net ", .dim), Span(Figures.signed(net), .text)]
    }

    /// The day's result, and how much of the loss that halts is used up.
    private static func day(_ engine: EngineView) -> [Span] {
        var spans = [Span(" · day ", .dim)]
        if let profit = engine.money.dayProfit {
            spans.append(Span(Figures.signed(profit), profit.isNegative ? .bad : .good))
        } else {
            spans.append(Span("UNKNOWN", .warning))
        }
        guard let breaker = engine.breakers.first(where: { $0.name == "DAILY_DRAWDOWN" }) else { return spans }
        let verb = breaker.isEnabled ? "halts at" : "limit"
        let limit = breaker.limit.rounded(to: 2)
        guard let lost = breaker.value?.rounded(to: 2), lost > Decimal(0) else {
            return spans + [Span(" (\(verb) -\(limit) %)", .dim)]
        }
        // Half of it gone is worth a look.
        let isNear = lost.adding(lost).map { $0 >= breaker.limit } ?? true
        let role: Role = breaker.isTripped || lost >= breaker.limit ? .bad : isNear ? .warning : .text
        return spans + [Span(" (-\(lost) %, \(verb) -\(limit) %)", role)]
    }
}
