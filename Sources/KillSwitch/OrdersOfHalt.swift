/// What the host of a desk says of the orders that a halt found.
///
/// Invariants (KillSwitchTests/OrdersOfHaltTests): gone is only what the host said of this halt or a later one; a host that
/// does not answer is not the same as none.
public enum OrdersOfHalt: Sendable, Equatable {
    /// No host runs: nobody cancels anything, and nobody can tell.
    case unhosted
    /// Every one is gone, or there was none.
    case gone(text: String, json: JSON)
    /// Nobody lists them, and the desk is meant to work so.
    case notWatched(text: String, json: JSON)
    /// Some are not, or it is not known yet.
    case left(text: String, json: JSON)
    /// The host does not say.
    case unknown(String)

    /// Whether nothing is left to wait for.
    public var isSettled: Bool {
        switch self {
        case .unhosted, .gone, .notWatched: true
        case .left, .unknown: false
        }
    }

    /// Whether the next listings may settle it: nothing is open, and listings come.
    public var isSettling: Bool {
        switch self {
        case .left(_, let json): json["settling"] == .bool(true)
        case .unknown: true
        case .unhosted, .gone, .notWatched: false
        }
    }

    /// Whether nobody lists the orders of some account, so that waiting for it is no use.
    public var isUnlisted: Bool {
        if case .left(_, let json) = self { json["standing"]?.string == "unlisted" } else { false }
    }

    /// What to say after `orders: `; nil: nothing can be said.
    public var text: String? {
        switch self {
        case .unhosted: nil
        case .gone(let text, _), .notWatched(let text, _), .left(let text, _): text
        case .unknown(let why): "NOT known to be gone: \(why)"
        }
    }

    /// What a program is told.
    public var json: JSON {
        switch self {
        case .unhosted: .null
        case .gone(_, let json), .notWatched(_, let json), .left(_, let json): json
        case .unknown: .object([.init("gone", .null), .init("text", .text(text))])
        }
    }

    /// Reads the host's answer.
    ///
    /// - Parameters:
    ///   - word: the page's after the halt.
    ///   - scope: what the halt covers.
    init(_ line: [UInt8], of word: Word, scope: Scope = .global) {
        guard let answer = JSON(bytes: line) else {
            self = .unknown("the host's answer is no JSON")
            return
        }
        if let error = answer["error"]?.string {
            self = .unknown("the host says: \(error)")
            return
        }
        guard case .array(let halts)? = answer["halts"] else {
            self = .unknown("the host's answer is not understood")
            return
        }
        // A halt of everything covers each scope.
        let about =
            halts.first { $0["scope"]?.string == "global" }
            ?? halts.first { $0["scope"]?.string == scope.description }
        guard let orders = about, let text = orders["text"]?.string, let generation = orders["generation"]?.integer,
            generation >= Int64(word.generation)
        else {
            self = .unknown("the host has not looked at this halt yet")
            return
        }
        self =
            switch orders["standing"]?.string {
            case "gone": .gone(text: text, json: orders)
            case "not_watched": .notWatched(text: text, json: orders)
            default: .left(text: text, json: orders)
            }
    }
}

extension KillSwitch {
    /// Asks the host what became of the orders that a halt found.
    ///
    /// - Parameters:
    ///   - word: the page's after the halt.
    ///   - scope: what the halt covers.
    ///   - withinMs: how long to wait for the answer.
    public func ordersOfHalt(_ word: Word, scope: Scope = .global, withinMs: UInt64) -> OrdersOfHalt {
        let question = JSON.object([.init("ask", .string("cancels"))]).line
        switch SocketQuestion.ask(directory, question, withinMs: withinMs) {
        case .line(let line): return OrdersOfHalt(line, of: word, scope: scope)
        case .problem(let why): return .unknown(why)
        case .absent:
            return HostLock.presence(directory) == nil ? .unhosted : .unknown("the host runs without its engine")
        }
    }

    /// What a halt means for exits that are due, as the host's engine says it; nil: none is due, or nobody can tell.
    public func exitsOfHalt(withinMs: UInt64) -> String? {
        let question = JSON.object([.init("ask", .string("exits"))]).line
        guard case .line(let line) = SocketQuestion.ask(directory, question, withinMs: withinMs) else { return nil }
        return JSON(bytes: line)?["exits"]?["text"]?.string
    }
}
