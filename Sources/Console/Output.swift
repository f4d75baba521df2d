import Glibc

/// Where text goes: standard output or standard error.
public struct Output: Sendable, Equatable {
    /// Standard output.
    public static let standard = Output(descriptor: STDOUT_FILENO)
    /// Standard error.
    public static let error = Output(descriptor: STDERR_FILENO)

    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Whether a terminal is on the other end.
    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The columns of the terminal; nil where there is none.
    public var columns: Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes the whole text, in order and unbuffered; it may wait as long as the reader does not read.
    ///
    /// A reader that has gone away is nobody's error: the rest is dropped, and no SIGPIPE ends a halt half-way.
    ///
    /// - Returns: Whether all of it was written.
    @discardableResult
    public func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            BrokenPipe.quietly { writeAll(UnsafeRawBufferPointer(bytes)) }
        }
    }

    /// Writes the text and a newline.
    ///
    /// - Returns: Whether all of it was written.
    @discardableResult
    public func line(_ text: String = "") -> Bool { write(text + "\n") }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            // Somebody who shares the terminal made it non-blocking.
            case EAGAIN:
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, 1000)
            default: return false
            }
        }
        return true
    }
}

/// Keeps SIGPIPE away from one write without changing what the signal does to the process, which children inherit.
enum BrokenPipe {
    static func quietly(_ body: () -> Bool) -> Bool {
        var broken = sigset_t()
        var before = sigset_t()
        var pending = sigset_t()
        sigemptyset(&broken)
        sigaddset(&broken, SIGPIPE)
        sigpending(&pending)
        guard sigismember(&pending, SIGPIPE) == 0, pthread_sigmask(SIG_BLOCK, &broken, &before) == 0 else {
            return body()
        }
        let done = body()
        if !done {
            var none = timespec()
            _ = sigtimedwait(&broken, nil, &none)
        }
        _ = pthread_sigmask(SIG_SETMASK, &before, nil)
        return done
    }
}
