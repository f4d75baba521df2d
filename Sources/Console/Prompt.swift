import Glibc

/// Why nothing was read from a person.
public struct PromptError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What happened; more may be added.
    public struct Code: Sendable, Equatable {
        private let number: UInt8
        private init(_ number: UInt8) { self.number = number }

        /// There is no terminal to ask on.
        public static let noTerminal = Code(0)
        /// The input ended before a line.
        public static let ended = Code(1)
        /// A signal ended the question.
        public static let interrupted = Code(2)
        /// The line was longer than `Prompt.lineCapacity`.
        public static let tooLong = Code(3)
        /// Reading failed.
        public static let failed = Code(4)
    }

    /// What happened.
    public let code: Code
    /// What happened and what to do, for a person.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Asks a person: on the controlling terminal, whatever standard input and output are, or by lines of standard input.
///
/// Blocks until there is a line. Not for a thread that also has to halt.
public struct Prompt: ~Copyable {
    /// The bytes that a line may have.
    public static let lineCapacity = 4096

    let input: Int32
    /// Where questions go; nil: nowhere.
    let output: Output?
    private let isOwned: Bool

    init(input: Int32, output: Output?, isOwned: Bool) {
        self.input = input
        self.output = output
        self.isOwned = isOwned
    }

    deinit { if isOwned { close(input) } }

    /// The controlling terminal.
    ///
    /// - Throws: `PromptError.Code.noTerminal` when the process has none, as under cron or in `ssh host command`.
    public static func terminal() throws(PromptError) -> Prompt {
        let descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw PromptError(.noTerminal, "there is no terminal to ask on: run this in one (over SSH: ssh -t)")
        }
        return Prompt(input: descriptor, output: Output(descriptor: descriptor), isOwned: true)
    }

    /// Standard input, without questions: for `--stdin`. Reads no byte behind the line that it returns.
    public static func standardInput() -> Prompt { Prompt(input: STDIN_FILENO, output: nil, isOwned: false) }

    /// Asks for one line.
    ///
    /// - Parameter question: What is written before the answer; made safe for the terminal.
    /// - Returns: The answer without its newline; bytes that are not UTF-8 become U+FFFD.
    /// - Throws: `PromptError` when the input ended, failed or was too long.
    public func line(_ question: String) throws(PromptError) -> String {
        output?.write(VisibleText.lines(question))
        return String(decoding: try readLine { true }, as: UTF8.self)
    }

    /// Says something without asking.
    public func say(_ text: String) { output?.line(VisibleText.lines(text)) }

    /// Reads up to a newline, byte by byte: what follows belongs to whoever reads next.
    ///
    /// - Parameter wait: Called before each byte; false ends the reading as interrupted.
    func readLine(wait: () -> Bool) throws(PromptError) -> [UInt8] {
        var line: [UInt8] = []
        // Never grown, so that no copy of a passphrase is left behind.
        line.reserveCapacity(Prompt.lineCapacity)
        while true {
            guard wait() else {
                Prompt.wipe(&line)
                throw PromptError(.interrupted, "interrupted")
            }
            var byte: UInt8 = 0
            switch read(input, &byte, 1) {
            case 1:
                if byte == UInt8(ascii: "\n") { return line }
                guard line.count < Prompt.lineCapacity else {
                    Prompt.wipe(&line)
                    throw PromptError(
                        .tooLong,
                        "the line is longer than \(Prompt.lineCapacity) bytes: type a shorter one"
                    )
                }
                line.append(byte)
            case 0:
                if !line.isEmpty { return line }
                throw PromptError(.ended, "the input ended without an answer")
            default:
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    var ready = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
                    _ = poll(&ready, 1, 1000)
                    continue
                }
                let reason = String(cString: strerror(errno))
                Prompt.wipe(&line)
                throw PromptError(.failed, "the answer could not be read: \(reason)")
            }
        }
    }

    /// Overwrites bytes in a way that no optimiser removes, and empties the array.
    public static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
        }
        bytes.removeAll()
    }
}

extension Prompt {
    /// Whether somebody can be asked: a terminal, not the lines of standard input.
    public var isInteractive: Bool { output != nil }
}
