/// Arguments that estop does not understand: one line that says what is wrong and what to type instead.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The exit status of every command for bad arguments (EX_USAGE).
    public static let exitStatus: Int32 = 64

    /// The line, without a newline and safe to print: control characters of the arguments are made visible.
    public let message: String

    /// Creates an error.
    ///
    /// - Parameter message: What is wrong and what to type instead, in one line.
    public init(_ message: String) { self.message = VisibleText.line(message) }

    /// The message.
    public var description: String { message }
}
