import Console

/// What a value of estop.toml has to be: how it is read, how it is written, and its unit in words.
///
/// Invariant (SettingsTests/KindTests): what `write` wrote, `read` reads as the same value.
struct Kind<Value: Equatable & Sendable>: Sendable {
    /// What it has to be, behind "it has to be".
    var unit: String
    /// The words that it may be, for suggestions.
    var words: [String] = []
    /// Whether it is shown only as `show` shows it, in errors not at all.
    var isSecret = false
    /// The value; nil: it is not of this kind.
    var read: @Sendable (TOML.Value) -> Value?
    /// The value as TOML.
    var write: @Sendable (Value) -> String
    /// The value as TOML, or what may be seen of it.
    var show: (@Sendable (Value) -> String)?
}

/// What is wrong with a key, in one line without its place.
struct Mistake: Error {
    var text: String
}

/// How a value of the wrong kind is named to whoever wrote it.
enum Written {
    /// `"3s", a time`; `300`; `an array`.
    static func described(_ value: TOML.Value) -> String {
        switch value {
        case .string(let text):
            let shown = TOMLText.string(text.count > 40 ? text.prefix(40) + "..." : text)
            return shown + (resemblance(text).map { ", \($0)" } ?? "")
        case .integer(let number): return String(number)
        case .decimal(let text): return text
        case .boolean(let value): return String(value)
        case .array: return "an array"
        }
    }

    private static func resemblance(_ text: String) -> String? {
        if text != "0", TimeText.milliseconds(text) != nil { return "a time" }
        if text.hasSuffix("%") { return "a percentage" }
        if Numbers.decimal(.string(text)) != nil { return "a number without a unit" }
        if SizeText.bytes(text) != nil { return "a size" }
        return nil
    }
}
