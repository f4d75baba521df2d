import Seeds
import Testing

@testable import SafetyEngine

/// Whatever way a venue's reports with times arrive, they end in the same.
struct BookReorderingTests {
    fileprivate struct Told {
        var body: Event.Body
        var atMs: Int64
    }

    /// What a venue tells of one order whose life is random, each word at a later time.
    fileprivate static func history(
        _ random: inout SeededRandom
    ) -> (words: [Told], filled: Decimal, state: Order.State) {
        var words: [Told] = []
        var time: Int64 = 1_000
        var filled = 0
        func tell(_ body: Event.Body) { words.append(Told(body: body, atMs: time)) }
        for state in [Order.State.new, .submitted, .acknowledged] where Bool.random(using: &random) {
            tell(.order(report(state)))
            time += 10
        }
        tell(.order(report(.acknowledged)))
        for number in 0..<Int.random(in: 0...4, using: &random) {
            time += 10
            filled += Int.random(in: 1...2, using: &random)
            let part = filled - (words.compactMap(\.filledSoFar).max() ?? 0)
            tell(.fill(fill(.buy, "\(part)", "100", id: "f\(number)", order: "a")))
            tell(.order(report(.partiallyFilled, filled: filled)))
        }
        time += 10
        let last: Order.State =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .canceled
            case 1: .expired
            case 2: filled > 0 ? .canceled : .rejected
            default: .filled
            }
        if last == .filled {
            tell(.fill(fill(.buy, "\(10 - filled)", "100", id: "last", order: "a")))
            filled = 10
        }
        tell(.order(report(last, filled: filled)))
        return (words, Decimal(filled), last)
    }

    @Test func anyOrderAndAnyDoublingOfReportsEndsInTheSame() throws {
        var random = SeededRandom(seed: 41)
        for round in 0..<3_000 {
            let (words, filled, state) = Self.history(&random)
            var told = words
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                if let word = words.randomElement(using: &random) { told.append(word) }
            }
            told.shuffle(using: &random)
            var desk = BookDesk()
            var most = Decimal(0)
            var wasFinished = false
            for word in told {
                desk.venue(word.body, happened: word.atMs)
                let order = try #require(desk.order("a"))
                #expect(order.filled >= most, "round \(round): filled fell")
                #expect(!(wasFinished && order.isOpen), "round \(round): opened again")
                most = order.filled
                wasFinished = !order.isOpen
            }
            let order = try #require(desk.order("a"))
            #expect(order.filled == filled, "round \(round)")
            #expect(order.state == state, "round \(round)")
            #expect(desk.position("BTC/USD")?.quantity ?? Decimal(0) == filled, "round \(round)")
        }
    }

    @Test func whateverIsSaidFilledNeverFallsAndOnlyItsVenueOpensAgainWhatIsFinished() throws {
        var random = SeededRandom(seed: 43)
        for round in 0..<500 {
            var desk = BookDesk()
            var most = Decimal(0)
            var finished: Order.State?
            for _ in 0..<30 {
                let state = try #require(Order.State.allCases.randomElement(using: &random))
                let words = report(state, filled: Int.random(in: 0...10, using: &random))
                let time = Bool.random(using: &random) ? Int64.random(in: 0...50, using: &random) : nil
                let isBot = Int.random(in: 0..<4, using: &random) == 0 && (most > Decimal(0) || finished != nil)
                if isBot {
                    desk.bot(.order(words), happened: time)
                } else {
                    desk.venue(.order(words), happened: time)
                }
                let order = try #require(desk.order("a"))
                #expect(order.filled >= most, "round \(round)")
                most = order.filled
                if let finished, order.isOpen { #expect(order.isReopened && !isBot, "round \(round): \(finished)") }
                finished = order.isOpen ? nil : order.state
                #expect(order.filled < order.quantity || order.state == .filled || order.isReopened, "round \(round)")
            }
        }
    }

    @Test func theSameEventsMakeTheSameBook() throws {
        var books: [Book] = []
        for _ in 0..<2 {
            var random = SeededRandom(seed: 47)
            var desk = BookDesk()
            for number in 0..<2_000 {
                let order = "o\(Int.random(in: 0..<40, using: &random))"
                switch Int.random(in: 0..<6, using: &random) {
                case 0: desk.venue(.order(report(.acknowledged, order)), id: "\(number)")
                case 1: desk.bot(.order(report(.submitted, order)), id: "\(number)")
                case 2: desk.venue(.fill(fill(.sell, "0.5", "99.5", id: "f\(number % 700)", order: order)))
                case 3: desk.price("BTC/USD", "\(Int.random(in: 90...110, using: &random))")
                case 4: desk.venue(balance("\(Int.random(in: 900...1_000, using: &random))"))
                default: desk.pass()
                }
            }
            books.append(desk.book)
        }
        #expect(books[0] == books[1])
    }
}

extension BookReorderingTests.Told {
    /// How much is filled by then.
    fileprivate var filledSoFar: Int? {
        if case .order(let report) = body { return Int(report.filled.digits) }
        return nil
    }
}
