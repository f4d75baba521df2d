/// What the host of a desk says of the orders that a halt found.
///
/// Invariants (KillSwitchTests/OrdersOfHaltTests): gone is only what the host said of this halt or a later one; a host that
/// does not answer is not the same as none.
public enum OrdersOfHalt: Sendable, Equatable {
    /// No host runs: nobody cancels anything, and nobody can tell.
    case unhosted
    /// Every one is gone, or there was none.
    case gone(text: String, json: JSON)
    /// Some are not, or it is not known yet.
    case left(text: String, json: JSON)
    /// The host does not say.
    case unknown(String)

    /// Whether nothing is left to wait for.
    public var isSettled: Bool {
        switch self {
        case .unhosted, .gone: true
        case .left, .unknown: false
        }
    }

    /// What to say after `orders: `; nil: nothing can be said.
    public var text: String? {
        switch self {
        case .unhosted: nil
        case .gone(let text, _), .left(let text, _): text
        case .unknown(let why): "NOT known to be gone: \(why)"
        }
    }

    /// What a program is told.
    public var json: JSON {
        switch self {
        case .unhosted: .null
        case .gone(_, let json), .left(_, let json): json
        case .unknown: .object([.init("gone", .null), .init("text", .text(text))])
        }
    }

    /// Reads the host's answer.
    ///
    /// - Parameter word: the page's after the halt.
    init(_ line: [UInt8], of word: Word) {
        guard let answer = JSON(bytes: line) else {
            self = .unknown("the host's answer is no JSON")
            return
        }
        if let error = answer["error"]?.string {
            self = .unknown("the host says: \(error)")
            return
        }
        guard let orders = answer["cancels"], let text = orders["text"]?.string,
            let generation = orders["generation"]?.integer
        else {
            self = .unknown("the host's answer is not understood")
            return
        }
        guard generation >= Int64(word.generation) else {
            self = .unknown("the host has not looked at this halt yet")
            return
        }
        self = orders["gone"] == .bool(true) ? .gone(text: text, json: orders) : .left(text: text, json: orders)
    }
}

extension KillSwitch {
    /// Asks the host what became of the orders that a halt found.
    ///
    /// - Parameters:
    ///   - word: the page's after the halt.
    ///   - withinMs: how long to wait for the answer.
    public func ordersOfHalt(_ word: Word, withinMs: UInt64) -> OrdersOfHalt {
        let question = JSON.object([.init("ask", .string("cancels"))]).line
        switch SocketQuestion.ask(directory, question, withinMs: withinMs) {
        case .line(let line): return OrdersOfHalt(line, of: word)
        case .problem(let why): return .unknown(why)
        case .absent:
            return HostLock.presence(directory) == nil ? .unhosted : .unknown("the host runs without its engine")
        }
    }
}
