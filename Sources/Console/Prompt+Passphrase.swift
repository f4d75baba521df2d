import Glibc

extension Prompt {
    /// Asks for a passphrase with the echo off.
    ///
    /// The terminal is restored on every way out. SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP are held back meanwhile and
    /// take effect, as the process wants it, once it is restored; a process that was stopped asks again. They are held
    /// back from the calling thread: call it where no other thread takes signals. From standard input (`--stdin`) it is
    /// simply a line.
    ///
    /// - Parameter question: What is written before the answer; made safe for the terminal.
    /// - Returns: The bytes as typed. The caller wipes them (`Prompt.wipe`, or by making an `Operators.Passphrase`).
    /// - Throws: `PromptError`; `noTerminal` when the echo could not be turned off.
    public func passphrase(_ question: String) throws(PromptError) -> [UInt8] {
        guard let output else { return try readLine { true } }
        var echo = try EchoGuard(descriptor: input)
        defer { echo.restore() }
        let text = VisibleText.lines(question)
        output.write(text)
        let answer = try readLine {
            while true {
                var ready = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
                // A tenth of a second: no handler has to run between the look at the signals and the wait.
                let found = poll(&ready, 1, 100)
                if echo.hasSignal {
                    output.write("\n")
                    guard echo.letSignalsIn() else { return false }
                    output.write(text)
                } else if found > 0 {
                    return true
                } else if found < 0, errno != EINTR {
                    return false
                }
            }
        }
        output.write("\n")
        return answer
    }
}

/// Echo off, and the signals that would leave it off held back.
private struct EchoGuard {
    private let descriptor: Int32
    private let normal: termios
    private var heldSignals = sigset_t()
    private var maskBefore = sigset_t()
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]

    init(descriptor: Int32) throws(PromptError) {
        self.descriptor = descriptor
        var current = termios()
        guard tcgetattr(descriptor, &current) == 0 else {
            throw PromptError(.noTerminal, "this is no terminal, so a passphrase would be seen: run this in a terminal")
        }
        normal = current
        sigemptyset(&heldSignals)
        for signal in EchoGuard.signals {
            var action = sigaction()
            // An ignored signal (nohup) would wait here and be taken for an interruption.
            if sigaction(signal, nil, &action) == 0, EchoGuard.isIgnored(action) { continue }
            sigaddset(&heldSignals, signal)
        }
        guard hide() else {
            throw PromptError(.noTerminal, "the terminal's echo could not be turned off: try another terminal")
        }
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    private mutating func hide() -> Bool {
        _ = pthread_sigmask(SIG_BLOCK, &heldSignals, &maskBefore)
        var hidden = normal
        hidden.c_lflag &= ~tcflag_t(ECHO | ECHOE | ECHOK | ECHONL)
        hidden.c_lflag |= tcflag_t(ICANON | ISIG)
        // What was typed before the question is dropped: it was not meant as an answer.
        if tcsetattr(descriptor, TCSAFLUSH, &hidden) == 0 { return true }
        restore()
        return false
    }

    func restore() {
        var normal = normal
        var mask = maskBefore
        while tcsetattr(descriptor, TCSAFLUSH, &normal) != 0, errno == EINTR {}
        _ = pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    /// Whether one of the held signals has arrived.
    var hasSignal: Bool {
        var pending = sigset_t()
        guard sigpending(&pending) == 0 else { return false }
        return EchoGuard.signals.contains { isHeld($0) && sigismember(&pending, $0) == 1 }
    }

    private func isHeld(_ signal: Int32) -> Bool {
        var held = heldSignals
        return sigismember(&held, signal) == 1
    }

    /// Restores the terminal and lets the signals act; what ends the process ends it here.
    ///
    /// - Returns: Whether to ask again: the process was only stopped, and the echo is off once more.
    mutating func letSignalsIn() -> Bool {
        var pending = sigset_t()
        _ = sigpending(&pending)
        let wasOnlyStopped = !EchoGuard.signals.contains {
            $0 != SIGTSTP && isHeld($0) && sigismember(&pending, $0) == 1
        }
        restore()
        return wasOnlyStopped && hide()
    }
}
