public import KillSwitch

/// What a request to halt says besides asking: whatever of it can be read. What cannot be read never keeps a halt back.
///
/// Invariants (ControlAPITests/HaltBodyTests): every body at all halts everything or the scope that it names; an empty or
/// missing reason is "Emergency halt"; what it answers is what the record has.
public struct HaltBody: Sendable, Equatable {
    /// What it covers; what cannot be read is everything.
    public var scope = Scope.global
    /// Why.
    public var reason = "Emergency halt"
    /// Where the sender says that it came from, as in `MANUAL`; nil: not said.
    public var source: String?
    /// Who, as the sender says; nil: not said.
    public var user: String?
    /// What of it was not understood that may have said what to halt; nil: nothing. Everything is halted then.
    public private(set) var problem: String?

    /// Nothing but the halt.
    public init() {}

    /// Reads a body: a JSON object with `reason`, `source`, `user_id` and `scope`, all of them optional.
    public init(_ bytes: some Collection<UInt8>) {
        guard let object = JSON(bytes: bytes), case .object = object else {
            if !bytes.isEmpty { problem = "the body is no JSON object" }
            return
        }
        func text(_ key: String) -> String? {
            object[key]?.string.flatMap { $0.contains { !$0.isWhitespace } ? RecordText.whole($0) : nil }
        }
        if let text = text("reason") { reason = text }
        switch object["scope"] {
        case nil, .null?: break
        case .string(let text)?:
            do {
                scope = try Scope(text)
            } catch {
                problem = "the scope '\(text.prefix(200))' was not understood"
            }
        default: problem = "the scope is no string"
        }
        source = text("source")
        user = text("user_id")
    }
}
