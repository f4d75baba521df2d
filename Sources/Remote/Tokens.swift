import KillSwitch
import Synchronization

/// The token as it was last read: whoever halts takes it from here and waits for no disk.
final class Tokens: Sendable {
    private let file: TokenFile?
    private let last: Mutex<TokenFile.Content?>

    /// - Parameter file: nil: nothing is said of who asks, as on a tunnel's near end.
    init(_ file: TokenFile?) {
        self.file = file
        last = Mutex(file?.read())
    }

    /// The token as it was last read; nil: none.
    var current: String? {
        if case .token(let token, _) = last.withLock({ $0 }) { return token }
        return nil
    }

    /// What the operator ought to know about the file; nil: nothing.
    var notice: String? {
        switch last.withLock({ $0 }) {
        case .token(_, let warning): warning
        case .problem(let why): why
        case nil: nil
        }
    }

    /// Reads the file again.
    @discardableResult
    func read() -> String? {
        let content = file?.read()
        last.withLock { $0 = content }
        return current
    }
}
