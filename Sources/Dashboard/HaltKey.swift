/// Which keys halt. Ten lines, no dependency on screen, theme or feed, so that an auditor reads them in one go.
///
/// The tap asks before it takes any lock, the interface asks again when it handles the event; both take the answer
/// from here. No key map is consulted, so nothing can unbind it.
public enum HaltKey {
    /// Whether the event halts: Ctrl-K always, `K` unless text is being typed, pasted text never.
    public static func halts(_ event: InputEvent, isTyping: Bool) -> Bool {
        switch event {
        case .key(.control("k")): true
        case .key(.character("K")): !isTyping
        case .key, .paste: false
        }
    }
}
